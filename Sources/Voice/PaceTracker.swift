import CKernels

/// Finds syllable nuclei: voiced peaks of loudness with a dip on both sides.
///
/// After de Jong & Wempe (2009), who take the level of the whole signal and a constant dip of 2 dB. Here
/// loudness is the sum over bands from 160 to 2060 Hz of the cube root of power, as hearing has it (Stevens
/// 1957): weak formants count, and one strong harmonic does not hide them. And one dip cannot serve every
/// voice: in slow clear speech loudness wavers inside long vowels, in fast speech syllables run into each other.
/// So the dip that is asked for follows the speaker's tempo, taken from two counts that need no such choice:
/// peaks with a dip of 3 dB in a smoother course, and voiced stretches, both per second of voice.
struct PaceTracker: ~Copyable, Sendable {
    /// `find` judges the hop this many hops before the one whose voicing it is given.
    static let voicingHops = 1
    /// The least patience with which nuclei are mostly found where they are.
    static let minPatienceHops = 10

    /// The bands of `SpeechFeatures` that make up loudness.
    private static let bands = 2..<16
    /// Loudness of nothing, in dB like that of power.
    private static let silenceDb: Float = -120
    private static let steepDipDb: Float = 3
    /// Peaks further than this below the loudest recent one are none.
    private static let rangeDb: Float = 30
    /// How fast the memory of the loudest peak fades, in dB per hop.
    private static let fadeDb: Float = 0.01
    /// The dip of fast and of slow speech, and its course: so many dB at this tempo, falling with this power.
    private static let dipsDb: ClosedRange<Float> = 0.5...4.5
    private static let slowDipDb: Float = 4.6
    private static let slowTempo: Float = 4
    private static let tempoPower: Float = 8
    /// What is taken for granted about a speaker: this tempo, over this many voiced hops, forgotten in this many.
    private static let firstTempo: Float = 4.4
    private static let firstVoicedHops: Float = 40
    private static let memoryHops: Float = 1000
    /// The two counts as multiples of the tempo, on average.
    private static let steepShare: Float = 1.23
    private static let stretchShare: Float = 0.81

    /// Levels of the last hops, by hop number modulo their count, a power of two.
    private let levelsDb = FloatBuffer(count: 64)
    private var levelCount: Int64 = 0
    /// The level of a hop without power.
    private static let restDb = levelDb { _ in 0 }
    private var nextHop: Int64 = -Int64(voicingHops)
    /// A nucleus must be told before the judged hop is further ahead than this.
    private let patienceHops: Int64
    /// Bit n: the hop n before the newest one of which voicing is known was voiced.
    private var voicing: UInt8 = 0
    private var wasVoiced = false
    private var peakDb: Float = -200
    private var fine = LevelPeaks()
    private var smooth = LevelPeaks()
    private var dipDb: Float = 0
    private var voicedHops = firstVoicedHops
    private var steepPeaks = firstVoicedHops / 100 * firstTempo * steepShare
    private var stretches = firstVoicedHops / 100 * firstTempo * stretchShare

    /// - Parameter patienceHops: hops that a nucleus may wait after its own for being certain.
    init(patienceHops: Int) {
        self.patienceHops = Int64(patienceHops)
        levelsDb.fill(with: Self.silenceDb)
        chooseDip()
    }

    /// Takes the mean power per FFT bin in the bands of `SpeechFeatures` of the next hop.
    mutating func append(bandPower: borrowing FloatBuffer) {
        append(levelDb: Self.levelDb { bandPower[$0] })
    }

    /// The next hop has no power in any band.
    mutating func appendRest() {
        append(levelDb: Self.restDb)
    }

    private static func levelDb(_ bandPower: (Int) -> Float) -> Float {
        var loudness: Float = 1e-4
        for band in bands {
            let bins = SpeechFeatures.edges[band + 1] - SpeechFeatures.edges[band]
            loudness += ck_cube_root(bandPower(band) * Float(bins))
        }
        return 30 * ck_log10(loudness)
    }

    /// The end of the stream: the next hop is silent.
    mutating func appendSilence() {
        append(levelDb: Self.silenceDb)
    }

    private mutating func append(levelDb: Float) {
        levelsDb[slot(levelCount)] = levelDb
        levelCount += 1
    }

    /// Takes the voicing of the next hop and judges the one before it.
    ///
    /// - Returns: the number of a hop that is a nucleus, at most `patienceHops` before the judged one.
    mutating func find(isVoiced: Bool) -> Int64? {
        voicing = voicing << 1 | (isVoiced ? 1 : 0)
        let hop = nextHop
        nextHop += 1
        guard hop >= 0 else { return nil }
        let voiced = voicing & 0b111 != 0
        measureTempo(hop, isVoiced: voiced)
        let level = 0.25 * (self[hop - 1] + 2 * self[hop] + self[hop + 1])
        peakDb = max(level, peakDb - Self.fadeDb)
        // The smoother level, a Hann window of seven hops.
        var smoothed = self[hop] + 0.853_553 * (self[hop - 1] + self[hop + 1])
        smoothed += 0.5 * (self[hop - 2] + self[hop + 2]) + 0.146_447 * (self[hop - 3] + self[hop + 3])
        let isCandidate = voiced && level > peakDb - Self.rangeDb
        let nucleus = fine.push(level, hop, isCandidate, dipDb: dipDb, patience: patienceHops)
        if smooth.push(0.25 * smoothed, hop, isCandidate, dipDb: Self.steepDipDb) != nil {
            steepPeaks += 1
            chooseDip()
        }
        return nucleus
    }

    private mutating func measureTempo(_ hop: Int64, isVoiced: Bool) {
        if isVoiced {
            let kept = 1 - 1 / Self.memoryHops
            voicedHops = voicedHops * kept + 1
            steepPeaks *= kept
            stretches = stretches * kept + (wasVoiced ? 0 : 1)
            chooseDip()
        }
        wasVoiced = isVoiced
    }

    /// The dip for the tempo.
    private mutating func chooseDip() {
        // The geometric mean of the two counts, as a power of their product.
        let perSecond = 100 / voicedHops
        let square = steepPeaks * perSecond * stretches * perSecond / (Self.slowTempo * Self.slowTempo)
        let wanted = Self.slowDipDb * ck_exp2(-0.5 * Self.tempoPower * ck_log2(max(1e-3, square)))
        dipDb = max(Self.dipsDb.lowerBound, min(Self.dipsDb.upperBound, wanted))
    }

    private subscript(hop: Int64) -> Float {
        levelsDb[slot(max(0, hop))]
    }

    private func slot(_ hop: Int64) -> Int {
        Int(hop & Int64(levelsDb.count - 1))
    }
}

/// Tells peaks from ripple: a peak counts once the level has risen by the dip before it and fallen by the dip
/// after it.
///
/// The rise alone makes it certain that there will be one, for every level falls in the end. So a peak can be
/// told before the fall where its hop cannot wait any longer.
struct LevelPeaks: Sendable {
    private var isRising = true
    private var isTold = false
    private var maxDb: Float = -.greatestFiniteMagnitude
    private var minDb: Float = .greatestFiniteMagnitude
    /// The highest hop of this rise, and whether it can be told.
    private var peakHop: Int64 = 0
    private var isCandidate = false

    /// Takes the level of a hop.
    ///
    /// - Parameters:
    ///   - isCandidate: the hop may be told as a peak.
    ///   - patience: the peak must be told when it is this many hops old.
    /// - Returns: the hop of a peak that has become certain.
    mutating func push(
        _ levelDb: Float, _ hop: Int64, _ isCandidate: Bool, dipDb: Float, patience: Int64 = .max
    ) -> Int64? {
        guard isRising else {
            minDb = min(minDb, levelDb)
            if levelDb > minDb + dipDb {
                isRising = true
                isTold = false
                setPeak(levelDb, hop, isCandidate)
            }
            return nil
        }
        if levelDb > maxDb {
            setPeak(levelDb, hop, isCandidate)
        } else if levelDb < maxDb - dipDb {
            isRising = false
            minDb = levelDb
            return tell()
        }
        return hop - peakHop >= patience ? tell() : nil
    }

    private mutating func setPeak(_ levelDb: Float, _ hop: Int64, _ isCandidate: Bool) {
        maxDb = levelDb
        peakHop = hop
        self.isCandidate = isCandidate
    }

    private mutating func tell() -> Int64? {
        guard isCandidate, !isTold else { return nil }
        isTold = true
        return peakHop
    }
}
