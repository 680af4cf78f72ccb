import MediaTypes

/// Counts of one speaker (or of the whole session) over rolling windows of different length.
///
/// Counts are gathered in buckets of 100 ms; each window keeps the sum of its buckets, so that a step costs
/// the same whatever the length, and memory is that of the longest window.
struct RollingCounts {
    /// Hops in a bucket.
    static let bucketHops = 10
    /// Buckets in a second.
    static let bucketsPerSecond = AudioGrid.hopsPerSecond / bucketHops

    /// What is counted.
    struct Counts: Equatable {
        /// Hops of speech.
        var speech: Int32 = 0
        /// Hops of pause inside turns, and the number of pauses.
        var pause: Int32 = 0, pauses: Int32 = 0
        /// Hops whose media was lost.
        var lost: Int32 = 0
        /// Turns begun (of the session: floor transfers).
        var turns: Int32 = 0
        /// Syllable nuclei in speech.
        var nuclei: Int32 = 0
        /// Hops when two or more spoke; only of the session.
        var overlap: Int32 = 0
        /// Backchannels given and interruptions made.
        var backchannels: Int32 = 0, interruptions: Int32 = 0
        /// Answers that came sooner than `ConversationConfiguration.hastyHops` after the other side's turn.
        var hastyAnswers: Int32 = 0
        /// Sum of the intonation slopes at the ends of IPUs in hundredths of a semitone per second, and their number.
        var slope: Int32 = 0, slopes: Int32 = 0

        static func += (left: inout Counts, right: Counts) {
            left.speech &+= right.speech
            left.pause &+= right.pause
            left.lost &+= right.lost
            left.turns &+= right.turns
            left.overlap &+= right.overlap
            left.nuclei &+= right.nuclei
            left.backchannels &+= right.backchannels
            left.interruptions &+= right.interruptions
            left.pauses &+= right.pauses
            left.hastyAnswers &+= right.hastyAnswers
            left.slope &+= right.slope
            left.slopes &+= right.slopes
        }

        static func -= (left: inout Counts, right: Counts) {
            left.speech &-= right.speech
            left.pause &-= right.pause
            left.lost &-= right.lost
            left.turns &-= right.turns
            left.overlap &-= right.overlap
            left.nuclei &-= right.nuclei
            left.backchannels &-= right.backchannels
            left.interruptions &-= right.interruptions
            left.pauses &-= right.pauses
            left.hastyAnswers &-= right.hastyAnswers
            left.slope &-= right.slope
            left.slopes &-= right.slopes
        }
    }

    /// Counts of the bucket that is being filled.
    var open = Counts()
    /// Sums per window, in the order of `windowsSeconds`.
    private(set) var windows: [Counts]
    /// Sum since the start.
    private(set) var total = Counts()
    /// Buckets closed so far.
    private(set) var closedBuckets = 0

    private let lengths: [Int]
    private var ring: [Counts]

    /// Windows of the given lengths in seconds.
    init(windowsSeconds: [Int]) {
        lengths = windowsSeconds.map { $0 * Self.bucketsPerSecond }
        windows = Array(repeating: Counts(), count: lengths.count)
        ring = Array(repeating: Counts(), count: max(lengths.max() ?? 1, 1))
    }

    /// Closes the open bucket: every window takes it in and lets go of the one that leaves it.
    mutating func closeBucket() {
        for index in lengths.indices {
            windows[index] += open
            if closedBuckets >= lengths[index] {
                windows[index] -= ring[(closedBuckets - lengths[index]) % ring.count]
            }
        }
        ring[closedBuckets % ring.count] = open
        total += open
        closedBuckets += 1
        open = Counts()
    }

    /// Seconds that a window of `lengthSeconds` really covers so far.
    func coveredSeconds(lengthSeconds: Int?) -> Double {
        let elapsed = Double(closedBuckets) / Double(Self.bucketsPerSecond)
        guard let lengthSeconds else { return elapsed }
        return min(elapsed, Double(lengthSeconds))
    }
}
