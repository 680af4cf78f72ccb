// One binary, several instruction sets: the loader picks the best clone for the processor.
#ifndef ATTUNE_CLONES_H
#define ATTUNE_CLONES_H

#if !defined(__has_feature)
#define __has_feature(name) 0
#endif

// What picks them runs before ThreadSanitizer is there.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define CLONES __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#endif
