/// A line of the event socket as a client reads it: the counterpart of `Event.line(sequence:at:)`.
public struct EventLine: Sendable {
    /// The line without its line feed.
    public let json: [UInt8]
    /// Its type, known to this version or not; nil in what is no line of the event socket.
    public let type: String?
    /// Number of the event in its epoch; in `hello`, `snapshot`, `lagged` and `error` that up to which this client has
    /// been told everything. Nil in what is no line of the event socket.
    public let sequence: Int?
    /// When it was published, RFC 3339 UTC with milliseconds.
    public let at: String?
    /// What the line says; nil where its type or one of its values is unknown to this version, or it is no event.
    public let event: Event?
    /// Why there is no event: what is wrong with which field; nil where there is one.
    public let refusal: String?

    /// Reads a line; whatever it holds.
    public init(_ json: [UInt8]) {
        self.json = json
        guard String(validating: json, as: UTF8.self) != nil, case .object(let members) = try? JSONReader.parse(json)
        else {
            (type, sequence, at, event, refusal) = (nil, nil, nil, nil, "it is no object of JSON")
            return
        }
        let fields = JSONFields(members)
        type = try? fields.text("type")
        sequence = try? fields.integer("seq")
        at = try? fields.text("at")
        do throws(UnreadableEvent) {
            event = try Event(fields)
            refusal = nil
        } catch {
            event = nil
            refusal = error.description
        }
    }

    /// The line as text.
    public var text: String { String(decoding: json, as: UTF8.self) }
}

extension Event {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        guard try fields.integer("v") == wireVersion else {
            throw UnreadableEvent(field: "v", expected: "\(wireVersion)")
        }
        self.init(
            try EventBody(fields), session: try fields.optionalText("session"),
            speaker: try fields.optionalText("speaker"), timeSeconds: try fields.optionalNumber("t"))
    }
}

extension EventBody {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        guard let kind = EventKind(rawValue: try fields.text("type")) else {
            throw UnreadableEvent(field: "type", expected: "a known type")
        }
        self =
            switch kind {
            case .hello: .hello(try Hello(fields))
            case .snapshot: .snapshot(try Snapshot(fields))
            case .sessionStarted: .sessionStarted(try SessionStarted(fields))
            case .sessionEnded: .sessionEnded(SessionEnded(totals: try SessionTotals(fields)))
            case .sourceConnecting: .sourceConnecting(try SourceState(fields))
            case .sourceConnected: .sourceConnected(try SourceState(fields))
            case .sourceStalled: .sourceStalled(try SourceState(fields))
            case .sourceReconnecting: .sourceReconnecting(try SourceState(fields))
            case .sourceEnded: .sourceEnded(try SourceState(fields))
            case .gap: .gap(try Gap(fields))
            case .speakerJoined: .speakerJoined(try SpeakerJoined(fields))
            case .speakerLeft: .speakerLeft(SpeakerLeft(reason: try fields.text("reason")))
            case .consent: .consent(try ConsentChange(fields))
            case .voiceFound: .voiceFound(try VoiceFound(fields))
            case .voicesCounted: .voicesCounted(try VoicesCounted(fields))
            case .voiceMerged: .voiceMerged(try VoiceMerged(fields))
            case .voiceNamed: .voiceNamed(try VoiceNamed(fields))
            case .speechStarted: .speechStarted(SpeechStarted(startSeconds: try fields.number("start_s")))
            case .speechEnded: .speechEnded(try SpeechEnded(fields))
            case .speechRevised: .speechRevised(try SpeechRevised(fields))
            case .turn: .turn(try Turn(fields))
            case .overlap: .overlap(try Overlap(fields))
            case .overlapStarted: .overlapStarted(try OverlapStarted(fields))
            case .video: .video(try VideoState(fields))
            case .facePoints: .facePoints(try FacePoints(fields))
            case .tick: .tick(try Tick(fields))
            case .words: .words(try WordSpan(fields))
            case .tracker: .tracker(try TrackerMet(fields))
            case .cueRaised: .cueRaised(try CueRaised(fields))
            case .cueChanged: .cueChanged(try CueChange(fields))
            case .cueCleared: .cueCleared(try CueCleared(fields))
            case .quality: .quality(try QualityChange(fields))
            case .degraded: .degraded(try Degraded(fields))
            case .recovered: .recovered(try Recovered(fields))
            case .lagged: .lagged(try Lagged(fields))
            case .heartbeat: .heartbeat(try Heartbeat(fields))
            case .error: .error(try ErrorLine(fields))
            }
    }
}
