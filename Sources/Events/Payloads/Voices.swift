/// A voice of a track with several was heard for the first time; it is anonymous until somebody names it.
public struct VoiceFound: Sendable, Equatable {
    /// The speaker that the track was attached as.
    public var track: String

    /// A voice of a track.
    public init(track: String) { self.track = track }

    func write(to json: inout JSONWriter) { json.field("track", track) }

    init(_ fields: JSONFields) throws(UnreadableEvent) { track = try fields.text("track") }
}

/// A voice of a track turned out to be another one, and is none any more.
public struct VoiceMerged: Sendable, Equatable {
    /// The voice that it is, by name within the session.
    public var into: String

    /// A voice that is another one.
    public init(into: String) { self.into = into }

    func write(to json: inout JSONWriter) { json.field("into", into) }

    init(_ fields: JSONFields) throws(UnreadableEvent) { into = try fields.text("into") }
}

/// Somebody has said whose voice it is.
public struct VoiceNamed: Sendable, Equatable {
    /// What to show instead of the voice's name within the session.
    public var name: String

    /// A name.
    public init(name: String) { self.name = name }

    func write(to json: inout JSONWriter) { json.field("name", name) }

    init(_ fields: JSONFields) throws(UnreadableEvent) { name = try fields.text("name") }
}
