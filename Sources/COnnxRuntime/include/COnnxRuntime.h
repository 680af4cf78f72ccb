// Neural networks through ONNX Runtime's C interface, whose library is opened at run time: without it the program runs
// as before. Networks keep no state between runs. One network belongs to one thread at a time.
#ifndef ATTUNE_CONNXRUNTIME_H
#define ATTUNE_CONNXRUNTIME_H

#include <stddef.h>
#include <stdint.h>

/// The opened library.
typedef struct attune_onnx attune_onnx;
/// A network of one input and one output, called "output".
typedef struct attune_onnx_network attune_onnx_network;

/// The shape of an input or output; at most four dimensions.
typedef struct {
    int64_t dimensions[4];
    size_t rank;
} attune_onnx_shape;

/// Opens the library at `path`.
///
/// @param why takes, where it fails, what is wrong in words; `why_size` bytes
/// @return NULL where it fails
attune_onnx *attune_onnx_open(const char *path, char *why, size_t why_size);

/// Closes the library; no network of it may be left.
void attune_onnx_close(attune_onnx *library);

/// Makes a network that runs on the calling thread alone.
///
/// @param model bytes of an ONNX file, which are not needed afterwards
/// @param input name of its input; must live as long as the network
/// @return NULL where it fails, with the reason in `why`
attune_onnx_network *attune_onnx_network_make(attune_onnx *library, const void *model, size_t size, const char *input,
                                              char *why, size_t why_size);

/// Frees a network.
void attune_onnx_network_free(attune_onnx_network *network);

/// Runs the network on floats of the given shape; its output is written where the caller says, without a copy.
///
/// @return 0, or -1 where it fails, also where the output has another shape
int attune_onnx_network_run(attune_onnx_network *network, const float *input, attune_onnx_shape input_shape,
                            float *output, attune_onnx_shape output_shape);

#endif
