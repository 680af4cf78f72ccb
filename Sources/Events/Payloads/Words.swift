/// What somebody said in a stretch of speech, as a recogniser wrote it down or captions say: counted, and with its text
/// where that is allowed.
public struct WordSpan: Sendable, Equatable {
    /// Who wrote it down.
    public enum Writer: String, Sendable {
        /// The daemon's own recogniser.
        case recogniser
        /// Captions that were handed in.
        case captions
    }

    /// How times of words were found.
    public enum TimesMethod: String, Sendable {
        /// The words were laid over the speech by their length.
        case spread
    }

    /// The words with their times.
    public struct Times: Sendable, Equatable {
        /// How they were found.
        public var method: TimesMethod
        /// Session seconds, one per word of the text at white space.
        public var startsSeconds: [Double], endsSeconds: [Double]

        /// Times of words.
        public init(method: TimesMethod, startsSeconds: [Double], endsSeconds: [Double]) {
            (self.method, self.startsSeconds, self.endsSeconds) = (method, startsSeconds, endsSeconds)
        }
    }

    /// Names the span within the speaker's.
    public var id: String
    /// How often it was told before.
    public var revision: Int
    /// Whether it will not change any more.
    public var isFinal: Bool
    /// From and to, in session seconds.
    public var startSeconds: Double, endSeconds: Double
    /// Who wrote it down.
    public var writer: Writer
    /// Words, fillers that were written down (a lower bound) and questions.
    public var words: Int, fillers: Int, questions: Int
    /// The text, long numbers and addresses masked; nil where it is not told.
    public var text: String?
    /// When each word was said; nil where that is not known or the text is not told.
    public var times: Times?
    /// Whether the text may be stored. Not on the wire.
    public var mayStoreText = false

    /// A span.
    public init(
        id: String, revision: Int = 0, isFinal: Bool = true, startSeconds: Double, endSeconds: Double, writer: Writer,
        words: Int, fillers: Int, questions: Int, text: String? = nil, times: Times? = nil, mayStoreText: Bool = false
    ) {
        self.id = id
        self.revision = revision
        self.isFinal = isFinal
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.writer = writer
        self.words = words
        self.fillers = fillers
        self.questions = questions
        self.text = text
        self.times = times
        self.mayStoreText = mayStoreText
    }

    func write(to json: inout JSONWriter) {
        json.field("id", id)
        json.field("revision", revision)
        json.field("final", isFinal)
        json.field("start_s", startSeconds, decimals: 3)
        json.field("end_s", endSeconds, decimals: 3)
        json.field("by", writer.rawValue)
        json.field("words", words)
        json.field("fillers", fillers)
        json.field("questions", questions)
        guard let text else { return }
        json.field("text", text)
        guard let times else { return }
        json.object("word_times") { json in
            json.field("method", times.method.rawValue)
            json.array("start_s") { json in
                for time in times.startsSeconds { json.number(time, decimals: 2) }
            }
            json.array("end_s") { json in
                for time in times.endsSeconds { json.number(time, decimals: 2) }
            }
        }
    }
}
