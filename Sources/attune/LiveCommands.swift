import ArgumentParser
import AttuneClient
import ControlAPI
import Foundation
import Schema

struct Attach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Attach a live source to a session.",
        discussion: """
            URL is anything FFmpeg opens, a path, an SDP file, rtp://ADDRESS:PORT for plain RTP
            (port 0 lets the system choose one; the answer names it), or audiosocket:UUID for a
            call that Asterisk will bring.
            """)

    @Argument(help: "The source.")
    var url: String

    @Option(help: "Name of the session; it is made if it does not exist.")
    var session: String

    @Option(help: ArgumentHelp("Who speaks in the source, mixed to one voice.", valueName: "NAME[:ROLE]"))
    var speaker: String?

    @Option(
        help: ArgumentHelp(
            "Who speaks on a track, or on a channel of the only track, from 0; repeat for several.",
            valueName: "N:NAME[:ROLE]"))
    var track: [String] = []

    @Option(
        help: ArgumentHelp(
            "Plain RTP: who speaks as the source SSRC (0x…, decimal, or * for all others); repeat for several.",
            valueName: "NAME[:ROLE]=SSRC"))
    var ssrc: [String] = []

    @Option(
        help: ArgumentHelp(
            "Plain RTP: who speaks as the source with this RTCP CNAME or NAME; repeat for several.",
            valueName: "NAME[:ROLE]=CNAME"))
    var cname: [String] = []

    @Option(help: ArgumentHelp("Whether the speakers agreed to be measured.", valueName: "granted|withheld"))
    var consent: String?

    @Option(
        name: [.long, .customLong("notice-id")], help: "Identifies the notice that the people in the call were given.")
    var notice: String?

    @Option(
        help: ArgumentHelp(
            "Plain RTP that is encrypted (SRTP): a file with the line 'SUITE inline:KEY'.", valueName: "FILE"))
    var cryptoFile: String?

    @Option(
        help: ArgumentHelp(
            "Which sessions keep their rhythm where the machine can't carry all; the session's first source decides.",
            valueName: "low|normal|high"))
    var priority: String?

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        let request = AttachRequest(
            url: absolute(url), session: session, tracks: try tracks(), consent: consent, noticeID: notice,
            crypto: try crypto(), priority: priority)
        do {
            let source = try await sockets.control.attach(request)
            try say("\(source.source) \(source.state) \(source.url)")
            if let note = source.note { warn(note) }
        } catch {
            throw fail(error)
        }
    }

    /// A file rather than an argument, which everybody on the machine could see.
    private func crypto() throws -> String? {
        guard let cryptoFile else { return nil }
        guard let text = try? String(contentsOfFile: cryptoFile, encoding: .utf8) else {
            throw ValidationError("--crypto-file '\(cryptoFile)' cannot be read; check that it exists.")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func tracks() throws -> [AttachRequest.Track] {
        let several =
            try track.map(numbered) + sources(ssrc, "--ssrc") { ($0, nil) }
            + sources(cname, "--cname") { (nil, $0) }
        guard (speaker == nil) != several.isEmpty else {
            throw ValidationError("Give either one --speaker, or one or more --track, --ssrc or --cname.")
        }
        guard let speaker else { return several }
        guard let name = SpeakerName(speaker) else {
            throw ValidationError("--speaker '\(speaker)' is not NAME or NAME:ROLE.")
        }
        return [AttachRequest.Track(track: nil, speaker: name.name, role: name.role)]
    }

    private func numbered(_ text: String) throws -> AttachRequest.Track {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let number = Int(parts[0]), let name = SpeakerName(parts[1]) else {
            throw ValidationError("--track '\(text)' is not N:NAME or N:NAME:ROLE.")
        }
        return AttachRequest.Track(track: number, speaker: name.name, role: name.role)
    }

    private func sources(
        _ texts: [String], _ option: String, _ selector: (String) -> (ssrc: String?, cname: String?)
    ) throws -> [AttachRequest.Track] {
        try texts.map { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let name = SpeakerName(parts[0]) else {
                throw ValidationError("\(option) '\(text)' is not NAME=… or NAME:ROLE=….")
            }
            let (ssrc, cname) = selector(String(parts[1]))
            return AttachRequest.Track(track: nil, ssrc: ssrc, cname: cname, speaker: name.name, role: name.role)
        }
    }

    /// The daemon has another working directory: paths that exist here go to it as absolute ones.
    private func absolute(_ url: String) -> String {
        FileManager.default.fileExists(atPath: url) ? URL(fileURLWithPath: url).path : url
    }
}

struct Detach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a session, or one of its sources, and print what became of it as JSON.",
        discussion: """
            Of a session its totals; of a source its last state, and the totals of the session as
            session_ended where it was the last one.
            """)

    @Argument(help: "The session.")
    var session: String

    @Argument(help: "One of its sources, such as source-3, as 'attune sessions' lists them.")
    var source: String?

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            let answer =
                if let source {
                    try await sockets.control.detach(session: session, source: source)
                } else {
                    try await sockets.control.detach(session: session)
                }
            try say(json: String(decoding: answer, as: UTF8.self))
        } catch {
            throw fail(error)
        }
    }
}

struct Source: AsyncParsableCommand {
    enum State: String, ExpressibleByArgument, CaseIterable {
        case hold, mute, pause, active
    }

    static let configuration = CommandConfiguration(
        abstract: "Say that a source is on hold, muted or paused, or that its media comes again.",
        discussion: """
            What does not come then is a gap for that reason, and neither silence nor loss. Nobody
            else in the session waits for it.
            """)

    @Argument(help: "The session.")
    var session: String

    @Argument(help: "The source, such as source-3, as 'attune sessions' lists them.")
    var source: String

    @Argument(help: "What it is now.")
    var state: State

    @Option(help: "Only this track, from 0.")
    var track: Int?

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            try await sockets.control.setState(session: session, source: source, to: state.rawValue, track: track)
        } catch {
            throw fail(error)
        }
    }
}

struct Consent: AsyncParsableCommand {
    enum Change: String, ExpressibleByArgument, CaseIterable {
        case withdraw, grant
    }

    static let configuration = CommandConfiguration(
        abstract: "Take back or give a speaker's consent, in the middle of a call.",
        discussion: "What was measured of the speaker before is forgotten in either case.")

    @Argument(help: "The session.")
    var session: String

    @Argument(help: "The speaker.")
    var speaker: String

    @Argument(help: "What changes.")
    var change: Change

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            try await sockets.control.setConsent(
                session: session, speaker: speaker, to: change == .grant ? "granted" : "withheld")
        } catch {
            throw fail(error)
        }
    }
}

struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List running sessions and their sources, or what is stored.")

    @Flag(help: "List the stored sessions instead, the newest first.")
    var stored = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            if stored {
                let sessions = try await sockets.control.stored()
                if json { return try show(json: sessions) }
                for session in sessions {
                    let speakers = session.speakers.joined(separator: ", ")
                    try say("\(session.id)  \(session.startedAt)  \(session.state)  \(session.session)  \(speakers)")
                }
                return
            }
            let sessions = try await sockets.control.sessions()
            if json { return try show(json: sessions) }
            for session in sessions {
                try say("\(session.session)  \(String(format: "%.0f", session.ageSeconds)) s")
                for source in session.sources {
                    let speakers = source.speakers.joined(separator: ", ")
                    let reason = source.reason.map { "  (\($0))" } ?? ""
                    try say("  \(source.source)  \(source.state)  \(source.url)  \(speakers)\(reason)")
                }
            }
        } catch {
            throw fail(error)
        }
    }

    private func show(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try say(json: String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Follow the event socket, one JSON object a line.")

    @Option(help: "Only this session.")
    var session: String?

    @Option(help: "Only events of this type; repeat for several.")
    var type: [String] = []

    @Flag(help: "Print short readable lines instead of JSON.")
    var pretty = false

    @Flag(help: "End after the session.ended event of --session.")
    var untilEnd = false

    @Flag(
        help: "Check every line against its JSON Schema and the policy profile; what is wrong goes to standard error.")
    var validate = false

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        var validator = EventValidator()
        var invalidLines = 0
        // The end of the session is wanted whatever the types.
        let end = EventKind.sessionEnded.rawValue
        let types = type.isEmpty || !untilEnd ? type : type + [end]
        do {
            for try await line in sockets.lines(of: session, types: types) {
                let isEnd = untilEnd && line.isEnd(of: session)
                if !isEnd || type.isEmpty || type.contains(end) {
                    if pretty { try say(line.summary) } else { try say(json: line.text) }
                    if validate, !isValid(line, &validator) { invalidLines += 1 }
                }
                if isEnd { break }
            }
            if invalidLines > 0 { throw Self.failure(invalidLines) }
        } catch {
            throw fail(error)
        }
    }
}

extension Tail {
    private static func failure(_ invalidLines: Int) -> ExitCode {
        fail("\(invalidLines) invalid lines; check that attune and the daemon have the same version", code: 65)
    }

    /// Says what is wrong with a line, if anything is.
    private func isValid(_ line: EventLine, _ validator: inout EventValidator) -> Bool {
        let violations = validator.violations(in: line.text)
        guard !violations.isEmpty else { return true }
        let name = line.type.map { "\($0) \(line.sequence.map(String.init) ?? "")" } ?? "a line"
        let text = violations.map(\.description).sorted().joined(separator: "; ")
        warn("invalid: \(name): \(text)")
        return false
    }
}

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the speakers of all sessions, live, in a terminal.")

    @Option(help: "Only this session.")
    var session: String?

    @Flag(help: "End after the session.ended event of --session.")
    var untilEnd = false

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        var table = LiveTable()
        let clock = ContinuousClock()
        var nextLatency = clock.now
        do {
            for try await line in sockets.lines(of: session) {
                if clock.now >= nextLatency {
                    table.latency = try? await sockets.control.health().latency
                    nextLatency = clock.now + .seconds(2)
                }
                if table.take(line) { try output(Array(table.redraw().utf8)) }
                if untilEnd, line.isEnd(of: session) { break }
            }
        } catch {
            throw fail(error)
        }
    }
}

extension EventLine {
    fileprivate func isEnd(of session: String?) -> Bool {
        if case .sessionEnded = event?.body { event?.session == session } else { false }
    }
}
