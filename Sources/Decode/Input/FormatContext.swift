import CFFmpeg
import CFFmpegSupport

/// An `AVFormatContext` opened for reading. FFmpeg's waits in it end when the interrupt is due.
struct FormatContext: ~Copyable {
    private let context: UnsafeMutablePointer<AVFormatContext>
    // The context holds both unretained; they are destroyed after `deinit` has closed it.
    private let io: DescriptorIO?
    private let interrupt: Interrupt
    /// Options that neither the protocol nor the demuxer took.
    let leftoverOptions: [String]

    init(
        _ url: String, io: consuming DescriptorIO?, options: [(String, String)], format: String? = nil,
        verifiesCertificates: Bool = true, source: ErrorSource
    ) throws(MediaError) {
        var candidate = avformat_alloc_context()
        guard let fresh = candidate else { throw source.error(code: -ENOMEM, .open) }
        fresh.pointee.interrupt_callback = AVIOInterruptCB(
            callback: { opaque in
                guard let opaque else { return 0 }
                // `opaque` is the interrupt, kept alive by the struct that owns this context.
                let interrupt = Unmanaged<Interrupt>.fromOpaque(opaque)
                return interrupt._withUnsafeGuaranteedRef { $0.isDue } ? 1 : 0
            }, opaque: Unmanaged.passUnretained(source.interrupt).toOpaque())
        if verifiesCertificates { attune_verify_certificates(fresh) }
        switch io {
        case .some(let borrowed): fresh.pointee.pb = borrowed.context
        case .none: break
        }
        var dictionary = OptionDictionary(options)
        // Takes the context over: on failure it is freed and the pointer cleared.
        let code = dictionary.offer {
            avformat_open_input(&candidate, url, format.flatMap { av_find_input_format($0) }, &$0)
        }
        guard code >= 0, let opened = candidate else { throw source.error(code: code, .open) }
        self.context = opened
        self.io = io
        self.interrupt = source.interrupt
        self.leftoverOptions = dictionary.names
    }

    deinit {
        var context: UnsafeMutablePointer<AVFormatContext>? = context
        avformat_close_input(&context)
    }

    /// Reads ahead until the streams are known. `microseconds` bounds how much media that may take; `nil`
    /// leaves it to FFmpeg. What is read is kept and comes out of `readPacket` again. FFmpeg survives only
    /// one call.
    func analyse(microseconds: Int64?) -> Int32 {
        if let microseconds { context.pointee.max_analyze_duration = microseconds }
        // Pictures are decoded here, to learn what their stream is.
        let options = UnsafeMutableBufferPointer<OpaquePointer?>.allocate(capacity: streamCount)
        options.initialize(repeating: nil)
        for index in options.indices { av_dict_set(&options[index], "max_pixels", String(MediaBounds.pixels), 0) }
        defer {
            for index in options.indices { av_dict_free(&options[index]) }
            options.deallocate()
        }
        return avformat_find_stream_info(context, options.baseAddress)
    }

    /// Streams so far; some formats find more while they are read.
    var streamCount: Int { Int(context.pointee.nb_streams) }

    /// The stream, which lives as long as this context; `nil` beyond `streamCount`.
    func stream(_ index: Int) -> UnsafeMutablePointer<AVStream>? {
        guard index >= 0, index < streamCount else { return nil }
        // FFmpeg keeps nb_streams valid pointers there.
        return context.pointee.streams[index]
    }

    /// Whether streams may turn up that the header did not name.
    var findsStreamsLate: Bool { context.pointee.ctx_flags & AVFMTCTX_NOHEADER != 0 }

    /// Start of the whole input in seconds of its own clock, if known.
    var startSeconds: Double? {
        let start = context.pointee.start_time
        return start == attune_no_timestamp ? nil : Double(start) / Double(attune_time_base)
    }

    /// Reads the next packet of a stream that is not discarded.
    func readPacket(into packet: borrowing Packet) -> Int32 {
        packet.clear()
        return av_read_frame(context, packet.pointer)
    }

    /// The error that the byte stream below is stuck on; 0 where there is none. Many demuxers call that the
    /// end.
    var ioError: Int32 {
        guard let io = context.pointee.pb else { return 0 }
        let error = io.pointee.error
        return error == attune_error_eof ? 0 : error
    }

    /// Whether the byte stream has a known length.
    var hasKnownLength: Bool { avio_size(context.pointee.pb) > 0 }

    /// Whether the media says how long it lasts, which a live playlist does not.
    var hasKnownDuration: Bool { context.pointee.duration > 0 }

    /// How long the media says that it lasts.
    var durationSeconds: Double? {
        hasKnownDuration ? Double(context.pointee.duration) / Double(attune_time_base) : nil
    }

    /// The streams of the variant with the least bandwidth that has audio, where a playlist (HLS) has several of the
    /// same; what is not read of the others is not fetched. Nil where there is nothing to choose.
    var leastVariant: Set<Int>? {
        guard isPlaylist, context.pointee.nb_programs > 1 else { return nil }
        var least: (bandwidth: Int, streams: Set<Int>)?
        for number in 0..<Int(context.pointee.nb_programs) {
            // FFmpeg keeps nb_programs valid pointers there, each with nb_stream_indexes numbers.
            guard let program = context.pointee.programs[number]?.pointee, let indexes = program.stream_index else {
                continue
            }
            let streams = Set((0..<Int(program.nb_stream_indexes)).map { Int(indexes[$0]) })
            let hasAudio = streams.contains { index in
                stream(index)?.pointee.codecpar?.pointee.codec_type == AVMEDIA_TYPE_AUDIO
            }
            let bandwidth = OptionDictionary.value(of: "variant_bitrate", in: program.metadata).flatMap(Int.init)
            guard hasAudio, least.map({ (bandwidth ?? .max) < $0.bandwidth }) ?? true else { continue }
            least = (bandwidth ?? .max, streams)
        }
        return least?.streams
    }

    /// Whether the byte stream is a list of others.
    var isPlaylist: Bool {
        guard let name = context.pointee.iformat?.pointee.name else { return false }
        return String(cString: name).contains("hls")
    }

    /// Makes the byte stream readable again after a read that was interrupted.
    func resume() {
        guard let io = context.pointee.pb else { return }
        io.pointee.eof_reached = 0
        io.pointee.error = 0
    }
}

/// An `AVPacket`.
struct Packet: ~Copyable {
    let pointer: UnsafeMutablePointer<AVPacket>

    init(source: ErrorSource) throws(MediaError) {
        guard let packet = av_packet_alloc() else { throw source.error(code: -ENOMEM, .open) }
        pointer = packet
    }

    deinit {
        var pointer: UnsafeMutablePointer<AVPacket>? = pointer
        av_packet_free(&pointer)
    }

    var streamIndex: Int { Int(pointer.pointee.stream_index) }

    func clear() { av_packet_unref(pointer) }
}
