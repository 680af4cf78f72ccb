import Glibc
import MediaTypes

/// Pitch, loudness and spectral tilt of one speaker over the rolling windows and since the start.
///
/// All are taken from the voiced hops of speech, which stand above noise and codec. All that is shown is relative
/// to the speaker's own median since the start.
struct VoiceWindows {
    /// Voiced hops below which a window says nothing about a voice: one second.
    static let leastHops = AudioGrid.hopsPerSecond
    /// Voiced hops that a speaker's own median rests on before anything is compared with it: ten seconds.
    static let readyHops = 10 * AudioGrid.hopsPerSecond

    private static let binsPerSemitone = 4.0
    private static let lowestHz = 55.0
    private static let binsPerDb = 2.0
    private static let lowestDb = -108.0
    private static let lowestTiltDb = -60.0

    private var pitch: RollingHistogram
    private var level: RollingHistogram
    private var tilt: RollingHistogram

    /// What a voice does in a window.
    struct Summary {
        /// Voiced hops in it.
        var voicedHops = 0
        /// Median pitch relative to the speaker's own, and P90 − P10, semitones.
        var pitchLevelSemitones: Double?, pitchRangeSemitones: Double?
        /// Median level relative to the speaker's own, and P90 − P10, dB.
        var relativeLevelDb: Double?, loudnessVariationDb: Double?
        /// Medians as they are: pitch in semitones above 55 Hz, level in dB re full scale, spectral tilt in dB.
        var semitones: Double?, levelDb: Double?, tiltDb: Double?
    }

    init(windowsSeconds: [Int]) {
        let hops = windowsSeconds.map { $0 * AudioGrid.hopsPerSecond }
        // From 55 to 553 Hz in quarters of a semitone; from -108 to 19 dB (what is given as numbers can lie above full
        // scale) and from -60 to 30 dB in halves of a dB.
        pitch = RollingHistogram(windowsHops: hops, binCount: 160)
        level = RollingHistogram(windowsHops: hops, binCount: 254)
        tilt = RollingHistogram(windowsHops: hops, binCount: 180)
    }

    mutating func add(_ record: HopRecord) {
        guard record.isSpeech, !record.isLost, record.f0Hz > 0 else {
            pitch.add(RollingHistogram.none)
            level.add(RollingHistogram.none)
            tilt.add(RollingHistogram.none)
            return
        }
        let semitones = 12 * log2(Double(record.f0Hz) / Self.lowestHz)
        pitch.add(UInt8(clamping: Int(max(0, semitones * Self.binsPerSemitone))))
        level.add(UInt8(clamping: Int(max(0, (Double(record.levelDb) - Self.lowestDb) * Self.binsPerDb))))
        tilt.add(UInt8(clamping: Int(max(0, (Double(record.spectralTiltDb) - Self.lowestTiltDb) * Self.binsPerDb))))
    }

    /// Summary of a window, by its place in the list of windows; nil means since the start.
    ///
    /// - Parameter leastHops: voiced hops below which nothing is said.
    func summary(window: Int?, leastHops: Int = leastHops) -> Summary {
        var summary = Summary(voicedHops: pitch.count(window: window))
        guard summary.voicedHops >= leastHops else { return summary }
        func spread(_ histogram: RollingHistogram, _ binsPerUnit: Double) -> Double? {
            guard let high = histogram.quantile(0.9, window: window), let low = histogram.quantile(0.1, window: window)
            else { return nil }
            return (high - low) / binsPerUnit
        }
        func offset(_ histogram: RollingHistogram, _ binsPerUnit: Double) -> Double? {
            guard histogram.count(window: nil) >= Self.readyHops, let own = histogram.quantile(0.5, window: nil),
                let here = histogram.quantile(0.5, window: window)
            else { return nil }
            return (here - own) / binsPerUnit
        }
        summary.pitchLevelSemitones = offset(pitch, Self.binsPerSemitone)
        summary.pitchRangeSemitones = spread(pitch, Self.binsPerSemitone)
        summary.relativeLevelDb = offset(level, Self.binsPerDb)
        summary.loudnessVariationDb = spread(level, Self.binsPerDb)
        summary.semitones = pitch.quantile(0.5, window: window).map { $0 / Self.binsPerSemitone }
        summary.levelDb = level.quantile(0.5, window: window).map { Self.lowestDb + $0 / Self.binsPerDb }
        summary.tiltDb = tilt.quantile(0.5, window: window).map { Self.lowestTiltDb + $0 / Self.binsPerDb }
        return summary
    }

    /// The speaker's own median pitch in Hz; nil until it rests on enough.
    var usualHz: Double? {
        guard pitch.count(window: nil) >= Self.readyHops, let bin = pitch.quantile(0.5, window: nil) else { return nil }
        return Self.lowestHz * exp2(bin / Self.binsPerSemitone / 12)
    }

    /// The speaker's own median level in dB re full scale; nil until it rests on enough.
    var usualLevelDb: Double? {
        guard level.count(window: nil) >= Self.readyHops, let bin = level.quantile(0.5, window: nil) else { return nil }
        return Self.lowestDb + bin / Self.binsPerDb
    }
}
