// The part of the FFmpeg bridge that is easier in C: its log, kept from standard error, and what it calls back.
#ifndef ATTUNE_CFFMPEG_SUPPORT_H
#define ATTUNE_CFFMPEG_SUPPORT_H

#include <libavformat/avformat.h>

/// Takes over FFmpeg's log for the whole process: nothing is printed; each thread keeps its last error line.
void attune_log_capture(void);

/// Forgets the calling thread's last error line.
void attune_log_clear(void);

/// The calling thread's last error line, without its line end; empty where there is none.
/// The text stays valid until the same thread's next call into FFmpeg.
const char *attune_log_last_error(void);

/// Has everything that the context opens by TLS, also what a playlist refers to, checked for a certificate that this
/// machine trusts. To be called once, before the input is opened; takes the context's `opaque`. The RTSP demuxer opens
/// its connections without asking.
void attune_verify_certificates(AVFormatContext *context);

#endif
