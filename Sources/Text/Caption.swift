/// A line of captions: who said what, and when. It is counted and let go of; nothing keeps its text.
public struct Caption: Sendable, Equatable {
    /// Bytes that a text may have.
    public static let maxTextBytes = 4096
    /// Bytes that an id may have.
    public static let maxIDBytes = 64
    /// Bytes that the name of a speaker may have.
    static let maxNameBytes = 1_024
    /// Latest time that is taken, seconds; longer than a session lives.
    static let latestSeconds = 10_000_000.0
    /// Longest line, seconds.
    static let maxSeconds = 600.0

    /// Name of the speaker within the session.
    public let speaker: String
    /// When it was said, seconds since the session's start.
    public let startSeconds: Double, endSeconds: Double
    /// The text.
    public let text: String
    /// Whether the text may still change: the next line of the same id replaces it.
    public let isPartial: Bool
    /// What the recogniser calls the line; nil lets its start stand for it.
    public let id: String?
    /// Whether its question marks are taken at their word; those of the recogniser here are not.
    public var trustsMarks = true

    /// A line of captions.
    ///
    /// - Throws: `CaptionError` where it is out of bounds.
    public init(
        speaker: String, startSeconds: Double, endSeconds: Double, text: String, isPartial: Bool = false,
        id: String? = nil
    ) throws(CaptionError) {
        guard (1...Self.maxNameBytes).contains(speaker.utf8.count) else {
            throw CaptionError("the speaker of a line must have a name of 1 to \(Self.maxNameBytes) bytes")
        }
        guard startSeconds >= 0, startSeconds < endSeconds, endSeconds <= Self.latestSeconds,
            endSeconds - startSeconds <= Self.maxSeconds
        else {
            throw CaptionError(
                "a line of captions must start at 0 s or later and end after that, within "
                    + "\(Int(Self.maxSeconds)) s")
        }
        guard text.utf8.count <= Self.maxTextBytes else {
            throw CaptionError("the text of a line is over \(Self.maxTextBytes) bytes; send it in parts")
        }
        guard id?.utf8.count ?? 0 <= Self.maxIDBytes else {
            throw CaptionError("the id of a line is over \(Self.maxIDBytes) bytes; use a shorter one")
        }
        self.speaker = speaker
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.text = CharacterReferences.resolved(text)
        self.isPartial = isPartial
        self.id = id
    }
}

/// Why captions were refused: one line, without their words.
public struct CaptionError: Error, Equatable, CustomStringConvertible {
    /// What is wrong and what to do.
    public let description: String

    /// An error.
    public init(_ description: String) {
        self.description = description
    }
}
