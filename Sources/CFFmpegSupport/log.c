#include "CFFmpegSupport.h"

#include <libavutil/log.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Per thread, because an input lives on one thread and must not be explained by another's trouble.
static _Thread_local char last_error[512];

static void keep_last_error(void *context, int level, const char *format, va_list arguments) {
    (void)context;
    if (level > AV_LOG_ERROR)
        return;
    char line[sizeof last_error];
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] != '\0')
        memcpy(last_error, line, strlen(line) + 1);
}

void attune_log_capture(void) {
    av_log_set_level(AV_LOG_ERROR);
    av_log_set_callback(keep_last_error);
}

void attune_log_clear(void) { last_error[0] = '\0'; }

const char *attune_log_last_error(void) { return last_error; }
