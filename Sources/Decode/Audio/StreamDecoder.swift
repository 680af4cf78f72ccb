import CFFmpeg
import MediaTypes

/// Decodes the packets of one audio stream into blocks of its tracks.
final class StreamDecoder {
    /// Packets that could not be decoded.
    private(set) var errorCount = 0

    // Belongs to the format context, which outlives every call of `decode`.
    private var stream: UnsafeMutablePointer<AVStream>
    private let source: ErrorSource
    private var codec: CodecContext
    private var output: TrackOutput

    /// A decoder for the tracks from `firstTrack`: one mix, or (with a limit) that many channels apart.
    init(
        _ stream: UnsafeMutablePointer<AVStream>, firstTrack: Int, channelLimit: Int?, source: ErrorSource
    ) throws(MediaError) {
        self.stream = stream
        self.source = source
        codec = try CodecContext(stream, source: source)
        output = TrackOutput(firstTrack: firstTrack, channelLimit: channelLimit, source: source)
    }

    /// Goes on with another stream, on the same tracks and the same time line.
    ///
    /// - Throws: `MediaError` where there is no decoder for it; then nothing has changed.
    func follow(
        _ stream: UnsafeMutablePointer<AVStream>, origin: inout Double?, _ sink: BlockSink
    ) throws(MediaError) -> Int {
        let next = try CodecContext(stream, source: source)
        let delivered = try flush(origin: &origin, sink)
        codec = next
        self.stream = stream
        return delivered
    }

    /// Decodes a packet (`nil`: the end of the stream) and gives the samples per track that went to the sink.
    ///
    /// `origin` is the input's start in seconds of its own clock; an unknown one is set by the first frame.
    func decode(
        _ packet: UnsafePointer<AVPacket>?, origin: inout Double?, _ sink: BlockSink
    ) throws(MediaError) -> Int {
        var delivered = 0
        if packet != nil, let id = stream.pointee.codecpar?.pointee.codec_id, id != codec.codecID {
            // A transport stream may go on with another codec under the same number.
            delivered += try flush(origin: &origin, sink)
            codec = try CodecContext(stream, source: source)
        }
        let code = codec.send(packet)
        if code == -ENOMEM { throw source.error(code: code, .decode) }
        if code < 0, code != attune_error_eof { errorCount += 1 }
        delivered += try receive(origin: &origin, sink)
        if packet == nil { delivered += try output.drain(sink) }
        return delivered
    }

    /// Seconds that are added to time stamps of the input to tell where they lie: what restarts of its clock came to.
    var offsetSeconds: Double { output.offsetSeconds }
    /// Where the audio has come to, seconds.
    var endSeconds: Double { output.endSeconds }

    private func flush(origin: inout Double?, _ sink: BlockSink) throws(MediaError) -> Int {
        _ = codec.send(nil)
        return try receive(origin: &origin, sink)
    }

    private func receive(origin: inout Double?, _ sink: BlockSink) throws(MediaError) -> Int {
        var delivered = 0
        while true {
            switch codec.receive() {
            case .nothing: return delivered
            case .failed(let code):
                if code == -ENOMEM { throw source.error(code: code, .decode) }
                errorCount += 1
                return delivered
            case .frame:
                guard let frame = codec.received else {
                    errorCount += 1
                    continue
                }
                let seconds = frame.timestamp.map(seconds(of:))
                if origin == nil { origin = seconds }
                delivered += try output.push(
                    frame.planes, count: frame.sampleCount, shape: frame.shape,
                    at: seconds.map { $0 - (origin ?? 0) }, sink)
            }
        }
    }

    private func seconds(of timestamp: Int64) -> Double {
        let base = stream.pointee.time_base
        return Double(timestamp) * Double(base.num) / Double(base.den)
    }
}
