#ifndef ATTUNE_CFUZZ_H
#define ATTUNE_CFUZZ_H

#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer over `test`, which returns 0; returns the exit status of the process.
int attune_fuzz(int argc, char **argv, int (*test)(const uint8_t *data, size_t size));

/// A file in memory only; its descriptor, or -1.
int attune_memory_file(void);

#endif
