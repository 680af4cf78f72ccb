#define _GNU_SOURCE
#include "CFuzz.h"

#include <sys/mman.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));

// The library brings a main of its own, which wants this; ours is the one that is linked.
__attribute__((weak)) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)data;
    (void)size;
    return 0;
}

int attune_fuzz(int argc, char **argv, int (*test)(const uint8_t *data, size_t size)) {
    return LLVMFuzzerRunDriver(&argc, &argv, test);
}

int attune_memory_file(void) { return memfd_create("media", MFD_CLOEXEC); }
