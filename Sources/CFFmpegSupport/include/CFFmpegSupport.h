// The part of the FFmpeg bridge that needs state: its log, kept from standard error.
#ifndef ATTUNE_CFFMPEG_SUPPORT_H
#define ATTUNE_CFFMPEG_SUPPORT_H

/// Takes over FFmpeg's log for the whole process: nothing is printed; each thread keeps its last error line.
void attune_log_capture(void);

/// Forgets the calling thread's last error line.
void attune_log_clear(void);

/// The calling thread's last error line, without its line end; empty where there is none.
/// The text stays valid until the same thread's next call into FFmpeg.
const char *attune_log_last_error(void);

#endif
