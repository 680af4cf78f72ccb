/// Version of the wire format; an incompatible change needs a new number.
public let wireVersion = 1

/// Something that happened, before the publisher gives it a sequence number and a wall-clock time.
public struct Event: Sendable {
    /// What happened.
    public var body: EventBody
    /// The session it concerns; nil for what concerns the daemon.
    public var session: String?
    /// The speaker it concerns, by name within the session.
    public var speaker: String?
    /// Media time in seconds since the start of the session.
    public var timeSeconds: Double?

    /// An event; `timeSeconds` is media time since the start of the session.
    public init(_ body: EventBody, session: String? = nil, speaker: String? = nil, timeSeconds: Double? = nil) {
        self.body = body
        self.session = session
        self.speaker = speaker
        self.timeSeconds = timeSeconds
    }
}

/// The payload of an event, one case per type on the wire.
public enum EventBody: Sendable {
    case hello(Hello)
    case snapshot(Snapshot)
    case sessionStarted(SessionStarted)
    case sessionEnded(SessionEnded)
    case sourceConnecting(SourceState)
    case sourceConnected(SourceState)
    case sourceStalled(SourceState)
    case sourceReconnecting(SourceState)
    case sourceEnded(SourceState)
    case gap(Gap)
    case speakerJoined(SpeakerJoined)
    case speakerLeft(SpeakerLeft)
    case consent(ConsentChange)
    case voiceFound(VoiceFound)
    case voicesCounted(VoicesCounted)
    case voiceMerged(VoiceMerged)
    case voiceNamed(VoiceNamed)
    case speechStarted(SpeechStarted)
    case speechEnded(SpeechEnded)
    case speechRevised(SpeechRevised)
    case turn(Turn)
    case overlap(Overlap)
    case overlapStarted(OverlapStarted)
    case video(VideoState)
    case facePoints(FacePoints)
    case tick(Tick)
    case words(WordSpan)
    case tracker(TrackerMet)
    case cueRaised(CueRaised)
    case cueChanged(CueChange)
    case cueCleared(CueCleared)
    case quality(QualityChange)
    case degraded(Degraded)
    case recovered(Recovered)
    case lagged(Lagged)
    case heartbeat(Heartbeat)
    case error(ErrorLine)

    func write(to json: inout JSONWriter) {
        switch self {
        case .hello(let payload): payload.write(to: &json)
        case .snapshot(let payload): payload.write(to: &json)
        case .sessionStarted(let payload): payload.write(to: &json)
        case .sessionEnded(let payload): payload.totals.writeFields(to: &json)
        case .sourceConnecting(let payload), .sourceConnected(let payload), .sourceStalled(let payload),
            .sourceReconnecting(let payload), .sourceEnded(let payload):
            payload.write(to: &json)
        case .gap(let payload): payload.write(to: &json)
        case .speakerJoined(let payload): payload.write(to: &json)
        case .speakerLeft(let payload): payload.write(to: &json)
        case .consent(let payload): payload.write(to: &json)
        case .voiceFound(let payload): payload.write(to: &json)
        case .voicesCounted(let payload): payload.write(to: &json)
        case .voiceMerged(let payload): payload.write(to: &json)
        case .voiceNamed(let payload): payload.write(to: &json)
        case .speechStarted(let payload): payload.write(to: &json)
        case .speechEnded(let payload): payload.write(to: &json)
        case .speechRevised(let payload): payload.write(to: &json)
        case .turn(let payload): payload.write(to: &json)
        case .overlap(let payload): payload.write(to: &json)
        case .overlapStarted(let payload): payload.write(to: &json)
        case .video(let payload): payload.write(to: &json)
        case .facePoints(let payload): payload.write(to: &json)
        case .tick(let payload): payload.write(to: &json)
        case .words(let payload): payload.write(to: &json)
        case .tracker(let payload): payload.write(to: &json)
        case .cueRaised(let payload): payload.write(to: &json)
        case .cueChanged(let payload): payload.write(to: &json)
        case .cueCleared(let payload): payload.write(to: &json)
        case .quality(let payload): payload.write(to: &json)
        case .degraded(let payload): payload.write(to: &json)
        case .recovered(let payload): payload.write(to: &json)
        case .lagged(let payload): payload.write(to: &json)
        case .heartbeat(let payload): payload.write(to: &json)
        case .error(let payload): payload.write(to: &json)
        }
    }
}

/// An event whose payload is encoded once for many lines that differ in their numbers.
public struct EncodableEvent: Sendable {
    private let event: Event
    private let payload: ArraySlice<UInt8>

    /// Encodes the payload of an event.
    public init(_ event: Event) {
        self.event = event
        payload = event.encoded(sequence: nil, at: "").payload
    }

    /// Its line, without the line feed.
    public func line(sequence: Int, at: String) -> [UInt8] {
        var json = JSONWriter(reserving: payload.count + 256)
        json.object { json in
            event.writeEnvelope(to: &json, sequence: sequence, at: at)
            json.fields(encoded: payload)
        }
        return json.bytes
    }
}

/// An event as it goes out.
public struct EncodedEvent: Sendable {
    /// One line of NDJSON, without the line feed.
    public let line: [UInt8]
    /// The fields of its payload in that line, each with a comma before it.
    public let payload: ArraySlice<UInt8>
}

extension Event {
    /// The members that come before the payload, as `encoded` writes them.
    static let envelopeFields = ["v", "type", "seq", "session", "speaker", "t", "at"]

    /// The event as one line of NDJSON.
    ///
    /// - Parameters:
    ///   - sequence: number of the event in this epoch of the daemon; nil where it has none, off the event socket.
    ///   - at: RFC 3339 UTC time with milliseconds.
    public func encoded(sequence: Int?, at: String) -> EncodedEvent {
        var json = JSONWriter()
        var payloadStart = 0
        json.object { json in
            writeEnvelope(to: &json, sequence: sequence, at: at)
            payloadStart = json.bytes.count
            body.write(to: &json)
        }
        return EncodedEvent(line: json.bytes, payload: json.bytes[payloadStart...].dropLast())
    }

    fileprivate func writeEnvelope(to json: inout JSONWriter, sequence: Int?, at: String) {
        json.field("v", wireVersion)
        json.field("type", body.typeName)
        if let sequence { json.field("seq", sequence) }
        json.field("session", session)
        json.field("speaker", speaker)
        if let timeSeconds { json.field("t", timeSeconds, decimals: 3) }
        json.field("at", at)
    }

    /// Its line alone, without the line feed.
    public func line(sequence: Int, at: String) -> [UInt8] { encoded(sequence: sequence, at: at).line }
}
