#define _GNU_SOURCE
#include "streams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 12, BATCH = 64, PAYLOAD_TYPE = 97, TICKS_PER_PACKET = 48 * BENCH_PACKET_MS };
static const int64_t slot_ns = 1000000;

void bench_sender_init(struct bench_sender *sender) {
    atomic_init(&sender->stops, 0);
    atomic_init(&sender->packets, 0);
    atomic_init(&sender->refused, 0);
    atomic_init(&sender->most_late_ns, 0);
}

void bench_sender_stop(struct bench_sender *sender) { atomic_store(&sender->stops, 1); }
uint64_t bench_sender_packets(struct bench_sender *sender) { return atomic_load(&sender->packets); }
uint64_t bench_sender_refused(struct bench_sender *sender) { return atomic_load(&sender->refused); }
int64_t bench_sender_take_most_late_ns(struct bench_sender *sender) { return atomic_exchange(&sender->most_late_ns, 0); }

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH][2];
    struct sockaddr_in addresses[BATCH];
    uint8_t headers[BATCH][HEADER];
    unsigned count;
};

static void flush(int descriptor, struct batch *batch, struct bench_sender *sender) {
    unsigned sent = 0;
    while (sent < batch->count) {
        int result = sendmmsg(descriptor, batch->messages + sent, batch->count - sent, 0);
        if (result > 0) {
            sent += (unsigned)result;
        } else if (errno != EINTR) {
            // Such as a port that nobody listens on any more; the rest goes on.
            atomic_fetch_add(&sender->refused, 1);
            sent++;
        }
    }
    atomic_fetch_add(&sender->packets, batch->count);
    batch->count = 0;
}

static void add(struct batch *batch, struct bench_stream *stream, const struct bench_packet *packet) {
    unsigned place = batch->count++;
    uint8_t *header = batch->headers[place];
    uint16_t sequence = htons(stream->sequence++);
    uint32_t timestamp = htonl(stream->timestamp), ssrc = htonl(stream->ssrc);
    header[0] = 0x80;
    header[1] = PAYLOAD_TYPE;
    memcpy(header + 2, &sequence, 2);
    memcpy(header + 4, &timestamp, 4);
    memcpy(header + 8, &ssrc, 4);
    batch->parts[place][0] = (struct iovec){header, HEADER};
    batch->parts[place][1] = (struct iovec){(void *)packet->bytes, packet->length};
    batch->addresses[place] = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(stream->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    batch->messages[place].msg_hdr = (struct msghdr){
        .msg_name = &batch->addresses[place], .msg_namelen = sizeof batch->addresses[place],
        .msg_iov = batch->parts[place], .msg_iovlen = 2};
}

int bench_send(struct bench_sender *sender, struct bench_stream *streams, size_t count) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    static _Thread_local struct batch batch;
    batch.count = 0;
    int64_t due = now_ns() + slot_ns;
    for (uint64_t slot = 0; !atomic_load(&sender->stops); slot++, due += slot_ns) {
        struct timespec until = {due / 1000000000, due % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
        int64_t late = now_ns() - due;
        if (late > atomic_load(&sender->most_late_ns)) atomic_store(&sender->most_late_ns, late);
        for (size_t index = 0; index < count; index++) {
            struct bench_stream *stream = &streams[index];
            if (slot < stream->delay || stream->phase != slot % BENCH_PACKET_MS) continue;
            const struct bench_packet *packet = &stream->track[stream->position];
            if (packet->length > 0) add(&batch, stream, packet);
            stream->position = (stream->position + 1) % stream->track_count;
            stream->timestamp += TICKS_PER_PACKET;
            if (batch.count == BATCH) flush(descriptor, &batch, sender);
        }
        flush(descriptor, &batch, sender);
    }
    close(descriptor);
    return 0;
}
