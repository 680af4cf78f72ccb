#ifndef ATTUNE_BENCH_STREAMS_H
#define ATTUNE_BENCH_STREAMS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

// What the benchmark of many streams needs in C: encoding, sending at a steady pace, and the least receiver.

#define BENCH_PACKET_MS 20
// One Opus packet at 24 kbit/s, with room to spare.
#define BENCH_PACKET_BYTES 256

/// One encoded packet; length 0 where DTX sends none.
struct bench_packet {
    uint16_t length;
    uint8_t bytes[BENCH_PACKET_BYTES];
};

/// Encodes `count` packets of 20 ms at 24 kbit/s from 16 kHz mono samples.
/// Returns 0, or the Opus error (negative).
int bench_encode(const float *samples, size_t count, int uses_dtx, struct bench_packet *packets);

/// A stream to send: a track in a loop, from `position` on.
struct bench_stream {
    const struct bench_packet *track;
    uint32_t track_count;
    uint32_t position;
    uint32_t ssrc;
    uint32_t timestamp;
    uint16_t port;
    uint16_t sequence;
    /// Millisecond within 20 in which its packets leave.
    uint8_t phase;
    /// Milliseconds from the sender's start to the stream's.
    uint32_t delay;
};

/// What a sender has done so far.
struct bench_sender {
    atomic_int stops;
    atomic_ullong packets;
    /// Packets that the kernel did not take.
    atomic_ullong refused;
    /// How far the sender ever was behind its time, since the last reset to 0.
    atomic_llong most_late_ns;
};

void bench_sender_init(struct bench_sender *sender);
void bench_sender_stop(struct bench_sender *sender);
uint64_t bench_sender_packets(struct bench_sender *sender);
uint64_t bench_sender_refused(struct bench_sender *sender);
/// The most that the sender was behind since the last call.
int64_t bench_sender_take_most_late_ns(struct bench_sender *sender);

/// Sends RTP (payload type 97) to the ports of 127.0.0.1 until the sender is stopped: a wake-up a millisecond, all
/// packets of that millisecond in one system call.
/// Returns 0 or -errno.
int bench_send(struct bench_sender *sender, struct bench_stream *streams, size_t count);

/// Lets this process, and those that it starts, open as many files as the system allows it: a stream has two sockets.
void bench_raise_descriptor_limit(void);

/// The least that a native receiver does: epoll, recv, the header off, libopus to 16 kHz, and nothing else. Binds
/// `count` free ports, writes their numbers as one line to standard output, and receives until it is killed.
/// Returns -errno.
int bench_receive_least(size_t count);

#endif
