#define _GNU_SOURCE

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "CSandbox.h"
#include "networks.h"

enum { most_addresses = 64, most_networks = 64 };

// Set up before any media is opened, on one thread, and only read after that.
static struct {
    int is_closed, guards_datagrams;
    struct in6_addr addresses[most_addresses];
    uint16_t ports[most_addresses];
    int address_count;
    struct attune_network networks[most_networks];
    int network_count;
} gate;

// Some libraries connect on threads of their own.
static _Thread_local char text[INET6_ADDRSTRLEN + 8];
static char refused[INET6_ADDRSTRLEN + 8];
static atomic_flag is_writing = ATOMIC_FLAG_INIT;

void attune_gate_close(int guards_datagrams) {
    gate.is_closed = 1;
    gate.guards_datagrams = guards_datagrams;
}

int attune_gate_allow_host(const char *host, uint16_t port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return 0;
    int count = 0;
    for (struct addrinfo *info = found; info && gate.address_count < most_addresses; info = info->ai_next) {
        if (!attune_mapped_address(info->ai_addr, &gate.addresses[gate.address_count])) continue;
        gate.ports[gate.address_count++] = port;
        count++;
    }
    freeaddrinfo(found);
    return count;
}

int attune_gate_allow_network(const char *network) {
    if (gate.network_count >= most_networks) return -EINVAL;
    if (!attune_parse_network(network, &gate.networks[gate.network_count])) return -EINVAL;
    gate.network_count++;
    return 0;
}

const char *attune_gate_refused(void) { return refused; }

/// Whether anything may be sent to an address.
static int admits(int fd, const struct sockaddr *address, socklen_t length) {
    if (!gate.is_closed || !address || length < sizeof address->sa_family) return 1;
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return 1;
    if (length < (address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6))) return 1;
    int type = SOCK_STREAM;
    socklen_t size = sizeof type;
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    if (type != SOCK_STREAM && !gate.guards_datagrams) return 1;
    struct in6_addr mapped;
    attune_mapped_address(address, &mapped);
    if (attune_is_public(&mapped)) return 1;
    uint16_t port = attune_port(address);
    for (int index = 0; index < gate.address_count; index++) {
        if (memcmp(&gate.addresses[index], &mapped, sizeof mapped) != 0) continue;
        if (type != SOCK_STREAM || gate.ports[index] == port) return 1;
    }
    for (int index = 0; index < gate.network_count; index++) {
        if (attune_network_holds(&gate.networks[index], &mapped)) return 1;
    }
    attune_address_text(&mapped, port, text, sizeof text);
    if (!atomic_flag_test_and_set(&is_writing)) {
        memcpy(refused, text, sizeof refused);
        atomic_flag_clear(&is_writing);
    }
    errno = EACCES;
    return 0;
}

/// The next definition of one of the functions that are defined here: that of the C library.
static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

#define NEXT(name) ((__typeof__(&name))next(#name))

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    return admits(fd, address, length) ? NEXT(connect)(fd, address, length) : -1;
}

ssize_t sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *address, socklen_t length) {
    return admits(fd, address, length) ? NEXT(sendto)(fd, bytes, count, flags, address, length) : -1;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    return admits(fd, message->msg_name, message->msg_namelen) ? NEXT(sendmsg)(fd, message, flags) : -1;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags) {
    for (unsigned int index = 0; index < count; index++) {
        struct msghdr *message = &messages[index].msg_hdr;
        if (!admits(fd, message->msg_name, message->msg_namelen)) return -1;
    }
    return NEXT(sendmmsg)(fd, messages, count, flags);
}
