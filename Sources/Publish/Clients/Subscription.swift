import Events

/// What a client wants to receive; everything until it says otherwise.
struct Subscription: Sendable, Hashable {
    /// Names to let through; empty lets everything through, and so does an event without such a name.
    var sessions: Set<String> = []
    var speakers: Set<String> = []
    var types: Set<EventKind> = []
    /// At most one tick of a speaker per interval of this many seconds of media time.
    var tickIntervalSeconds: Double?
    /// The members of ticks that are sent; nil for all.
    var fields: TickFields?

    /// Whether an event passes the filters.
    ///
    /// It depends on the event alone, never on what the client got before: what was lost can be counted.
    func wants(_ record: EventRecord) -> Bool {
        guard selects(record) else { return false }
        guard record.isCoalescible, let interval = tickIntervalSeconds, let time = record.timeSeconds,
            let previous = record.previousTickSeconds
        else { return true }
        return Self.bucket(time, interval) != Self.bucket(previous, interval)
    }

    /// Whether an event passes the filters but for the interval between ticks.
    func selects(_ record: EventRecord) -> Bool {
        concerns(record.key) && (types.isEmpty || types.contains(record.kind))
    }

    /// Whether somebody is among those to be told of.
    func concerns(_ key: SpeakerKey) -> Bool {
        if let session = key.session, !sessions.isEmpty, !sessions.contains(session) { return false }
        if let speaker = key.speaker, !speakers.isEmpty, !speakers.contains(speaker) { return false }
        return true
    }

    /// Whether it asks for contours of faces: only by their name.
    var seeksPoints: Bool { types.contains(.facePoints) }

    /// Whether a newer tick of the same speaker that passes the filters is on its way.
    func isSuperseded(_ record: EventRecord, by newest: TickMark?) -> Bool {
        guard let newest, newest.sequence > record.sequence else { return false }
        guard let interval = tickIntervalSeconds, let time = record.timeSeconds,
            let newer = newest.timeSeconds
        else {
            return true
        }
        return Self.bucket(newer, interval) > Self.bucket(time, interval)
    }

    /// The part of a snapshot that concerns the client.
    func filter(_ snapshot: [Snapshot.Session]) -> [Snapshot.Session] {
        guard !sessions.isEmpty || !speakers.isEmpty else { return snapshot }
        return snapshot.filter { sessions.isEmpty || sessions.contains($0.id) }.map { session in
            var session = session
            if !speakers.isEmpty { session.speakers.removeAll { !speakers.contains($0.name) } }
            return session
        }
    }

    /// The types of these names; refuses names that are none a client can ask for.
    static func types(named names: Set<String>) throws(ErrorLine) -> Set<EventKind> {
        let types = EventKind.filterable.filter { names.contains($0.rawValue) }
        guard types.count == names.count else {
            let known = EventKind.filterable.map(\.rawValue).sorted().joined(separator: ", ")
            throw ErrorLine(
                code: "invalid_subscribe", message: "'types' has a name that is none of: \(known)")
        }
        return Set(types)
    }

    /// The members of ticks of these names; nil, which is all of them, for none.
    static func fields(named names: Set<String>) throws(ErrorLine) -> TickFields? {
        guard !names.isEmpty else { return nil }
        guard names.count <= maxFields else {
            throw ErrorLine(
                code: "invalid_subscribe",
                message: "'fields' may have \(maxFields) names; ask for a whole object, such as engagement")
        }
        do throws(UnknownTickField) { return try TickFields(names) } catch {
            throw ErrorLine(
                code: "invalid_subscribe",
                message: "'fields' has '\(error.name)', which is none of: "
                    + TickFields.known.joined(separator: ", ") + " (NAME: a window such as 30s, or session)")
        }
    }

    private static let maxFields = 64

    /// Refuses intervals out of range.
    func check() throws(ErrorLine) {
        let range = ClientCommand.tickIntervals
        guard tickIntervalSeconds.map(range.contains) ?? true else {
            throw ErrorLine(
                code: "invalid_subscribe",
                message: "'tick_interval_s' must be a number of seconds from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
    }

    private static func bucket(_ seconds: Double, _ interval: Double) -> Double {
        (seconds / interval).rounded(.down)
    }
}

/// A line of a client, understood.
enum ClientCommand: Equatable {
    case subscribe(Subscription)
    case resume(epoch: String, sequence: Int)
}

extension ErrorLine: Error {}

extension ErrorLine {
    static func tooManyClients(_ limit: Int) -> ErrorLine {
        ErrorLine(
            code: "too_many_clients", message: "\(limit) clients are connected; close one or raise the limit")
    }
}

extension ClientCommand {
    /// Shortest and longest interval between ticks, seconds of media time.
    static let tickIntervals = 0.1...3600.0
    /// Numbers up to this one are exact in JSON.
    private static let maxSequence = 9_007_199_254_740_992.0

    private static let usage = #"send {"subscribe":{"types":["tick"]}} or {"resume":{"epoch":"…","seq":0}}"#

    /// Reads a line without its line feed.
    ///
    /// - Throws: the error line to answer with.
    init(line: [UInt8]) throws(ErrorLine) {
        guard String(validating: line, as: UTF8.self) != nil else {
            throw ErrorLine(code: "invalid_utf8", message: "the line is no valid UTF-8; \(Self.usage)")
        }
        let value: JSONValue
        do {
            value = try JSONReader.parse(line)
        } catch {
            throw ErrorLine(
                code: "invalid_json",
                message:
                    "the line is no JSON: expected \(error.expected) at byte \(error.offset); \(Self.usage)")
        }
        guard case .object(let members) = value, members.count == 1, let (name, argument) = members.first
        else {
            throw ErrorLine(
                code: "unknown_command", message: "a line must be an object with a single key; \(Self.usage)")
        }
        switch (name, argument) {
        case ("subscribe", .object(let fields)): self = .subscribe(try Self.subscription(fields))
        case ("resume", .object(let fields)): self = try Self.resume(fields)
        case ("subscribe", _), ("resume", _):
            throw ErrorLine(code: "invalid_\(name)", message: "'\(name)' must be an object; \(Self.usage)")
        default: throw ErrorLine(code: "unknown_command", message: "there is no such command; \(Self.usage)")
        }
    }

    private static func subscription(_ fields: [String: JSONValue]) throws(ErrorLine) -> Subscription {
        func invalid(_ problem: String) -> ErrorLine {
            ErrorLine(code: "invalid_subscribe", message: problem)
        }
        var subscription = Subscription()
        for (name, value) in fields {
            switch name {
            case "sessions": subscription.sessions = try names(value, name)
            case "speakers": subscription.speakers = try names(value, name)
            case "types": subscription.types = try Subscription.types(named: try names(value, name))
            case "fields": subscription.fields = try Subscription.fields(named: try names(value, name))
            case "tick_interval_s":
                // What is no number is as far out of range as can be.
                if case .number(let seconds) = value {
                    subscription.tickIntervalSeconds = seconds
                } else {
                    subscription.tickIntervalSeconds = .nan
                }
                try subscription.check()
            default:
                throw invalid("'subscribe' takes sessions, speakers, types, fields and tick_interval_s, nothing else")
            }
        }
        return subscription
    }

    private static func names(_ value: JSONValue, _ field: String) throws(ErrorLine) -> Set<String> {
        guard case .array(let elements) = value else {
            throw ErrorLine(code: "invalid_subscribe", message: "'\(field)' must be an array of texts")
        }
        var names: Set<String> = []
        for element in elements {
            guard case .string(let name) = element else {
                throw ErrorLine(code: "invalid_subscribe", message: "'\(field)' must hold texts only")
            }
            names.insert(name)
        }
        return names
    }

    private static func resume(_ fields: [String: JSONValue]) throws(ErrorLine) -> ClientCommand {
        guard fields.count == 2, case .string(let epoch) = fields["epoch"],
            case .number(let number) = fields["seq"],
            (0...maxSequence).contains(number), let sequence = Int(exactly: number)
        else {
            throw ErrorLine(
                code: "invalid_resume",
                message:
                    "'resume' takes 'epoch' (the text of the hello line) and 'seq' (the last number that was "
                    + "received, a whole number from 0), nothing else")
        }
        return .resume(epoch: epoch, sequence: sequence)
    }
}
