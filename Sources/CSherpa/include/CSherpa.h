#ifndef ATTUNE_CSHERPA_H
#define ATTUNE_CSHERPA_H

#include <stddef.h>

// The little of sherpa-onnx's C interface that decoding an utterance takes. The library is opened when it is wanted and
// need not be there; no header of it is needed either. Written for version 2.0.1, x86-64.

/// The version that the declarations here are of.
#define ATTUNE_SHERPA_VERSION "2.0.1"

/// A model that is loaded. Several threads may decode with it at once.
struct attune_sherpa;

/// What came of opening one.
enum attune_sherpa_result {
    ATTUNE_SHERPA_OPEN = 0,
    ATTUNE_SHERPA_NO_LIBRARY,     ///< it can't be opened
    ATTUNE_SHERPA_OTHER_VERSION,  ///< it is of another version, or lacks a function
    ATTUNE_SHERPA_NO_MODEL,       ///< it can't read the model
    ATTUNE_SHERPA_NO_MEMORY,
};

/// Opens the library and loads a Moonshine model of two networks. A model that is damaged may end the process.
enum attune_sherpa_result attune_sherpa_open(const char *library, const char *encoder, const char *decoder,
                                             const char *tokens, struct attune_sherpa **sherpa);

/// The text of an utterance of 16 kHz, which the caller frees.
/// @return NULL where it can't be decoded
char *attune_sherpa_decode(const struct attune_sherpa *sherpa, const float *samples, size_t count);

/// Lets go of the model; nobody decodes any more.
void attune_sherpa_close(struct attune_sherpa *sherpa);

/// Fills memory with zeros, and is not left out because nobody reads it any more.
void attune_wipe(void *bytes, size_t count);

#endif
