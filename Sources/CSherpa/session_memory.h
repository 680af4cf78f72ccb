#ifndef ATTUNE_CSHERPA_SESSION_MEMORY_H
#define ATTUNE_CSHERPA_SESSION_MEMORY_H

/// Sessions of ONNX Runtime that are made from files from now on, in this process, by whomever, keep nothing of what
/// passed through them: it comes from malloc and goes back to it. Nothing changes where that is not possible.
/// @param library what dlopen gave for a library that is linked to ONNX Runtime
void attune_keep_no_memory(void *library);

#endif
