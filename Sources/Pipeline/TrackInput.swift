public import Decode
public import MediaTypes

/// One track (or channel) of a media input, for those who want a single voice out of a file.
public struct TrackInput: ~Copyable {
    private var input: MediaInput
    private let track: Int
    private var holes = MediaHoles()

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

    /// What is odd about the media so far, a line each: what is left out, is missing, cannot be decoded
    /// or ends early.
    public var oddities: [String] { holes.oddities(of: input) }

    /// How long the media says that it is, in seconds; nil where it does not say.
    public var durationSeconds: Double? { input.durationSeconds }

    /// Reads on; `sink` gets blocks of 16 kHz mono samples with their media time.
    public mutating func read(_ sink: (MediaTime, Span<Float>) -> Void) throws(MediaError) -> ReadOutcome {
        let wanted = track
        // A member of a value that is being changed cannot be captured.
        var holes = holes
        defer { self.holes = holes }
        return try input.read { track, start, samples in
            guard track == wanted else { return }
            holes.take(start: start, samples: samples.count)
            sink(start, samples)
        }
    }
}
