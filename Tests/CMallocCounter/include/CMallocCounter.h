// Counts the heap allocations of the calling thread, by standing in front of glibc's allocator.
#ifndef ATTUNE_CMALLOC_COUNTER_H
#define ATTUNE_CMALLOC_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether anything is counted: not with a sanitizer, which has an allocator of its own.
bool malloc_counter_counts(void);

/// Calls of malloc, calloc, realloc, memalign and their kin on this thread so far.
uint64_t malloc_counter_of_this_thread(void);

#endif
