/// A voice of a track with several was heard for the first time; it is anonymous until somebody names it.
public struct VoiceFound: Sendable, Equatable {
    /// The speaker that the track was attached as.
    public var track: String

    /// A voice of a track.
    public init(track: String) { self.track = track }

    func write(to json: inout JSONWriter) { json.field("track", track) }

    init(_ fields: JSONFields) throws(UnreadableEvent) { track = try fields.text("track") }
}

/// How many voices a track with several has by now, as far as it is known; told when that changes.
public struct VoicesCounted: Sendable, Equatable {
    /// The number; nil where it is not sure, and then it lies between the two bounds.
    public var voices: Int? { least == most ? least : nil }
    /// As many there are at the least, and at the most.
    public var least: Int, most: Int

    /// A number, or bounds of it.
    public init(least: Int, most: Int) { (self.least, self.most) = (least, most) }

    func write(to json: inout JSONWriter) {
        json.field("voices", voices)
        json.field("least", least)
        json.field("most", most)
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        (least, most) = (try fields.integer("least"), try fields.integer("most"))
    }
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

/// It turned out that a voice of a track spoke otherwise than was told.
public struct SpeechRevised: Sendable {
    /// What was told of the speaker's speech and turns, and reaches into this time, holds no more; seconds of the
    /// session.
    public var fromSeconds: Double, toSeconds: Double
    /// The stretches of speech that reach into that time.
    public var speech: [SpeechEnded]
    /// The turns that do, as far as they are over and are told.
    public var turns: [Turn]

    /// What holds instead of what was told.
    public init(fromSeconds: Double, toSeconds: Double, speech: [SpeechEnded], turns: [Turn]) {
        (self.fromSeconds, self.toSeconds, self.speech, self.turns) = (fromSeconds, toSeconds, speech, turns)
    }

    func write(to json: inout JSONWriter) {
        json.field("from_s", fromSeconds, decimals: 3)
        json.field("to_s", toSeconds, decimals: 3)
        json.array("speech") { json in for stretch in speech { json.object { stretch.write(to: &$0) } } }
        json.array("turns") { json in for turn in turns { json.object { turn.write(to: &$0) } } }
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        fromSeconds = try fields.number("from_s")
        toSeconds = try fields.number("to_s")
        speech = try fields.objects("speech").map { fields throws(UnreadableEvent) in try SpeechEnded(fields) }
        turns = try fields.objects("turns").map { fields throws(UnreadableEvent) in try Turn(fields) }
    }
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
