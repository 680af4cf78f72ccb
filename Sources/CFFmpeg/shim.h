// What Swift needs of FFmpeg. The importer skips macros that are expressions, so their values are named here.
#ifndef ATTUNE_CFFMPEG_SHIM_H
#define ATTUNE_CFFMPEG_SHIM_H

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>

static const int attune_error_eof = AVERROR_EOF;
static const int attune_error_exit = AVERROR_EXIT;
static const int attune_error_again = AVERROR(EAGAIN);
static const int attune_error_invalid_data = AVERROR_INVALIDDATA;
static const int attune_error_protocol_not_found = AVERROR_PROTOCOL_NOT_FOUND;
static const int attune_error_demuxer_not_found = AVERROR_DEMUXER_NOT_FOUND;
static const int attune_error_decoder_not_found = AVERROR_DECODER_NOT_FOUND;
static const int attune_error_stream_not_found = AVERROR_STREAM_NOT_FOUND;
static const int attune_error_patch_welcome = AVERROR_PATCHWELCOME;
static const int attune_error_option_not_found = AVERROR_OPTION_NOT_FOUND;
static const int attune_error_http_bad_request = AVERROR_HTTP_BAD_REQUEST;
static const int attune_error_http_unauthorized = AVERROR_HTTP_UNAUTHORIZED;
static const int attune_error_http_forbidden = AVERROR_HTTP_FORBIDDEN;
static const int attune_error_http_not_found = AVERROR_HTTP_NOT_FOUND;
static const int attune_error_http_other_4xx = AVERROR_HTTP_OTHER_4XX;
static const int attune_error_http_server_error = AVERROR_HTTP_SERVER_ERROR;

static const int64_t attune_no_timestamp = AV_NOPTS_VALUE;
static const int64_t attune_time_base = AV_TIME_BASE;

/// A layout of `channels` channels without any meaning of position.
static inline AVChannelLayout attune_plain_layout(int channels) {
    AVChannelLayout layout = {0};
    layout.order = AV_CHANNEL_ORDER_UNSPEC;
    layout.nb_channels = channels;
    return layout;
}

#endif
