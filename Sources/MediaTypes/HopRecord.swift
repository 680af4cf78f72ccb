/// What the voice core found in one hop (10 ms) of one speaker track.
///
/// Fixed size and trivially copyable: it is the only thing that crosses from a track to its session.
public struct HopRecord: Sendable, Hashable {
    /// Number of the hop; it covers `[index, index + 1) × 10 ms` of the track's time.
    public var index: Int64
    /// Level of the hop in dB relative to full scale (a full-scale square wave is 0 dB); -120 at the least.
    public var levelDb: Float
    /// Probability (0…1) that somebody speaks in this hop.
    public var speechProbability: Float
    /// Fundamental frequency in Hz, 0 where the hop is unvoiced.
    public var f0Hz: Float
    /// Probability (0…1) that the hop is voiced.
    public var voicingProbability: Float
    /// Whether the hop lies inside an IPU (final: the segmenter has seen what it needs from later hops).
    public var isSpeech: Bool
    /// Whether the media of this hop was lost; the measured fields then mean nothing.
    public var isLost: Bool
    /// Whether the hop is a syllable nucleus. Nuclei are found by voicing and level alone, also outside of IPUs.
    public var isNucleus: Bool
    /// Whether somebody else speaks in the same track, too: who speaks is known, what is measured is of no one voice.
    public var isShared = false
    /// Level relative to the running median level of the speaker's speech in dB; 0 before there was any.
    public var relativeLevelDb: Float
    /// Power from 1 to 4 kHz relative to that from 0.1 to 1 kHz in dB: how pressed or how soft the voice is (the alpha
    /// ratio of Frøkjær-Jensen & Prytz, 1976). 0 where there is no power.
    public var spectralTiltDb: Float
    /// Band levels of the hop `levelLeadHops` after this one: they are known long before a record is final, and who
    /// compares channels sees that far ahead without waiting for it.
    public var levelsAhead = BandLevels.none

    /// How many hops `levelsAhead` lies ahead of the record that carries it.
    public static let levelLeadHops: Int64 = 30

    /// A record with every field given.
    public init(
        index: Int64, levelDb: Float, speechProbability: Float, f0Hz: Float, voicingProbability: Float,
        isSpeech: Bool, isLost: Bool, isNucleus: Bool = false, relativeLevelDb: Float = 0,
        spectralTiltDb: Float = 0
    ) {
        self.index = index
        self.levelDb = levelDb
        self.speechProbability = speechProbability
        self.f0Hz = f0Hz
        self.voicingProbability = voicingProbability
        self.isSpeech = isSpeech
        self.isLost = isLost
        self.isNucleus = isNucleus
        self.relativeLevelDb = relativeLevelDb
        self.spectralTiltDb = spectralTiltDb
    }

    /// The record of a hop whose media was lost.
    public static func lost(index: Int64) -> HopRecord {
        HopRecord(
            index: index, levelDb: -120, speechProbability: 0, f0Hz: 0, voicingProbability: 0, isSpeech: false,
            isLost: true)
    }
}

/// A boundary of an inter-pausal unit (IPU: speech bounded by at least 200 ms of the speaker's silence;
/// Edlund, Heldner & Hirschberg, Interspeech 2009).
public enum SpeechChange: Sendable, Hashable {
    /// Speech began with this hop.
    case started(hop: Int64)
    /// Speech ended before this hop (exclusive end).
    case ended(hop: Int64)
}
