/// There is more to do than this machine can, and something of a session is given up for a while.
///
/// One of each kind (`what`) holds at a time; a newer one of the same kind takes its place, `recovered` ends it.
public struct Degraded: Sendable, Equatable {
    /// Names that one event holds, so that it fits into a line.
    public static let namesAtMost = 64

    /// What is given up.
    public enum What: String, Sendable, CaseIterable {
        /// Ticks: only every second or fourth is sent.
        case ticks
        /// Whole tracks: what their speakers say is not looked at.
        case tracks
        /// Stretches of speech: not all that is said is written down.
        case words
        /// Audio of tracks with several voices: nobody is heard in it.
        case voices
    }

    /// Why.
    public enum Reason: String, Sendable, CaseIterable {
        /// An event loop, which receives and analyses plain RTP, is late.
        case loopLate = "loop_late"
        /// The analysis of inputs with a thread of their own is behind what came in.
        case analysisBehind = "analysis_behind"
        /// The recogniser is behind what is said.
        case recogniserBehind = "recogniser_behind"
        /// What tells voices apart is behind what is said.
        case voicesBehind = "voices_behind"
    }

    /// What is given up.
    public var what: What
    /// How far the daemon has gone: 1 to 3 ticks, 4 tracks too. Of words and voices it is 1.
    public var level: Int
    /// Of `ticks`: 2 where every second one is sent, and so on.
    public var tickEvery: Int?
    /// Of `tracks`: how many, and whose, by name within the session; no more names than `namesAtMost`.
    public var tracks: Int?, speakers: [String]
    /// Why.
    public var reason: Reason
    /// How much there is to do: 1 is as much as can be done.
    public var load: Double

    /// Something that is given up.
    public init(
        what: What, level: Int, tickEvery: Int? = nil, tracks: Int? = nil, speakers: [String] = [], reason: Reason,
        load: Double
    ) {
        self.what = what
        self.level = level
        self.tickEvery = tickEvery
        self.tracks = tracks
        self.speakers = Array(speakers.prefix(Self.namesAtMost))
        self.reason = reason
        self.load = load
    }

    func write(to json: inout JSONWriter) {
        json.field("what", what.rawValue)
        json.field("level", level)
        if let tickEvery { json.field("tick_every", tickEvery) }
        if let tracks {
            json.field("tracks", tracks)
            json.array("speakers") { json in
                for speaker in speakers { json.string(speaker) }
            }
        }
        json.field("reason", reason.rawValue)
        json.field("load", load, decimals: 2)
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            what: try fields.choice("what"), level: try fields.integer("level"),
            tickEvery: try fields.optionalInteger("tick_every"), tracks: try fields.optionalInteger("tracks"),
            speakers: try fields.texts("speakers"), reason: try fields.choice("reason"),
            load: try fields.number("load"))
    }
}

/// What was given up of a session is back.
public struct Recovered: Sendable, Equatable {
    /// What was given up.
    public var what: Degraded.What
    /// For how long, seconds.
    public var afterSeconds: Double

    /// The end of a `Degraded` of the same kind.
    public init(what: Degraded.What, afterSeconds: Double) {
        self.what = what
        self.afterSeconds = afterSeconds
    }

    func write(to json: inout JSONWriter) {
        json.field("what", what.rawValue)
        json.field("after_s", afterSeconds, decimals: 1)
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(what: try fields.choice("what"), afterSeconds: try fields.number("after_s"))
    }
}
