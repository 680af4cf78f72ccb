// Confines itself as a worker does, tries what a worker has no need of, and prints what came of it: a line each.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CSandbox.h"

static void report(const char *what, long result) {
    printf("%s %s\n", what, result < 0 ? strerror(errno) : "done");
    fflush(stdout);
}

static long connect_to(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    long result = connect(fd, (struct sockaddr *)&address, sizeof address);
    // Whoever was not refused here has been let through.
    if (result < 0 && errno != EACCES) result = 0;
    close(fd);
    return result;
}

static long send_to(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    long result = sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof address);
    if (result < 0 && errno != EACCES) result = 0;
    close(fd);
    return result;
}

/// Arguments: a file that may be read, one that may not, the port of an allowed host (127.0.0.1).
int main(int count, char **arguments) {
    if (count != 4) return 64;
    int port = atoi(arguments[3]);
    struct attune_sandbox_state state;
    const char *paths[] = {arguments[1], "/lib", "/usr/lib", "/nowhere"};
    report("limit", attune_sandbox_limit(64 << 20, 20, 32));
    attune_gate_allow_host("127.0.0.1", (uint16_t)port);
    report("network", attune_gate_allow_network("192.168.7.0/24"));
    report("no-network", attune_gate_allow_network("192.168.7.0/33"));
    attune_gate_close(1);
    report("enter", attune_sandbox_enter(paths, 4, 1, &state));
    printf("landlock %d filter %d\n", state.landlock_version > 0, state.has_filter);
    report("read-allowed", open(arguments[1], O_RDONLY));
    report("write-allowed", open(arguments[1], O_RDWR));
    report("read-other", open(arguments[2], O_RDONLY));
    report("create", open("/tmp/attune-confined-probe", O_WRONLY | O_CREAT, 0600));
    report("unlink", unlink(arguments[1]));
    report("list-tmp", open("/tmp", O_RDONLY | O_DIRECTORY));
    report("execute", execl("/bin/true", "true", (char *)NULL));
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    report("fork", child);
    report("signal-parent", kill(getppid(), 0));
    // Reads nothing, and so disturbs nobody where it is let through.
    report("look-into-parent", process_vm_readv(getppid(), NULL, 0, NULL, 0, 0));
    report("raw-socket", socket(AF_PACKET, SOCK_RAW, 0));
    report("executable-memory", mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    report("data-to-code", mprotect(data, 4096, PROT_READ | PROT_EXEC));
    report("much-memory", mmap(NULL, 256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    report("raise-limits", setrlimit(RLIMIT_AS, &limit));
    report("read-limits", getrlimit(RLIMIT_AS, &limit));
    report("own-host", connect_to("127.0.0.1", port));
    report("other-port", connect_to("127.0.0.1", port + 1));
    report("other-loopback", connect_to("127.0.0.2", port));
    report("link-local", connect_to("169.254.169.254", 80));
    report("private", connect_to("10.1.2.3", 80));
    report("named-network", connect_to("192.168.7.9", 80));
    report("public", connect_to("203.0.113.7", 80));
    report("own-datagram", send_to("127.0.0.1", port + 1));
    report("other-datagram", send_to("127.0.0.9", port));
    printf("refused %s\n", attune_gate_refused());
    return 0;
}
