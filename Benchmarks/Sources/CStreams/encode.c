#include "streams.h"

#include <opus/opus.h>

enum { RATE = 16000, SAMPLES = RATE / 1000 * BENCH_PACKET_MS };

int bench_encode(const float *samples, size_t count, int uses_dtx, struct bench_packet *packets) {
    int error = 0;
    OpusEncoder *encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
    if (!encoder) return error;
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(24000));
    opus_encoder_ctl(encoder, OPUS_SET_DTX(uses_dtx));
    for (size_t index = 0; index < count && error >= 0; index++) {
        error = opus_encode_float(encoder, samples + index * SAMPLES, SAMPLES, packets[index].bytes, BENCH_PACKET_BYTES);
        // One of two bytes or less need not be transmitted (opus_encoder.h); with DTX senders leave it out.
        packets[index].length = error < 0 || (uses_dtx && error <= 2) ? 0 : (uint16_t)error;
    }
    opus_encoder_destroy(encoder);
    return error < 0 ? error : 0;
}
