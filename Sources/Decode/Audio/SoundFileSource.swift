import CFFmpeg
import MediaTypes

/// An input that libsndfile reads: a recording on this machine in an uncompressed format.
final class SoundFileSource: TrackSource {
    let tracks: [MediaTrack]
    let warnings: [String] = []
    let isFinite = true
    private(set) var decodeErrors = 0
    let durationSeconds: Double?

    private let source: ErrorSource
    private let shape: AudioShape
    private var file: SoundFile
    private var output: TrackOutput
    private var isOver = false

    init(_ file: consuming SoundFile, options: InputOptions, source: ErrorSource) {
        self.source = source
        shape = AudioShape(format: AV_SAMPLE_FMT_FLT, rateHz: file.rateHz, channelCount: file.channelCount)
        let channelLimit = options.splitsChannels ? file.channelCount : nil
        output = TrackOutput(firstTrack: 0, channelLimit: channelLimit, source: source)
        let name = file.codecName
        let (rateHz, channelCount) = (file.rateHz, file.channelCount)
        durationSeconds = file.frameCount > 0 ? Double(file.frameCount) / Double(rateHz) : nil
        tracks = (0..<(channelLimit ?? 1)).map { index in
            MediaTrack(
                index: index, streamIndex: 0, channel: channelLimit == nil ? nil : index, codecName: name,
                sampleRateHz: rateHz, channelCount: channelCount)
        }
        self.file = file
    }

    func read(_ sink: BlockSink) throws(MediaError) -> ReadOutcome {
        // The filter may hold back all of a short block.
        while !isOver {
            guard !source.interrupt.isCancelled else { throw source.error(.cancelled, .read) }
            let count = file.read()
            let delivered: Int
            if count > 0 {
                var plane: UnsafeMutablePointer<UInt8>? = UnsafeMutableRawPointer(file.buffer)
                    .assumingMemoryBound(to: UInt8.self)
                delivered = try output.push(&plane, count: count, shape: shape, at: nil, sink)
            } else {
                isOver = true
                if file.hasFailed { decodeErrors += 1 }
                delivered = try output.drain(sink)
            }
            if delivered > 0 { return .delivered }
        }
        return .end
    }
}
