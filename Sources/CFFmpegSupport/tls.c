#include "CFFmpegSupport.h"

typedef int (*open_function)(AVFormatContext *, AVIOContext **, const char *, int, AVDictionary **);

static int open_verified(
    AVFormatContext *context, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    AVDictionary *own = NULL;
    AVDictionary **all = options ? options : &own;
    av_dict_set(all, "tls_verify", "1", 0);
    int result = ((open_function)context->opaque)(context, io, url, flags, all);
    // Left over where there was no TLS, which is no mistake of anybody.
    av_dict_set(all, "tls_verify", NULL, 0);
    av_dict_free(&own);
    return result;
}

void attune_verify_certificates(AVFormatContext *context) {
    context->opaque = (void *)context->io_open;
    context->io_open = open_verified;
}
