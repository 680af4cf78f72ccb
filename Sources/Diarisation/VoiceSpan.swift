/// A stretch in which one voice speaks.
public struct VoiceSpan: Sendable, Equatable {
    /// Number of the voice, from 0, in the order in which they are first heard.
    public var voice: Int
    /// From and to, in samples of 16 kHz.
    public var startSample: Int64, endSample: Int64

    /// A stretch.
    public init(voice: Int, startSample: Int64, endSample: Int64) {
        (self.voice, self.startSample, self.endSample) = (voice, startSample, endSample)
    }

    /// When it begins, seconds.
    public var startSeconds: Double { Double(startSample) / 16_000 }
    /// How long it lasts, seconds.
    public var durationSeconds: Double { Double(endSample - startSample) / 16_000 }
    /// The name of an anonymous voice.
    public var name: String { "voice-\(voice + 1)" }
}
