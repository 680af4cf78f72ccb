/// Who speaks when, as far as is known at one moment: what was said before of the same time holds no more.
public struct VoicePicture: Sendable, Equatable {
    /// A voice that turned out to be another one.
    public struct Merge: Sendable, Equatable {
        /// Number of the voice that is none any more, and of that which it is.
        public var voice: Int, into: Int

        /// A voice that is another one.
        public init(voice: Int, into: Int) { (self.voice, self.into) = (voice, into) }
    }

    /// The time it is about, in samples of 16 kHz.
    public var startSample: Int64, endSample: Int64
    /// Stretches of voices within that time, in the order of their starts. A voice keeps its number.
    public var spans: [VoiceSpan]
    /// What has turned out since the picture before.
    public var merges: [Merge]
    /// How many voices there are; nil where nobody has been heard, or it was told.
    public var number: VoiceNumber?

    /// A picture.
    public init(
        startSample: Int64, endSample: Int64, spans: [VoiceSpan], merges: [Merge] = [], number: VoiceNumber? = nil
    ) {
        (self.startSample, self.endSample, self.spans) = (startSample, endSample, spans)
        (self.merges, self.number) = (merges, number)
    }
}
