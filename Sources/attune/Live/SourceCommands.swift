import ArgumentParser
import AttuneClient
import ControlAPI
import Foundation

struct Detach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a session, or one of its sources, and print what became of it as JSON.",
        discussion: """
            Of a session its totals; of a source its last state, and the totals of the session as session_ended where \
            it was the last one.
            """ + examples("attune detach acme-7", "attune detach acme-7 source-3"))

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
            What does not come then is a gap for that reason, and neither silence nor loss. Nobody else in the session \
            waits for it.
            """ + examples("attune source acme-7 source-3 hold", "attune source acme-7 source-3 active"))

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
        discussion: "What was measured of the speaker before is forgotten in either case. 'grant' is for the voice "
            + "alone; --lane gives or takes back the words or the picture, and leaves the rest as it is."
            + examples(
                "attune consent acme-7 ben withdraw", "attune consent acme-7 ben grant",
                "attune consent acme-7 ben withdraw --lane words"))

    @Argument(help: "The session.")
    var session: String

    @Argument(help: "The speaker.")
    var speaker: String

    @Argument(help: "What changes.")
    var change: Change

    @Option(name: .customLong("lane"), help: "What alone it is about: words or face (repeatable).")
    var lanes: [String] = []

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            try await sockets.control.setConsent(
                session: session, speaker: speaker, to: change == .grant ? "granted" : "withheld",
                lanes: lanes.isEmpty ? nil : lanes)
        } catch {
            throw fail(error)
        }
    }
}

struct NameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "name",
        abstract: "Say what a speaker is called, and of a voice on a mixed track what that person agreed to.",
        discussion: "The speaker's name within the session stays. A voice is measured from --consent granted on; "
            + "withheld also forgets what it sounds like."
            + examples(
                "attune name acme-7 voice-1 \"Ana\" --consent granted", "attune name acme-7 ben --role customer"))

    @Argument(help: "The session.")
    var session: String

    @Argument(help: "The speaker, such as voice-1.")
    var speaker: String

    @Argument(help: "What to show instead.")
    var name: String?

    @Option(help: "Role in the conversation.")
    var role: String?

    @Option(
        help: ArgumentHelp("Whether that person agreed to be measured.", valueName: "granted|withheld"),
        completion: .list(["granted", "withheld"]))
    var consent: String?

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            try await sockets.control.describe(
                session: session, speaker: speaker, SpeakerRequest(name: name, role: role, consent: consent))
        } catch {
            throw fail(error)
        }
    }
}

struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List running sessions and their sources, or what is stored.",
        discussion: examples("attune sessions", "attune sessions --stored --json"))

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
