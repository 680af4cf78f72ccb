#define _GNU_SOURCE

#include "attune_worker.h"
#include "attune_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Variables that a worker may need to verify certificates and to tell the time.
static const char *const kept[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "TZ"};
enum { kept_count = sizeof kept / sizeof *kept, longest_variable = 1024 };

static int start(const char *path, int input, int end, pid_t *pid) {
    char variables[kept_count][longest_variable];
    // One arena: each more would take 128 MiB of address space, of which there is not so much. No backtraces, which
    // another program makes.
    char *environment[kept_count + 4] = {"LANG=C.UTF-8", "MALLOC_ARENA_MAX=1", "SWIFT_BACKTRACE=enable=no"};
    int count = 3;
    for (int index = 0; index < kept_count; index++) {
        const char *value = getenv(kept[index]);
        if (!value) continue;
        int length = snprintf(variables[index], longest_variable, "%s=%s", kept[index], value);
        if (length > 0 && length < longest_variable) environment[count++] = variables[index];
    }
    char *arguments[] = {"attuned-worker", NULL};
    const int descriptors[3] = {input < 0 ? end : input, end, -1};
    return attune_spawn(path, arguments, environment, descriptors, NULL, pid);
}

int attune_worker_start(const char *path, int input, int *socket, pid_t *pid) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    int error = start(path, input, ends[1], pid);
    close(ends[1]);
    if (!error && fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) error = -errno;
    if (error) {
        close(ends[0]);
        return error;
    }
    *socket = ends[0];
    return 0;
}

int attune_worker_end(pid_t pid, struct attune_worker_end *end) {
    int status = 0;
    pid_t result = waitpid(pid, &status, WNOHANG);
    *end = (struct attune_worker_end){result == pid, -1, 0};
    if (result < 0 && errno != EINTR) return -errno;
    if (result != pid) return 0;
    if (WIFEXITED(status)) end->exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end->signal = WTERMSIG(status);
    return 0;
}

int attune_worker_allow_cpu(pid_t pid, uint64_t seconds) {
    struct rlimit limit = {seconds, RLIM_INFINITY};
    return prlimit(pid, RLIMIT_CPU, &limit, NULL) == 0 ? 0 : -errno;
}

int64_t attune_worker_cpu_nanoseconds(pid_t pid) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
