#ifndef ATTUNE_COPUS_SHIM_H
#define ATTUNE_COPUS_SHIM_H

#include <opus.h>

// The ctl functions are variadic, which Swift cannot call.

static inline int attune_opus_decoder_reset(OpusDecoder *decoder) {
    return opus_decoder_ctl(decoder, OPUS_RESET_STATE);
}

static inline int attune_opus_encoder_set(OpusEncoder *encoder, int request, int value) {
    return opus_encoder_ctl(encoder, request, value);
}

#endif
