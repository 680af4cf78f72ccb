/// What conversations are drawn from.
public struct ConversationPlan: Sendable {
    /// Something that becomes different about the second speaker from some time on.
    public struct Change: Sendable {
        /// When it begins, in seconds.
        public var fromSeconds: Double
        /// By how much the lags grow in every minute, in seconds.
        public var lagGrowthSeconds = 0.0
        /// IPUs in a turn of the second speaker, and of everybody else; nil leaves them.
        public var ipusPerTurn: (own: ClosedRange<Int>, others: ClosedRange<Int>)?
        /// The voice in which the second speaker goes on; it must say the same clips.
        public var voice: Voice?

        /// No change yet.
        public init(fromSeconds: Double) {
            self.fromSeconds = fromSeconds
        }
    }

    /// Number of speakers.
    public var speakers: ClosedRange<Int> = 2...6
    /// Length in seconds, but for the turn that is not broken off.
    public var seconds: ClosedRange<Double> = 55...85
    /// IPUs in a turn.
    public var ipusPerTurn: ClosedRange<Int> = 1...4
    /// IPUs in a monologue, and the share of turns that are one.
    public var ipusPerMonologue: ClosedRange<Int> = 5...7, monologues = 0.1
    /// Silence between two IPUs of a turn, in seconds.
    public var pauseSeconds: ClosedRange<Double> = 0.35...0.9
    /// Silence between two turns, in seconds.
    public var lagSeconds: ClosedRange<Double> = 0.2...1.5
    /// Shares of floor transfers that are interruptions, and that begin a little before the other's end.
    public var interruptions = 0.17, slips = 0.17
    /// Whether listeners give backchannels, and speak under the holder's voice.
    public var hasListeners = true
    /// What becomes different.
    public var change: Change?

    /// Lively conversations.
    public init() {}
}
