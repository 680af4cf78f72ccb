public import Decode
public import MediaTypes

/// One track (or channel) of a media input, for those who want a single voice out of a file.
public struct TrackInput: ~Copyable {
    private var input: MediaInput
    private let track: Int
    /// Where the last block ended; holes in the media: how many, how long together, and where the first is.
    private var end: MediaTime?
    private var holes = 0, missingSamples: Int64 = 0, firstHole = MediaTime.zero

    /// Shorter holes come from rounded time stamps.
    private static let minHoleSamples = Int64(AudioGrid.sampleRateHz / 10)

    /// Opens `media` without a way to cancel: commands are stopped by ending the process. `channel` counts audio
    /// tracks, or the channels of the only track, from 0, and nil takes the first track mixed to mono.
    ///
    /// - Throws: `MediaError`, also where there is no such channel.
    public init(_ media: String, channel: Int?) throws(MediaError) {
        var options = InputOptions()
        options.splitsChannels = channel != nil
        let opened = try MediaInput(media, options: options, cancellation: Cancellation())
        let wanted = channel ?? 0
        let available = opened.tracks.count
        guard (0..<available).contains(wanted) else {
            throw MediaError.noSuchTrack(wanted, of: media, available: available)
        }
        input = opened
        track = wanted
    }

    /// What is odd about the media so far, a line each: what is left out, is missing, could not be
    /// decoded or ends early.
    public var oddities: [String] {
        let errors = input.decodeErrors
        var oddities = input.warnings
        if errors > 0 { oddities.append("\(errors) of its packets cannot be decoded") }
        if holes > 0 {
            let missing = Double(missingSamples / Self.minHoleSamples) / 10
            let first = Double(firstHole.samples / Self.minHoleSamples) / 10
            oddities.append("\(missing) s are missing in \(holes) places, the first at \(first) s")
        }
        return oddities
    }

    /// Reads on; `sink` gets blocks of 16 kHz mono samples with their media time.
    public mutating func read(_ sink: (MediaTime, Span<Float>) -> Void) throws(MediaError) -> ReadOutcome {
        let wanted = track
        // Members of a value that is being changed cannot be captured.
        var (end, holes, missing, first) = (end, holes, missingSamples, firstHole)
        defer { (self.end, self.holes, missingSamples, firstHole) = (end, holes, missing, first) }
        return try input.read { track, start, samples in
            guard track == wanted else { return }
            if let end, start.samples - end.samples >= Self.minHoleSamples {
                if holes == 0 { first = end }
                holes += 1
                missing += start.samples - end.samples
            }
            end = MediaTime(samples: start.samples + Int64(samples.count))
            sink(start, samples)
        }
    }
}
