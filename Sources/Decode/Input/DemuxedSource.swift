import CFFmpeg
import CFFmpegSupport
import Glibc

/// An input that FFmpeg opens, takes apart and decodes.
final class DemuxedSource: TrackSource {
    /// Undecodable packets in a row after which a live input is taken for garbage, and opened anew. Of a recording what
    /// comes after the damage is still worth having.
    private static let maxDecodeErrorsInRow = 500
    /// Packets in a row that give samples, at least once in a recording of which there is something. Of noise some
    /// packets are taken for sound, but never many in a row.
    private static let leastGoodInRow = 20
    /// Failing reads in a row after which an input is given up.
    private static let maxReadErrorsInRow = 32
    /// Packets of other kinds that are read in search of a stream of audio.
    private static let maxPacketsBeforeAudio = 5_000
    /// Pause before a read that had nothing yet is tried again.
    private static let retryMicroseconds: UInt32 = 5_000

    private(set) var tracks: [MediaTrack] = []
    private(set) var warnings: [String] = []
    var pictureCounts: PictureCounts {
        pictureDecoders.reduce(into: PictureCounts()) { sum, decoder in
            if let decoder { sum += decoder.counts }
        }
    }

    var decodeErrors: Int { brokenReads + decoders.reduce(0) { $0 + ($1?.errorCount ?? 0) } }

    var isFinite: Bool {
        switch location {
        case .file, .descriptor: true
        case .fifo: false
        case .url(scheme: "data"): true
        // A radio station says neither how many bytes nor how many seconds there will be.
        case .url: isHTTP && (format.hasKnownLength && !format.isPlaylist || format.hasKnownDuration)
        }
    }

    var durationSeconds: Double? { format.durationSeconds }

    let source: ErrorSource
    private let isLive: Bool
    private let isHTTP: Bool
    private let location: Location
    private let readTimeoutMilliseconds: Int
    private let format: FormatContext
    private let packet: Packet
    /// By stream; `nil` for streams that are not read.
    private var decoders: [StreamDecoder?] = []
    /// The stream that was read before the one that is; its packets since, of which a few may be left over.
    private var abandonedStream = -1, abandonedPackets = 0
    private static let maxAbandonedPackets = 10
    /// Whether a stream that turns up may be the one that is read, under another number.
    private var followsStreams = true
    /// By stream; `nil` for streams that are not looked at.
    private(set) var pictureDecoders: [PictureDecoder?] = []
    private(set) var pictureTracks: [PictureTrack] = []
    var viewer: PictureViewer?
    let pictureRateHz: Double
    private var originSeconds: Double?
    private var goodInRow = 0, mostGoodInRow = 0
    private var hasPendingPacket = false
    private var hasDelivered = false
    private var decodeErrorsInRow = 0
    private var readErrorsInRow = 0
    private var brokenReads = 0
    private var state = State.reading

    private enum State {
        case reading
        case ended
        case failed(MediaError)
    }

    init(_ location: Location, options: InputOptions, source: ErrorSource) throws(MediaError) {
        self.source = source
        self.location = location
        isLive = location.isLive
        isHTTP = ["http", "https"].contains(Location.scheme(of: source.rawLocation))
        readTimeoutMilliseconds = options.readTimeoutMilliseconds
        pictureRateHz = options.pictureRateHz
        let plan = OpenPlan(location, text: source.rawLocation, options: options)
        if plan.verifiesCertificates, case .url(scheme: "rtsps") = location {
            throw source.error(.untrusted, .open, detail: "FFmpeg checks none over RTSP")
        }
        source.interrupt.allow(milliseconds: options.openTimeoutMilliseconds)
        packet = try Packet(source: source)
        switch location {
        case .fifo, .descriptor:
            let io = try DescriptorIO(location, source: source)
            format = try FormatContext(plan.url, io: io, options: plan.entries, source: source)
        case .file, .url:
            format = try FormatContext(
                plan.url, io: nil, options: plan.entries, format: plan.formatName,
                verifiesCertificates: plan.verifiesCertificates,
                source: source)
        }
        warnings = format.leftoverOptions.filter { $0 != OpenPlan.mergesProgrammes }.map {
            "option \($0) was not taken by anything"
        }
        try analyse(plan)
        try selectStreams(options)
        // Before zero lies the priming of an encoder; the input's own start is zero then.
        originSeconds = format.startSeconds.map { max(0, $0) }
    }

    private func analyse(_ plan: OpenPlan) throws(MediaError) {
        var code = format.analyse(microseconds: plan.analysisMicroseconds)
        if code >= 0, !hasAudio, format.findsStreamsLate { code = readUpToAudio() }
        // Out of time is all right once there is something to decode.
        let isFailure = code < 0 || !hasAudio && source.interrupt.isDue
        if source.interrupt.isCancelled || isFailure { throw source.error(code: code, .analyse) }
        if source.interrupt.isDue { format.resume() }
    }

    /// Reads on where the first stretch of media had no audio; the first packet of audio is kept for `read`.
    private func readUpToAudio() -> Int32 {
        for _ in 0..<DemuxedSource.maxPacketsBeforeAudio where !source.interrupt.isDue {
            let code = format.readPacket(into: packet)
            if code < 0 { return code == attune_error_eof ? 0 : code }
            hasPendingPacket = hasAudio
            if hasPendingPacket { break }
        }
        return 0
    }

    private var hasAudio: Bool {
        (0..<format.streamCount).contains { index in
            let kind = format.stream(index)?.pointee.codecpar?.pointee.codec_type
            return kind == AVMEDIA_TYPE_AUDIO || kind == AVMEDIA_TYPE_VIDEO && pictureRateHz > 0
        }
    }

    private func selectStreams(_ options: InputOptions) throws(MediaError) {
        var refusal: MediaError?
        let rendition = format.leastVariant
        for index in 0..<format.streamCount {
            decoders.append(nil)
            pictureDecoders.append(nil)
            guard let stream = format.stream(index), let parameters = stream.pointee.codecpar else {
                continue
            }
            stream.pointee.discard = AVDISCARD_ALL
            if parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO, rendition?.contains(index) ?? true {
                selectPictures(of: stream, index)
            }
            guard parameters.pointee.codec_type == AVMEDIA_TYPE_AUDIO, rendition?.contains(index) ?? true else {
                continue
            }
            let channelCount = Int(parameters.pointee.ch_layout.nb_channels)
            if let reason = MediaBounds.refusal(
                rateHz: Int(parameters.pointee.sample_rate), channelCount: channelCount)
            {
                refusal = source.error(.unsupported, .analyse, detail: reason)
                warnings.append("stream \(index) is left out: \(reason)")
                continue
            }
            let channelLimit = options.splitsChannels ? max(1, channelCount) : nil
            guard tracks.count + (channelLimit ?? 1) <= MediaBounds.tracks else {
                warnings.append("stream \(index) is left out: more than \(MediaBounds.tracks) tracks")
                continue
            }
            do throws(MediaError) {
                decoders[index] = try StreamDecoder(
                    stream, firstTrack: tracks.count, channelLimit: channelLimit, source: source)
            } catch {
                refusal = error
                let name = String(cString: avcodec_get_name(parameters.pointee.codec_id))
                warnings.append("stream \(index) is left out: no decoder for \(name)")
                continue
            }
            stream.pointee.discard = AVDISCARD_DEFAULT
            for channel in 0..<(channelLimit ?? 1) {
                tracks.append(
                    MediaTrack(
                        stream.pointee, index: tracks.count, channel: channelLimit == nil ? nil : channel))
            }
        }
        guard tracks.isEmpty, pictureTracks.isEmpty else { return }
        throw refusal ?? source.error(.noAudio, .analyse)
    }

    func warn(_ line: String) { warnings.append(line) }

    func add(_ decoder: PictureDecoder, at index: Int) {
        pictureTracks.append(decoder.track)
        pictureDecoders[index] = decoder
    }

    /// Where a time of the input's clock lies, in seconds from its start; goes with the audio, where there is some.
    func place(seconds: Double) -> Double? {
        if originSeconds == nil, tracks.isEmpty { originSeconds = seconds }
        guard let originSeconds else { return nil }
        let offset = decoders.lazy.compactMap { $0 }.first?.offsetSeconds ?? 0
        let placed = seconds - originSeconds + offset
        return placed.isFinite && placed > -1 && placed < 1e9 ? max(0, placed) : nil
    }

    /// Where the first audio has come to; nil where there is none.
    var audioEndSeconds: Double? { decoders.lazy.compactMap { $0 }.first?.endSeconds }

    func read(_ sink: BlockSink) throws(MediaError) -> ReadOutcome {
        switch state {
        case .reading: break
        case .ended: return .end
        case .failed(let error): throw error
        }
        do throws(MediaError) {
            return try readOn(sink)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private func readOn(_ sink: BlockSink) throws(MediaError) -> ReadOutcome {
        source.interrupt.allow(milliseconds: isLive ? readTimeoutMilliseconds : nil)
        if hasPendingPacket {
            hasPendingPacket = false
            if try decodePacket(sink) { return .delivered }
        }
        while !source.interrupt.isDue {
            attune_log_clear()
            let code = format.readPacket(into: packet)
            if code >= 0 {
                readErrorsInRow = 0
                if try decodePacket(sink) { return .delivered }
            } else if code == attune_error_again {
                usleep(DemuxedSource.retryMicroseconds)
            } else if source.interrupt.isDue {
                break
            } else if isPassing(code), readErrorsInRow < DemuxedSource.maxReadErrorsInRow {
                readErrorsInRow += 1
            } else {
                return try finish(code, sink)
            }
        }
        guard !source.interrupt.isCancelled else { throw source.error(.cancelled, .read) }
        format.resume()
        return .idle
    }

    /// Whether the next read may well succeed.
    private func isPassing(_ code: Int32) -> Bool {
        if code == attune_error_exit {
            // An inner stream (of HLS) repeats the interruption of an earlier read once.
            format.resume()
            return true
        }
        guard code == attune_error_invalid_data, format.ioError == 0 else { return false }
        brokenReads += 1
        return true
    }

    private func decodePacket(_ sink: BlockSink) throws(MediaError) -> Bool {
        let index = packet.streamIndex
        if pictureDecoders.indices.contains(index), let decoder = pictureDecoders[index] {
            return decodePictures(decoder, packet.pointer)
        }
        guard let decoder = try decoder(ofStream: index, sink) else {
            // It turned up after the tracks were fixed.
            if index != abandonedStream { format.stream(index)?.pointee.discard = AVDISCARD_ALL }
            return false
        }
        let errorsBefore = decoder.errorCount
        let samples = try decoder.decode(packet.pointer, origin: &originSeconds, sink)
        if samples > 0 {
            decodeErrorsInRow = 0
            goodInRow += 1
            mostGoodInRow = max(mostGoodInRow, goodInRow)
            hasDelivered = true
            missPictures()
            return true
        }
        decodeErrorsInRow += decoder.errorCount - errorsBefore
        if decoder.errorCount > errorsBefore { goodInRow = 0 }
        guard !isLive || decodeErrorsInRow < DemuxedSource.maxDecodeErrorsInRow else {
            throw source.error(code: attune_error_invalid_data, .decode)
        }
        return false
    }

    /// What decodes a stream. One of audio that turns up where there is only one goes on with it: the programme has
    /// moved to another number (an ad break, another encoder).
    private func decoder(ofStream index: Int, _ sink: BlockSink) throws(MediaError) -> StreamDecoder? {
        if index == abandonedStream { return try decoderOfAbandoned(sink) }
        if decoders.indices.contains(index) { return decoders[index] }
        guard followsStreams, let only = onlyStream, index < MediaBounds.streams, let decoder = decoders[only],
            let stream = format.stream(index), stream.pointee.codecpar?.pointee.codec_type == AVMEDIA_TYPE_AUDIO
        else { return nil }
        // Where there is no decoder for it, it is as if it had not come.
        guard (try? decoder.follow(stream, origin: &originSeconds, sink)) != nil else { return nil }
        while decoders.count <= index { decoders.append(nil) }
        decoders[only] = nil
        decoders[index] = decoder
        (abandonedStream, abandonedPackets) = (only, 0)
        warnings.append("the audio went on as stream \(index), after stream \(only)")
        return decoder
    }

    /// The stream that was left goes on beside its successor, so that is another one: it is not read any more.
    private func decoderOfAbandoned(_ sink: BlockSink) throws(MediaError) -> StreamDecoder? {
        abandonedPackets += 1
        guard abandonedPackets > Self.maxAbandonedPackets, let only = onlyStream, let decoder = decoders[only],
            let stream = format.stream(abandonedStream)
        else { return nil }
        _ = try decoder.follow(stream, origin: &originSeconds, sink)
        decoders[only] = nil
        decoders[abandonedStream] = decoder
        (abandonedStream, followsStreams) = (-1, false)
        return decoder
    }

    /// The one stream that is read, where there is one.
    private var onlyStream: Int? {
        let read = decoders.indices.filter { decoders[$0] != nil }
        return read.count == 1 ? read[0] : nil
    }

    /// Whether the peer of an HTTP body without a length has closed the connection, which is how such a body
    /// ends; FFmpeg reports it as an I/O error.
    private var endsByHangUp: Bool { isHTTP && format.ioError == -EIO && !format.hasKnownLength }

    /// Whether a recording is noise in the shape of packets.
    private var isGarbage: Bool {
        !isLive && decodeErrors >= Self.maxDecodeErrorsInRow && mostGoodInRow < Self.leastGoodInRow
    }

    /// The demuxer gives nothing more, for good (`code` is end of file) or ill.
    private func finish(_ code: Int32, _ sink: BlockSink) throws(MediaError) -> ReadOutcome {
        let ioError = endsByHangUp ? 0 : format.ioError
        let failure: MediaError? =
            if ioError != 0 || code != attune_error_eof && !endsByHangUp {
                source.error(code: ioError != 0 ? ioError : code, .read)
            } else {
                nil
            }
        var delivered = 0
        for decoder in pictureDecoders {
            if let decoder { hasDelivered = decodePictures(decoder, nil) || hasDelivered }
        }
        for decoder in decoders {
            delivered += try decoder?.decode(nil, origin: &originSeconds, sink) ?? 0
        }
        hasDelivered = hasDelivered || delivered > 0
        state = .ended
        if let failure, hasDelivered, !isLive {
            // What there is of a damaged recording is still worth having.
            brokenReads += 1
            warnings.append("the recording ends early: \(failure)")
        } else if let failure {
            state = .failed(failure)
        } else if decodeErrors > 0, !hasDelivered || isGarbage {
            state = .failed(source.error(code: attune_error_invalid_data, .decode))
        }
        if delivered > 0 { return .delivered }
        if case .failed(let error) = state { throw error }
        return .end
    }
}

extension MediaTrack {
    /// A track of an FFmpeg stream.
    fileprivate init(_ stream: AVStream, index: Int, channel: Int?) {
        let parameters = stream.codecpar?.pointee
        self.init(
            index: index, streamIndex: Int(stream.index), channel: channel,
            codecName: String(cString: avcodec_get_name(parameters?.codec_id ?? AV_CODEC_ID_NONE)),
            sampleRateHz: Int(parameters?.sample_rate ?? 0),
            channelCount: Int(parameters?.ch_layout.nb_channels ?? 0),
            language: OptionDictionary.value(of: "language", in: stream.metadata),
            title: OptionDictionary.value(of: "title", in: stream.metadata))
    }
}
