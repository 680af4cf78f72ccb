/// Somebody spoke inside another's turn.
///
/// Simultaneous speech is told as `overlap` when it ends; a later event with the same `id` and a higher revision
/// says that it turned out to be a backchannel or an interruption.
public struct Overlap: Sendable {
    /// What it is.
    public enum Kind: String, Sendable {
        case backchannel, overlap, interruption
    }

    /// Number within the session, and how often it was told before.
    public var id: Int, revision: Int
    /// What it is, as far as is known.
    public var kind: Kind
    /// Begin and end of the IPU in session seconds; the end is that of what was heard so far.
    public var startSeconds: Double, endSeconds: Double
    /// Simultaneous speech in it, seconds.
    public var sharedSeconds: Double
    /// Who held the floor when it began.
    public var holder: String

    /// Speech inside the turn of `holder`.
    public init(
        id: Int, revision: Int, kind: Kind, startSeconds: Double, endSeconds: Double, sharedSeconds: Double,
        holder: String
    ) {
        self.id = id
        self.revision = revision
        self.kind = kind
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.sharedSeconds = sharedSeconds
        self.holder = holder
    }

    func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("revision", revision)
        json.field("kind", kind.rawValue)
        json.field("start_s", startSeconds, decimals: 3)
        json.field("end_s", endSeconds, decimals: 3)
        json.field("shared_s", sharedSeconds, decimals: 3)
        json.field("holder", holder)
    }
}

/// Two have begun to speak at once, and it is not over: what it will most likely turn out to be. `Overlap` says with
/// the same number what it was.
public struct OverlapStarted: Sendable {
    /// Number within the session.
    public var id: Int
    /// Begin of the IPU in session seconds.
    public var startSeconds: Double
    /// Who held the floor when it began.
    public var holder: String
    /// What it most likely is.
    public var likely: Overlap.Kind
    /// How likely it is that, 0 to 1.
    public var probability: Double

    /// Speech inside the turn of `holder` that goes on.
    public init(id: Int, startSeconds: Double, holder: String, likely: Overlap.Kind, probability: Double) {
        self.id = id
        self.startSeconds = startSeconds
        self.holder = holder
        self.likely = likely
        self.probability = probability
    }

    func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("start_s", startSeconds, decimals: 3)
        json.field("holder", holder)
        json.field("likely", likely.rawValue)
        json.field("probability", probability, decimals: 2)
    }
}
