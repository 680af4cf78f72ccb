public import Events

/// What was counted in a line of captions, or of the recogniser; its words themselves are passed on where that is
/// allowed, and nothing keeps them.
public struct CaptionLine: Sendable, Equatable {
    /// The hops from the session's start in which it was said.
    public var startHop: Int64, endHop: Int64
    /// What the recogniser calls the line; nil lets its start stand for it.
    public var id: String?
    /// Whether it may still change: the next line of the same id replaces it.
    public var isPartial: Bool
    /// Words, fillers among them, and questions.
    public var words: Int, fillers: Int, questions: Int
    /// Whether its end is one more question if the voice rose there.
    public var mayAskAtEnd = false
    /// Compound sentiment, −1…1; nil where it was not computed.
    public var compound: Double?
    /// Who wrote it down.
    public var writer = WordSpan.Writer.captions
    /// What is said, where it may be told and is wanted; nil where it is let go of.
    public var spoken: Spoken?
    /// How often a phrase of each tracker was said (`ConversationConfiguration.searched`); empty where none was.
    public var mentions: [Int]

    /// The text of a line, which the session only passes on.
    public struct Spoken: Sendable, Equatable {
        /// What was said.
        public var text: String
        /// When each word was, where that is known.
        public var times: WordSpan.Times?

        /// A text.
        public init(text: String, times: WordSpan.Times? = nil) { (self.text, self.times) = (text, times) }
    }

    /// A line.
    public init(
        startHop: Int64, endHop: Int64, id: String? = nil, isPartial: Bool = false, words: Int, fillers: Int = 0,
        questions: Int = 0, compound: Double? = nil, mentions: [Int] = []
    ) {
        self.startHop = startHop
        self.endHop = endHop
        self.id = id
        self.isPartial = isPartial
        self.words = words
        self.fillers = fillers
        self.questions = questions
        self.compound = compound
        self.mentions = mentions
    }
}

/// What may be computed from the captions of a speaker.
public enum CaptionPermission: Sendable, Equatable {
    /// There is no such speaker.
    case unknownSpeaker
    /// Nothing: there is no consent, or the policy forbids it.
    case nothing
    /// Words, fillers and questions are counted.
    case counts
    /// Sentiment too.
    case sentiment
}

/// What became of a line of captions.
public enum CaptionOutcome: Sendable, Equatable {
    /// It counts from now on, or once the session has come to its end.
    case counted
    /// The speaker may not be measured, or a final line of the same id was there before.
    case ignored
    /// It ends too far from the present of the session, before or after.
    case outOfTime
}
