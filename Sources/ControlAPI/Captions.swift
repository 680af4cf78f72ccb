/// Lines of captions on their way to the daemon: one as an object, several as an array.
public struct CaptionRequest: Codable, Sendable, Equatable {
    /// One line: who said what, and when.
    public struct Line: Codable, Sendable, Equatable {
        /// Name of the speaker within the session.
        public var speaker: String
        /// When it was said, seconds since the session's start.
        public var startSeconds: Double, endSeconds: Double
        /// What was said. It is counted and let go of.
        public var text: String
        /// Whether the text may still change; nil means no.
        public var isPartial: Bool?
        /// What the recogniser calls the line; nil lets its start stand for it.
        public var id: String?

        enum CodingKeys: String, CodingKey {
            case speaker, text, id
            case startSeconds = "start_s"
            case endSeconds = "end_s"
            case isPartial = "partial"
        }

        /// A line.
        public init(
            speaker: String, startSeconds: Double, endSeconds: Double, text: String, isPartial: Bool? = nil,
            id: String? = nil
        ) {
            self.speaker = speaker
            self.startSeconds = startSeconds
            self.endSeconds = endSeconds
            self.text = text
            self.isPartial = isPartial
            self.id = id
        }
    }

    /// The lines.
    public var lines: [Line]

    /// A request.
    public init(lines: [Line]) {
        self.lines = lines
    }

    /// Reads one line or an array of them.
    public init(from decoder: any Decoder) throws {
        if var array = try? decoder.unkeyedContainer() {
            lines = []
            while !array.isAtEnd { lines.append(try array.decode(Line.self)) }
        } else {
            lines = [try Line(from: decoder)]
        }
    }

    /// Writes an array.
    public func encode(to encoder: any Encoder) throws {
        var array = encoder.unkeyedContainer()
        for line in lines { try array.encode(line) }
    }
}

/// What became of lines of captions.
public struct CaptionSummary: Codable, Sendable, Equatable {
    /// Lines that count.
    public var counted: Int
    /// Lines of speakers who may not be measured, and partial ones that came after their final.
    public var ignored: Int
    /// Lines that end more than 10 s before or after the session's present.
    public var outOfTime: Int
    /// Lines that were left out: of speakers who are not there, or out of bounds.
    public var skipped: Int

    enum CodingKeys: String, CodingKey {
        case counted, ignored, skipped
        case outOfTime = "out_of_time"
    }

    /// A summary.
    public init(counted: Int = 0, ignored: Int = 0, outOfTime: Int = 0, skipped: Int = 0) {
        self.counted = counted
        self.ignored = ignored
        self.outOfTime = outOfTime
        self.skipped = skipped
    }
}
