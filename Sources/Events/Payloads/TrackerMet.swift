/// Phrases of a tracker were said.
public struct TrackerMet: Sendable, Equatable {
    /// Name of the tracker.
    public var tracker: String
    /// How often one of its phrases was said.
    public var mentions: Int
    /// The stretch of speech they were said in, session seconds.
    public var startSeconds: Double, endSeconds: Double
    /// Who wrote it down.
    public var writer: WordSpan.Writer

    /// What was met.
    public init(
        tracker: String, mentions: Int, startSeconds: Double, endSeconds: Double, writer: WordSpan.Writer
    ) {
        self.tracker = tracker
        self.mentions = mentions
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.writer = writer
    }

    func write(to json: inout JSONWriter) {
        json.field("tracker", tracker)
        json.field("mentions", mentions)
        json.field("start_s", startSeconds, decimals: 3)
        json.field("end_s", endSeconds, decimals: 3)
        json.field("by", writer.rawValue)
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        tracker = try fields.text("tracker")
        mentions = try fields.integer("mentions")
        startSeconds = try fields.number("start_s")
        endSeconds = try fields.number("end_s")
        writer = try fields.choice("by")
    }
}
