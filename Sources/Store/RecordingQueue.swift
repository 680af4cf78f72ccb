import Events

/// A speaker of a stored session.
struct StoredSpeaker: Sendable, Hashable {
    /// Id of the stored session.
    var session: String
    /// Name of the speaker in it.
    var name: String
}

/// One thing to be done to the file.
enum StoreJob: Sendable {
    case begin(session: String, name: String, SessionStarted, atMilliseconds: Int64)
    case join(StoredSpeaker, role: String?)
    case line(StoredLine)
    case finish(session: String, SessionTotals)
    case forget(StoredSpeaker)

    /// Id of the stored session.
    var session: String {
        switch self {
        case .begin(let session, _, _, _), .finish(let session, _): session
        case .join(let speaker, _), .forget(let speaker): speaker.session
        case .line(let line): line.speaker.session
        }
    }

    /// Whether it would write something of a speaker called `name`.
    func concerns(_ name: String) -> Bool {
        switch self {
        case .begin, .finish, .forget: false
        case .join(let speaker, _): speaker.name == name
        case .line(let line): line.speaker.name == name || line.other == name
        }
    }
}

/// An event on its way into the file.
struct StoredLine: Sendable {
    var speaker: StoredSpeaker
    /// Name of the other speaker whose behaviour it tells too.
    var other: String?
    var event: Event
    /// Number within the stored session.
    var sequence: Int
    /// Wall clock, milliseconds since 1970.
    var atMilliseconds: Int64
}

/// Decides what of the events is stored and keeps it until it is written: a speaker's values only between that
/// speaker's consent and its withdrawal.
///
/// At most `limit` jobs are taken; what comes on top is dropped and counted. Only the end of a session and the
/// deletion of a speaker are always taken: there is at most one for each beginning that was.
struct RecordingQueue: Sendable {
    private struct Recording {
        var id: String
        /// Roles of all who ever joined, by their names.
        var roles: [String: String?] = [:]
        /// Speakers whose values are stored.
        var recorded: Set<String> = []
        /// Speakers who were deleted by name: not stored, whatever they join as, until they consent anew.
        var forgotten: Set<String> = []
        var lines = 0
    }

    let limit: Int
    private(set) var jobs: [StoreJob] = []
    /// Lines, speakers and sessions that were not stored for want of room or because of a failure.
    private(set) var dropped = 0
    /// Running stored sessions by their names.
    private var recordings: [String: Recording] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes in an event.
    ///
    /// - Returns: whether the queue should be written now rather than with the next batch.
    mutating func take(_ event: Event, atMilliseconds: Int64) -> Bool {
        guard let name = event.session else { return false }
        switch event.body {
        case .sessionStarted(let started):
            let id = Self.makeID()
            if add(.begin(session: id, name: name, started, atMilliseconds: atMilliseconds)) {
                recordings[name] = Recording(id: id)
            }
        case .sessionEnded(let ended):
            guard let recording = recordings.removeValue(forKey: name) else { return false }
            var totals = ended.totals
            totals.speakers.removeAll { $0.metrics == nil || !recording.recorded.contains($0.name) }
            jobs.append(.finish(session: recording.id, totals))
        case .speakerJoined(let joined):
            guard let speaker = event.speaker else { return false }
            recordings[name]?.roles.updateValue(joined.role, forKey: speaker)
            return setConsent(of: speaker, in: name, to: joined.consent)
        case .consent(let change):
            guard let speaker = event.speaker else { return false }
            // Nothing but a request leads there from `withheld`, and what was measured before is gone then.
            if change.state == .granted, change.previous == .withheld {
                recordings[name]?.forgotten.remove(speaker)
            }
            guard change.state == .granted, change.takesBack else {
                return setConsent(of: speaker, in: name, to: change.state)
            }
            // What the lane brought is in lines that tell of the voice too.
            let hadLines = setConsent(of: speaker, in: name, to: .withheld)
            return setConsent(of: speaker, in: name, to: .granted) || hadLines
        default:
            guard event.body.kind.traits.contains(.stored) else { return false }
            // What may still change is not kept.
            if case .words(let span) = event.body, !span.isFinal { return false }
            addLine(Self.storable(event), in: name, atMilliseconds: atMilliseconds)
        }
        return jobs.count == limit / 2
    }

    /// The event as it is stored: texts only where that was asked for.
    private static func storable(_ event: Event) -> Event {
        guard case .words(var span) = event.body, !span.mayStoreText else { return event }
        (span.text, span.times) = (nil, nil)
        var event = event
        event.body = .words(span)
        return event
    }

    /// Hands over everything that waits.
    mutating func takeJobs() -> [StoreJob] {
        defer { jobs = [] }
        return jobs
    }

    /// Takes back what could not be written, but for the lines, which are lost.
    mutating func putBack(_ failed: [StoreJob]) {
        let kept = failed.filter { if case .line = $0 { false } else { true } }
        dropped += failed.count - kept.count
        jobs.insert(contentsOf: kept, at: 0)
    }

    /// Stops storing a session and drops what waits of it.
    ///
    /// - Returns: whether there was anything.
    mutating func forget(session id: String) -> Bool {
        let recording = recordings.first { $0.value.id == id }?.key
        if let recording { recordings[recording] = nil }
        let waiting = jobs.count
        jobs.removeAll { $0.session == id }
        return recording != nil || jobs.count < waiting
    }

    /// Stops storing a speaker in all sessions, until a new consent, and drops what waits.
    mutating func forget(speaker name: String) {
        for (session, recording) in recordings where recording.roles[name] != nil {
            recordings[session]?.recorded.remove(name)
            recordings[session]?.forgotten.insert(name)
        }
        jobs.removeAll { $0.concerns(name) }
    }

    private mutating func setConsent(of speaker: String, in name: String, to state: ConsentState) -> Bool {
        guard let recording = recordings[name] else { return false }
        let stored = StoredSpeaker(session: recording.id, name: speaker)
        if state == .granted {
            guard !recording.forgotten.contains(speaker) else { return false }
            if add(.join(stored, role: recording.roles[speaker] ?? nil)) { recordings[name]?.recorded.insert(speaker) }
            return false
        }
        guard recordings[name]?.recorded.remove(speaker) != nil else { return false }
        jobs.removeAll { $0.session == stored.session && $0.concerns(speaker) }
        jobs.append(.forget(stored))
        return true
    }

    private mutating func addLine(_ event: Event, in name: String, atMilliseconds: Int64) {
        guard let recording = recordings[name], let speaker = event.speaker,
            recording.recorded.contains(speaker)
        else { return }
        var line = StoredLine(
            speaker: StoredSpeaker(session: recording.id, name: speaker), event: event,
            sequence: recording.lines + 1, atMilliseconds: atMilliseconds)
        switch event.body {
        case .overlap(let overlap):
            guard recording.recorded.contains(overlap.holder) else { return }
            line.other = overlap.holder
        case .turn(var turn):
            // Every line can then be deleted with the speakers it names, and no turn is lost by that.
            turn.previousSpeaker = nil
            line.event.body = .turn(turn)
        default: break
        }
        if add(.line(line)) { recordings[name]?.lines += 1 }
    }

    private mutating func add(_ job: StoreJob) -> Bool {
        guard jobs.count < limit else {
            dropped += 1
            return false
        }
        jobs.append(job)
        return true
    }

    /// 80 random bits in the base32 alphabet of RFC 4648, lower-case.
    private static func makeID() -> String {
        var random = SystemRandomNumberGenerator()
        return String((0..<16).map { _ in "abcdefghijklmnopqrstuvwxyz234567".randomElement(using: &random) ?? "a" })
    }
}
