// Loaded before the libraries of FFmpeg and libsndfile (LD_PRELOAD), so that their calls come here first. The calls of
// the function that ATTUNE_FAULT names fail from the given one on (`av_read_frame 3`); all others go through.
//
// Nothing is known here of what the functions take: every argument is a register or a word of the stack, so that ten
// words are handed on whatever they mean, and what comes back is one word too.

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

#ifndef __has_feature
#define __has_feature(name) 0
#endif

#define PARAMETERS long a, long b, long c, long d, long e, long f, long g, long h, long i, long j
typedef long (*any_call)(PARAMETERS);

static int fails(const char *name, long *calls) {
    const char *fault = getenv("ATTUNE_FAULT");
    size_t length = strlen(name);
    if (fault == NULL || strncmp(fault, name, length) != 0 || fault[length] != ' ') return 0;
    return ++*calls >= atol(fault + length + 1);
}

#define MAY_FAIL(name, failure)                                                   \
    long name(PARAMETERS) {                                                       \
        static long calls;                                                        \
        static any_call real;                                                     \
        if (fails(#name, &calls)) return (failure);                               \
        if (real == NULL) real = (any_call)dlsym(RTLD_NEXT, #name);               \
        return real == NULL ? (failure) : real(a, b, c, d, e, f, g, h, i, j);     \
    }

// What FFmpeg calls an I/O error, and what it gives where there is no memory.
enum { io_error = -5, nothing = 0 };

MAY_FAIL(avformat_alloc_context, nothing)
MAY_FAIL(avformat_open_input, io_error)
MAY_FAIL(avformat_find_stream_info, io_error)
MAY_FAIL(avio_alloc_context, nothing)
MAY_FAIL(av_read_frame, io_error)
MAY_FAIL(av_packet_alloc, nothing)
MAY_FAIL(av_frame_alloc, nothing)
MAY_FAIL(av_malloc, nothing)
MAY_FAIL(av_dict_set, io_error)
MAY_FAIL(avcodec_find_decoder, nothing)
MAY_FAIL(avcodec_alloc_context3, nothing)
MAY_FAIL(avcodec_parameters_to_context, io_error)
MAY_FAIL(avcodec_open2, io_error)
MAY_FAIL(avcodec_send_packet, io_error)
MAY_FAIL(avcodec_receive_frame, io_error)
MAY_FAIL(swr_alloc_set_opts2, io_error)
MAY_FAIL(swr_set_matrix, io_error)
MAY_FAIL(swr_init, io_error)
MAY_FAIL(swr_get_out_samples, io_error)
MAY_FAIL(swr_convert, io_error)
MAY_FAIL(sf_open, nothing)
MAY_FAIL(sf_readf_float, nothing)

// ThreadSanitizer stands there itself.
#if !__has_feature(thread_sanitizer)
// Threads with a stack as those of sources have; others are the libraries' own, which do not say what becomes of them.
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    static long calls;
    size_t stack = 0;
    if (attributes != NULL) pthread_attr_getstacksize(attributes, &stack);
    if (stack == 2 << 20 && fails("pthread_create", &calls)) return EAGAIN;
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real == NULL ? EAGAIN : real(thread, attributes, start, argument);
}
#endif
