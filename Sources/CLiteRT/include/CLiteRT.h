// Neural networks through LiteRT's C library, which is opened at run time: without it the program runs as before.
// Networks keep no state between runs. One network belongs to one thread at a time.
#ifndef ATTUNE_CLITERT_H
#define ATTUNE_CLITERT_H

#include <stddef.h>

/// The opened library.
typedef struct attune_litert attune_litert;
/// A network with its input and its outputs.
typedef struct attune_network attune_network;

/// Opens the library at `path`.
///
/// @param why takes, where it fails, what is wrong in words; `why_size` bytes
/// @return NULL where it fails
attune_litert *attune_litert_open(const char *path, char *why, size_t why_size);

/// Closes the library; no network of it may be left.
void attune_litert_close(attune_litert *library);

/// Makes a network of one input and at most eight outputs, all of 32 bit floats.
///
/// @param model bytes of a TFLite file, which must outlive the network
/// @return NULL where it fails, with the reason in `why`
attune_network *attune_network_make(attune_litert *library, const void *model, size_t size, char *why, size_t why_size);

/// Frees a network.
void attune_network_free(attune_network *network);

/// Values that the input takes.
size_t attune_network_input_count(const attune_network *network);

/// How many outputs there are.
size_t attune_network_output_total(const attune_network *network);

/// Values of an output; 0 where there is no such output.
size_t attune_network_output_count(const attune_network *network, size_t index);

/// Runs the network on `input`, and copies each output that is not NULL.
///
/// @param outputs one pointer per output, each with room for its values
/// @return 0, or LiteRT's status where it fails
int attune_network_run(attune_network *network, const float *input, float *const *outputs);

#endif
