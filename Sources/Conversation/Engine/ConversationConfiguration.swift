public import Events
import MediaTypes

/// What happens to the texts of what was said, of speakers who agreed to that.
public enum WordTexts: String, Sendable, CaseIterable {
    /// They are counted and let go of.
    case none
    /// They are told in events, and stored nowhere.
    case live
    /// They are told, and stored where there is a store.
    case stored
}

/// Settings of the conversation core; the defaults are those of the shipped configuration file.
public struct ConversationConfiguration: Sendable, Equatable {
    /// Lengths of the rolling windows in seconds, ascending; the whole session is always added.
    public var windowsSeconds: [Int] = [10, 30, 120]
    /// Media time between two ticks of a speaker, in hops (10 ms).
    public var tickHops = 100
    /// Patience of the voice lanes beyond what the voice core looks ahead, in hops: what has not come when it lies so
    /// far behind the session's present counts as lost. Nil waits for ever, as an analysis of recordings does.
    public var skewHops: Int? = 50
    /// What the voice core looks ahead before it says what happened, in hops; no voice can be told sooner.
    public var lookAheadHops = 40
    /// How far ahead of the session's present records may lie, in hops; those beyond are dropped.
    public var maxAheadHops = 3_000
    /// People that a session holds, those who left included: whoever sends under ever new names fills no memory.
    public var maxSpeakers = 128
    /// Whether channels are compared, to tell a speaker's own voice from what leaks into the channel. Without it a
    /// speaker's numbers do not depend on what the others' channels carry.
    public var comparesChannels = true
    /// After so much simultaneous speech it is told what it will most likely be, in hops.
    public var verdictHops = 25
    /// An IPU of at most this length inside another's turn may be a backchannel, in hops.
    public var backchannelHops = 100
    /// A short IPU after which the floor stays for this long does not take it, in hops.
    public var floorHoldHops = 200
    /// Simultaneous speech of at least this length may be an interruption, in hops.
    public var interruptionHops = 30
    /// Answers that come sooner than this after the other side's turn are hasty, in hops.
    public var hastyHops = 30
    /// Offsets between speakers whose times are less certain than this are not measured, milliseconds.
    public var maxTimingUncertaintyMilliseconds = 50.0
    /// Settings of the engagement score.
    public var engagement = EngagementConfiguration()
    /// Rules of the coach cues.
    public var cues = CueRule.standard
    /// Least time between two cues of a session, seconds, over all rules and speakers.
    public var cueGapSeconds = 30.0
    /// Phrases that are counted in what is said.
    public var trackers: [WordTracker] = []
    /// What may be computed of whom.
    public var policy = Policy()
    /// What happens to the texts of words.
    public var wordTexts = WordTexts.none
    /// Whether the people in the call were given a notice; without one nobody is measured.
    public var hasNotice = true

    /// The defaults.
    public init() {}

    /// Hops behind the session's present at which nobody is waited for any more; nil for ever.
    var patienceHops: Int64? { skewHops.map { Int64($0) + Int64(lookAheadHops) } }

    /// What may be computed of a speaker with this role, once there is consent.
    func permissions(role: String?) -> Policy.Permissions {
        hasNotice ? policy.permissions(role: role) : .nothing
    }

    /// Hops by which windows move on. They are looked at with every tick and every second, and nothing between; finer
    /// than 100 ms costs memory and tells nothing.
    var bucketHops: Int {
        var (bucket, rest) = (AudioGrid.hopsPerSecond, tickHops)
        while rest > 0 { (bucket, rest) = (rest, bucket % rest) }
        return max(bucket, 10)
    }

    /// Windows that are counted: those shown and that of the engagement score.
    var countedSeconds: [Int] {
        windowsSeconds.contains(engagement.windowSeconds) ? windowsSeconds : windowsSeconds + [engagement.windowSeconds]
    }

    /// The longest counted window in seconds.
    var horizonSeconds: Int { countedSeconds.max() ?? engagement.windowSeconds }

    func countedIndex(seconds: Int) -> Int {
        countedSeconds.firstIndex(of: seconds) ?? 0
    }
}
