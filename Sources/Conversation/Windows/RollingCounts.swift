import MediaTypes

/// Counts of one speaker (or of the whole session) over rolling windows of different length.
///
/// Counts are gathered in buckets (`ConversationConfiguration.bucketHops`); each window keeps the sum of its buckets,
/// so that a step costs the same whatever the length, and memory is that of the longest window.
struct RollingCounts {
    /// What is counted.
    struct Counts: Equatable {
        fileprivate var values = SIMD16<Int32>()

        init() {}

        fileprivate init(_ bucket: SIMD16<Int16>) { values = SIMD16(truncatingIfNeeded: bucket) }

        /// Hops of speech.
        var speech: Int32 {
            get { values[0] }
            set { values[0] = newValue }
        }
        /// Hops of pause inside turns.
        var pause: Int32 {
            get { values[1] }
            set { values[1] = newValue }
        }
        /// Number of these pauses.
        var pauses: Int32 {
            get { values[2] }
            set { values[2] = newValue }
        }
        /// Hops whose media was lost.
        var lost: Int32 {
            get { values[3] }
            set { values[3] = newValue }
        }
        /// Turns begun (of the session: floor transfers).
        var turns: Int32 {
            get { values[4] }
            set { values[4] = newValue }
        }
        /// Syllable nuclei in speech.
        var nuclei: Int32 {
            get { values[5] }
            set { values[5] = newValue }
        }
        /// Hops when two or more spoke; only of the session.
        var overlap: Int32 {
            get { values[6] }
            set { values[6] = newValue }
        }
        /// Backchannels given.
        var backchannels: Int32 {
            get { values[7] }
            set { values[7] = newValue }
        }
        /// Interruptions made.
        var interruptions: Int32 {
            get { values[8] }
            set { values[8] = newValue }
        }
        /// Answers that came sooner than `ConversationConfiguration.hastyHops` after the other side's turn.
        var hastyAnswers: Int32 {
            get { values[9] }
            set { values[9] = newValue }
        }
        /// Sum of the intonation slopes at the ends of IPUs in hundredths of a semitone per second.
        var slope: Int32 {
            get { values[10] }
            set { values[10] = newValue }
        }
        /// Number of these slopes.
        var slopes: Int32 {
            get { values[11] }
            set { values[11] = newValue }
        }

        /// Hops of speech in which somebody else spoke in the same track, so that no voice was measured.
        var shared: Int32 {
            get { values[12] }
            set { values[12] = newValue }
        }

        /// Hops of speech that the nuclei are of.
        var alone: Int32 { speech &- shared }

        /// This change of speech with that of what was measured of the voice in it, which was `counted` in all.
        fileprivate func withVoice(of counted: Counts) -> Counts {
            var change = self
            if speech > 0 {
                change.shared &+= speech
            } else if speech < 0, counted.speech > 0 {
                let share = min(1, Double(-speech) / Double(counted.speech))
                change.nuclei &-= Int32((Double(counted.nuclei) * share).rounded())
                change.shared &-= Int32((Double(counted.shared) * share).rounded())
            }
            return change
        }

        static func += (left: inout Counts, right: Counts) { left.values &+= right.values }
        static func -= (left: inout Counts, right: Counts) { left.values &-= right.values }
    }

    /// Counts of the bucket that is being filled.
    var open = Counts()
    /// Sums per window, in the order of `windowsSeconds`.
    private(set) var windows: [Counts]
    /// Sum since the start.
    private(set) var total = Counts()
    /// Buckets closed so far.
    private(set) var closedBuckets = 0

    private let bucketHops: Int
    /// Hops of the first bucket that were over when counting began.
    private let shortHops: Int
    private let lengths: [Int]
    /// Closed buckets; in 16 bits, because there are many (a pause longer than five minutes counts as that).
    private var ring: [SIMD16<Int16>]

    /// The counted windows of `configuration`, from `hop` of the session on.
    init(_ configuration: ConversationConfiguration, at hop: Int64) {
        self.init(
            windowsSeconds: configuration.countedSeconds, bucketHops: configuration.bucketHops,
            shortHops: Int(hop % Int64(configuration.bucketHops)))
    }

    /// Windows of the given lengths in seconds; a second is a whole number of buckets.
    init(windowsSeconds: [Int], bucketHops: Int, shortHops: Int = 0) {
        self.bucketHops = bucketHops
        self.shortHops = shortHops
        lengths = windowsSeconds.map { $0 * AudioGrid.hopsPerSecond / bucketHops }
        windows = Array(repeating: Counts(), count: lengths.count)
        ring = Array(repeating: SIMD16(), count: max(lengths.max() ?? 1, 1))
    }

    /// Closes the open bucket: every window takes it in and lets go of the one that leaves it.
    mutating func closeBucket() {
        let bucket = SIMD16<Int16>(clamping: open.values)
        for index in lengths.indices {
            windows[index] += Counts(bucket)
            if closedBuckets >= lengths[index] {
                windows[index] -= Counts(ring[(closedBuckets - lengths[index]) % ring.count])
            }
        }
        ring[closedBuckets % ring.count] = bucket
        total += open
        closedBuckets += 1
        open = Counts()
    }

    /// Corrects what was counted in a bucket that may be closed. What was counted of the voice in speech that was none
    /// goes with it, in proportion; in speech that comes in its place no voice was measured.
    ///
    /// - Parameters:
    ///   - index: of the bucket, from the begin of counting.
    ///   - former: what was counted of what is corrected now, of which `right` is right.
    mutating func correct(bucket index: Int, from former: Counts, to right: Counts) {
        guard former != right, index >= 0, index <= closedBuckets else { return }
        var change = right
        change -= former
        let back = closedBuckets - index
        guard back > 0, back <= ring.count else {
            if back == 0 { open += change.withVoice(of: open) } else { total += change }
            return
        }
        let place = index % ring.count
        let before = Counts(ring[place])
        change = change.withVoice(of: before)
        var after = before
        after += change
        ring[place] = SIMD16<Int16>(clamping: after.values)
        after = Counts(ring[place])
        for window in lengths.indices where back <= lengths[window] {
            windows[window] += after
            windows[window] -= before
        }
        total += change
    }

    /// Buckets of the longest window.
    var maxBuckets: Int { ring.count }

    /// Closes buckets in each of which `lostHops` were lost and nothing else happened; costs no more for many of them.
    mutating func skip(buckets: Int, lostHops: Int32) {
        // Every bucket of the ring is then the same, so that it does not matter where in it the next one lies.
        let closed = min(buckets, ring.count)
        for _ in 0..<closed {
            open.lost += lostHops
            closeBucket()
        }
        let rest = buckets - closed
        closedBuckets += rest
        total.lost = Int32(clamping: Int64(total.lost) + Int64(rest) * Int64(lostHops))
    }

    /// Seconds that a window of `lengthSeconds` really covers so far.
    func coveredSeconds(lengthSeconds: Int?) -> Double {
        let elapsed = Double(max(0, closedBuckets * bucketHops - shortHops)) / Double(AudioGrid.hopsPerSecond)
        guard let lengthSeconds else { return elapsed }
        return min(elapsed, Double(lengthSeconds))
    }
}
