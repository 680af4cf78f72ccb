import DequeModule
import Events
import Glibc
import MediaTypes

/// Level and F0 of the last second of a speaker.
struct RecentVoice {
    /// Stretch at the end of an IPU over which its intonation is told, in hops.
    private static let slopeHops = 50
    /// Voiced hops that a slope rests on at least.
    private static let minSlopeHops = 10
    /// Steepest slope that is believed, semitones per second.
    private static let steepest = 100.0

    /// A voice that goes up by two semitones within the half second before its end asks.
    private static let risingSlope = 4.0
    /// Ends of IPUs that are remembered, and how near to one another hop means the same.
    private static let maxEnds = 16, nearHops: Int64 = 5

    private var records: Deque<HopRecord> = []
    private var ends: Deque<(hop: Int64, slope: Double)> = []

    mutating func add(_ record: HopRecord) {
        records.append(record)
        if records.count > AudioGrid.hopsPerSecond { records.removeFirst() }
    }

    func metrics(isSpeaking: Bool) -> VoiceMetrics {
        var energy = 0.0
        var relative = 0.0
        var spoken = 0.0
        for record in records where record.isSpeech && !record.isShared {
            energy += pow(10, Double(record.levelDb) / 10)
            relative += pow(10, Double(record.relativeLevelDb) / 10)
            spoken += 1
        }
        let pitches = records.lazy.filter { $0.f0Hz > 0 && $0.isSpeech && !$0.isShared }.map { Double($0.f0Hz) }
            .sorted()
        return VoiceMetrics(
            isSpeaking: isSpeaking, levelDb: spoken > 0 ? 10 * log10(energy / spoken) : nil,
            relativeLevelDb: spoken > 0 ? 10 * log10(relative / spoken) : nil,
            f0Hz: pitches.isEmpty ? nil : pitches[pitches.count / 2])
    }

    /// Takes note of how an IPU ended, before `hop`.
    mutating func noteEnd(before hop: Int64, slope: Double) {
        ends.append((hop, slope))
        if ends.count > Self.maxEnds { ends.removeFirst() }
    }

    /// Whether the voice rose at the end of the IPU that ended about `hop`, as far as that is known.
    func rises(at hop: Int64) -> Bool {
        ends.last { abs($0.hop - hop) <= Self.nearHops }.map { $0.slope >= Self.risingSlope } ?? false
    }

    /// Intonation at the end of the IPU that has just ended: semitones per second over its last 500 ms by least
    /// squares; nil where too little of it is voiced.
    func finalSlope() -> Double? {
        var count = 0.0
        var sums = (x: 0.0, y: 0.0, xx: 0.0, xy: 0.0)
        for record in records.suffix(Self.slopeHops) where record.f0Hz > 0 && record.isSpeech && !record.isShared {
            let x = Double(record.index % 10_000) / Double(AudioGrid.hopsPerSecond)
            let y = 12 * log2(Double(record.f0Hz) / 100)
            count += 1
            sums = (sums.x + x, sums.y + y, sums.xx + x * x, sums.xy + x * y)
        }
        let spread = count * sums.xx - sums.x * sums.x
        guard count >= Double(Self.minSlopeHops), spread > 1e-9 else { return nil }
        let slope = (count * sums.xy - sums.x * sums.y) / spread
        return max(-Self.steepest, min(Self.steepest, slope))
    }
}

/// Means of a speaker's voice since the last turn that was finished.
struct TurnVoiceSums {
    private var speech = 0.0
    private var voiced = 0.0
    private var semitones = 0.0
    private var levelDb = 0.0
    private var nuclei = 0.0

    mutating func add(_ record: HopRecord) {
        guard record.isSpeech, !record.isShared else { return }
        speech += 1
        if record.isNucleus { nuclei += 1 }
        guard record.f0Hz > 0 else { return }
        voiced += 1
        semitones += 12 * log2(Double(record.f0Hz) / 100)
        levelDb += Double(record.levelDb)
    }

    /// Pitch, loudness and rate of the turn, and a new begin; nil where there was less than half a second of voice.
    mutating func take() -> Entrainment.TurnVoice? {
        defer { self = TurnVoiceSums() }
        guard voiced >= Double(AudioGrid.hopsPerSecond / 2) else { return nil }
        return Entrainment.TurnVoice(
            values: [semitones / voiced, levelDb / voiced, nuclei * Double(AudioGrid.hopsPerSecond) / speech])
    }
}
