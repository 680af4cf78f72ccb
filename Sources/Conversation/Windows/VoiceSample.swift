public import MediaTypes

/// One voice, measured over a whole recording as the engine measures it over a window of a call.
public struct VoiceSample: Sendable {
    private var voice = VoiceWindows(windowsSeconds: [])
    private var counts = RollingCounts.Counts()

    /// A sample with nothing in it.
    public init() {}

    /// Takes in the next hop of the recording.
    public mutating func add(_ record: HopRecord) {
        if record.isSpeech, !record.isShared {
            counts.speech += 1
            if record.isNucleus { counts.nuclei += 1 }
        }
        voice.add(record)
    }

    /// Speech in it, seconds.
    public var speechSeconds: Double { Double(counts.speech) / Double(AudioGrid.hopsPerSecond) }

    /// What activation and valence are estimated from; nil where there is too little voice.
    public var values: [AffectInput: Double]? { AffectInput.values(voice, window: nil, counts: counts) }
}
