import Glibc
import MediaTypes

/// Pitch, loudness and spectral tilt of one speaker over the rolling windows and since the start.
///
/// All are taken from the voiced hops of speech, which stand above noise and codec. All that is shown is relative
/// to the speaker's own median since the start.
struct VoiceWindows {
    /// Voiced hops below which a window says nothing about a voice: one second.
    static let minHops = AudioGrid.hopsPerSecond
    /// Voiced hops that a speaker's own median rests on before anything is compared with it: ten seconds.
    static let readyHops = 10 * AudioGrid.hopsPerSecond

    private static let binsPerSemitone = 4.0
    private static let minHz = 55.0
    private static let binsPerDb = 2.0
    private static let minDb = -108.0
    private static let minTiltDb = -60.0

    private var histograms: VoiceHistograms

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

    /// Windows of the given lengths in seconds; a second is a whole number of buckets.
    init(windowsSeconds: [Int], bucketHops: Int = AudioGrid.hopsPerSecond) {
        histograms = VoiceHistograms(windowsBuckets: windowsSeconds.map { $0 * AudioGrid.hopsPerSecond / bucketHops })
    }

    mutating func add(_ record: HopRecord) {
        guard record.isSpeech, !record.isShared, !record.isLost, record.f0Hz > 0 else { return }
        // From 55 to 738 Hz in quarters of a semitone; from -108 to 19 dB (what is given as numbers can lie above full
        // scale) and from -60 to 30 dB in halves of a dB.
        let semitones = 12 * log2(Double(record.f0Hz) / Self.minHz)
        func bin(_ value: Double) -> UInt8 { UInt8(clamping: Int(max(0, value))) }
        histograms.add(
            VoiceHistograms.Bins(
                pitch: bin(semitones * Self.binsPerSemitone),
                level: bin((Double(record.levelDb) - Self.minDb) * Self.binsPerDb),
                tilt: bin((Double(record.spectralTiltDb) - Self.minTiltDb) * Self.binsPerDb)))
    }

    /// Windows move on by a bucket.
    mutating func closeBucket() {
        histograms.closeBucket()
    }

    /// Summary of a window, by its place in the list of windows; nil means since the start.
    ///
    /// - Parameter minHops: voiced hops below which nothing is said.
    func summary(window: Int?, minHops: Int = minHops) -> Summary {
        var summary = Summary(voicedHops: histograms.count(window: window))
        guard summary.voicedHops >= minHops else { return summary }
        func median(_ quantity: VoiceHistograms.Quantity, _ binsPerUnit: Double) -> Double? {
            histograms.quantile(0.5, of: quantity, window: window).map { $0 / binsPerUnit }
        }
        func spread(_ quantity: VoiceHistograms.Quantity, _ binsPerUnit: Double) -> Double? {
            guard let high = histograms.quantile(0.9, of: quantity, window: window),
                let low = histograms.quantile(0.1, of: quantity, window: window)
            else { return nil }
            return (high - low) / binsPerUnit
        }
        func offset(_ quantity: VoiceHistograms.Quantity, _ binsPerUnit: Double) -> Double? {
            guard let own = usual(quantity), let here = histograms.quantile(0.5, of: quantity, window: window)
            else { return nil }
            return (here - own) / binsPerUnit
        }
        summary.pitchLevelSemitones = offset(.pitch, Self.binsPerSemitone)
        summary.pitchRangeSemitones = spread(.pitch, Self.binsPerSemitone)
        summary.relativeLevelDb = offset(.level, Self.binsPerDb)
        summary.loudnessVariationDb = spread(.level, Self.binsPerDb)
        summary.semitones = median(.pitch, Self.binsPerSemitone)
        summary.levelDb = median(.level, Self.binsPerDb).map { Self.minDb + $0 }
        summary.tiltDb = median(.tilt, Self.binsPerDb).map { Self.minTiltDb + $0 }
        return summary
    }

    /// The speaker's own median in bins; nil until it rests on enough.
    private func usual(_ quantity: VoiceHistograms.Quantity) -> Double? {
        guard histograms.count(window: nil) >= Self.readyHops else { return nil }
        return histograms.quantile(0.5, of: quantity, window: nil)
    }

    /// The speaker's own median pitch in Hz; nil until it rests on enough.
    var usualHz: Double? {
        usual(.pitch).map { Self.minHz * exp2($0 / Self.binsPerSemitone / 12) }
    }

    /// The speaker's own median level in dB re full scale; nil until it rests on enough.
    var usualLevelDb: Double? {
        usual(.level).map { Self.minDb + $0 / Self.binsPerDb }
    }
}
