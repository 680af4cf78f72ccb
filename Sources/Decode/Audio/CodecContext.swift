import CFFmpeg

/// An `AVCodecContext` of an audio decoder, with the frame it decodes into.
struct CodecContext: ~Copyable {
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let frame: UnsafeMutablePointer<AVFrame>

    init(_ stream: UnsafeMutablePointer<AVStream>, source: ErrorSource) throws(MediaError) {
        let parameters = stream.pointee.codecpar
        guard let id = parameters?.pointee.codec_id, let codec = avcodec_find_decoder(id) else {
            throw source.error(code: attune_error_decoder_not_found, .open)
        }
        var context = avcodec_alloc_context3(codec)
        var frame = av_frame_alloc()
        guard let opened = context, let decoded = frame else {
            avcodec_free_context(&context)
            av_frame_free(&frame)
            throw source.error(code: -ENOMEM, .open)
        }
        var code = avcodec_parameters_to_context(opened, parameters)
        if code >= 0 {
            // The decoder needs it to move timestamps when it cuts an encoder's priming.
            opened.pointee.pkt_timebase = stream.pointee.time_base
            opened.pointee.thread_count = 1
            code = avcodec_open2(opened, codec, nil)
        }
        guard code >= 0 else {
            avcodec_free_context(&context)
            av_frame_free(&frame)
            throw source.error(code: code, .open)
        }
        self.context = opened
        self.frame = decoded
    }

    deinit {
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        avcodec_free_context(&context)
        av_frame_free(&frame)
    }

    var codecID: AVCodecID { context.pointee.codec_id }

    /// Hands the decoder a packet, or the end of the stream.
    func send(_ packet: UnsafePointer<AVPacket>?) -> Int32 {
        avcodec_send_packet(context, packet)
    }

    /// What the decoder has ready.
    enum Received {
        case frame
        /// Nothing until the next packet, or nothing any more.
        case nothing
        case failed(Int32)
    }

    /// Decodes the next frame; `withFrame` lends it.
    func receive() -> Received {
        let code = avcodec_receive_frame(context, frame)
        if code >= 0 { return .frame }
        return code == attune_error_again || code == attune_error_eof ? .nothing : .failed(code)
    }

    /// The received frame, nil where it holds nothing or is not what audio may be; its planes are valid until the next
    /// `receive`.
    var received: DecodedFrame? { DecodedFrame(frame) }
}

/// A decoded frame whose shape was checked: `sampleCount` samples in each of `shape.channelCount` channels.
struct DecodedFrame {
    let shape: AudioShape
    let sampleCount: Int
    /// In units of the stream's time base; `nil` where the stream does not say.
    let timestamp: Int64?
    /// One pointer per channel (planar formats) or one in all.
    let planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>

    fileprivate init?(_ frame: UnsafeMutablePointer<AVFrame>) {
        let format = AVSampleFormat(rawValue: frame.pointee.format)
        let channelCount = Int(frame.pointee.ch_layout.nb_channels)
        guard frame.pointee.nb_samples > 0, channelCount > 0, frame.pointee.sample_rate > 0,
            MediaBounds.refusal(rateHz: Int(frame.pointee.sample_rate), channelCount: channelCount) == nil,
            av_get_bytes_per_sample(format) > 0, let planes = frame.pointee.extended_data
        else { return nil }
        shape = AudioShape(
            format: format, rateHz: Int(frame.pointee.sample_rate), channelCount: channelCount)
        sampleCount = Int(frame.pointee.nb_samples)
        let timestamp = frame.pointee.best_effort_timestamp
        self.timestamp = timestamp == attune_no_timestamp ? nil : timestamp
        self.planes = planes
    }
}
