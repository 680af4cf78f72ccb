import Events

/// What is asked of the history.
public struct HistoryQuery: Sendable, Equatable {
    /// The session.
    public var session: String
    /// Nothing older than this, seconds of media time.
    public var sinceSeconds: Double
    /// Paths of the values; none for all that are kept.
    public var fields: [String]
    /// Speakers; empty for all.
    public var speakers: Set<String>

    /// A query.
    public init(session: String, sinceSeconds: Double = 300, fields: [String] = [], speakers: Set<String> = []) {
        self.session = session
        self.sinceSeconds = sinceSeconds
        self.fields = fields
        self.speakers = speakers
    }

    private static let maxFields = 32

    /// Refuses what there is not.
    func check() throws(ErrorLine) {
        guard (1...TickHistory.seconds).contains(sinceSeconds) else {
            throw ErrorLine(
                code: "invalid_request", message: "'since_s' must be seconds from 1 to \(Int(TickHistory.seconds))")
        }
        guard fields.count <= Self.maxFields else {
            throw ErrorLine(code: "invalid_request", message: "'fields' may have \(Self.maxFields) names; ask twice")
        }
        for field in fields where HistoryColumns.shape(of: field) == nil {
            throw ErrorLine(
                code: "invalid_request",
                message: "'fields' has '\(field)', which is none of: "
                    + HistoryColumns.known.joined(separator: ", ") + " (NAME: a window such as 30s, or session)")
        }
    }
}

/// Thinned ticks of running sessions, for pages that are loaded anew: of each speaker one point a second for ten
/// minutes, then one in ten seconds for four hours.
///
/// It is bounded in bytes over all sessions: where there is no more room, those who have the most points lose their
/// oldest. What was measured of a speaker goes as soon as it goes from the ring; all of a session goes with its end.
struct TickHistory: Sendable {
    /// Nothing is kept for longer, seconds of media time.
    static let seconds = 14_400.0

    private struct Session: Sendable {
        var presentSeconds = 0.0
        var speakers: [String: HistorySeries] = [:]
    }

    private var sessions: [String: Session] = [:]
    private let maxBytes: Int
    /// Bytes that are kept.
    private(set) var bytes = 0
    /// Points that had to go before their time.
    private(set) var droppedPoints = 0

    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// Takes in the next event.
    mutating func take(_ event: Event) {
        guard maxBytes > 0, let id = event.session else { return }
        switch event.body {
        case .sessionStarted:
            remove(id)
            sessions[id] = Session()
        case .sessionEnded: return remove(id)
        default: break
        }
        guard let time = event.timeSeconds, let present = sessions[id]?.presentSeconds else { return }
        if time > present { sessions[id]?.presentSeconds = time }
        if case .tick(let tick) = event.body, let speaker = event.speaker { add(tick, time, id, speaker) }
    }

    private mutating func add(_ tick: Tick, _ time: Double, _ id: String, _ speaker: String) {
        if sessions[id]?.speakers[speaker] == nil { bytes += HistorySeries.emptyBytes }
        bytes += sessions[id]?.speakers[speaker, default: HistorySeries(tick)].append(tick, atSeconds: time) ?? 0
        if bytes > maxBytes { makeRoom() }
    }

    /// Everybody keeps an equal share, who has less keeps it all.
    private mutating func makeRoom() {
        let count = sessions.values.reduce(0) { $0 + $1.speakers.count }
        // Some room at once, so that this is rare.
        let share = maxBytes / 16 * 15 / max(1, count)
        // Lists of their own, so that what is changed is not what is gone through, and nothing is copied.
        for id in Array(sessions.keys) {
            for speaker in Array(sessions[id]?.speakers.keys ?? [:].keys) {
                guard let dropped = sessions[id]?.speakers[speaker]?.shorten(toBytes: share) else { continue }
                bytes -= dropped.bytes
                droppedPoints += dropped.points
            }
        }
    }

    /// Takes back what was measured of a speaker.
    mutating func withdraw(_ key: SpeakerKey) {
        guard let id = key.session, let speaker = key.speaker else { return }
        bytes -= sessions[id]?.speakers.removeValue(forKey: speaker)?.bytes ?? 0
    }

    /// Takes back what was measured of all speakers of a name.
    mutating func forget(_ speaker: String) {
        for id in Array(sessions.keys) { withdraw(SpeakerKey(session: id, speaker: speaker)) }
    }

    private mutating func remove(_ id: String) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        bytes -= session.speakers.values.reduce(0) { $0 + $1.bytes }
    }

    /// What is asked for; nil where there is no such session.
    func part(_ query: HistoryQuery, sequence: Int) -> HistoryPart? {
        guard let session = sessions[query.session] else { return nil }
        let speakers = session.speakers.filter { query.speakers.isEmpty || query.speakers.contains($0.key) }
        return HistoryPart(sequence: sequence, presentSeconds: session.presentSeconds, speakers: speakers)
    }
}

/// A part of the history as it was after an event.
struct HistoryPart: Sendable {
    let sequence: Int
    let presentSeconds: Double
    let speakers: [String: HistorySeries]

    /// The answer to a query.
    func json(_ query: HistoryQuery, epoch: String) -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 16)
        // Without a wish the fields of all windows that any of them has.
        let fields = query.fields.isEmpty ? Set(speakers.values.flatMap(\.fields)).sorted() : query.fields
        json.object { json in
            json.field("session", query.session)
            json.field("epoch", epoch)
            json.field("seq", sequence)
            json.field("present_s", presentSeconds, decimals: 3)
            json.array("fields") { json in
                for field in fields { json.string(field) }
            }
            json.array("speakers") { json in
                for (name, series) in speakers.sorted(by: { $0.key < $1.key }) {
                    json.object { json in
                        json.field("speaker", name)
                        json.array("points") { json in
                            series.write(fields, sinceSeconds: presentSeconds - query.sinceSeconds, to: &json)
                        }
                    }
                }
            }
        }
        return json.bytes
    }
}
