#define _GNU_SOURCE
#include "streams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { RATE = 16000, MOST_SAMPLES = RATE / 1000 * 120, HEADER = 12, EVENTS = 128 };

void bench_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct receiver {
    int descriptor;
    OpusDecoder *decoder;
};

static int open_receiver(struct receiver *receiver, int poll) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int error = 0;
    receiver->descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (receiver->descriptor < 0) return -errno;
    receiver->decoder = opus_decoder_create(RATE, 1, &error);
    if (!receiver->decoder) return -ENOMEM;
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = receiver};
    if (bind(receiver->descriptor, (struct sockaddr *)&address, size) != 0 ||
        epoll_ctl(poll, EPOLL_CTL_ADD, receiver->descriptor, &interest) != 0 ||
        getsockname(receiver->descriptor, (struct sockaddr *)&address, &size) != 0)
        return -errno;
    return ntohs(address.sin_port);
}

static void drain(struct receiver *receiver) {
    static unsigned char packet[2048];
    static float samples[MOST_SAMPLES];
    ssize_t length;
    while ((length = recv(receiver->descriptor, packet, sizeof packet, 0)) > HEADER)
        (void)!opus_decode_float(
            receiver->decoder, packet + HEADER, (opus_int32)(length - HEADER), samples, MOST_SAMPLES, 0);
}

int bench_receive_least(size_t count) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct receiver *receivers = calloc(count, sizeof *receivers);
    if (poll < 0 || !receivers) return -ENOMEM;
    for (size_t index = 0; index < count; index++) {
        int port = open_receiver(&receivers[index], poll);
        if (port < 0) return port;
        printf("%d ", port);
    }
    puts("");
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[EVENTS];
        int found = epoll_wait(poll, ready, EVENTS, -1);
        if (found < 0 && errno != EINTR) return -errno;
        for (int index = 0; index < found; index++) drain(ready[index].data.ptr);
    }
}
