import ArgumentParser
import AttuneClient

/// Says what becomes of a cue.
struct CueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cue",
        abstract: "Say that a cue was seen, or put it off.",
        discussion: """
            ID is the number of a cue that is raised ('attune tail' shows them), or the name of a
            rule: then all its cues in the session are put off. 'raise' takes either back.
            """ + examples("attune cue acme-7 3 ack", "attune cue acme-7 monologue snooze 600"))

    enum Action: String, ExpressibleByArgument, CaseIterable {
        case ack, snooze, raise

        var state: String {
            switch self {
            case .ack: "acknowledged"
            case .snooze: "snoozed"
            case .raise: "raised"
            }
        }
    }

    @Argument(help: "The session.")
    var session: String

    @Argument(help: "Number of a raised cue, or name of a rule.")
    var id: String

    @Argument(help: "What becomes of it.")
    var action: Action

    @Argument(help: "For how long a cue is put off (default: 300).")
    var seconds: Double?

    @OptionGroup var sockets: SocketOptions

    func validate() throws {
        if action != .snooze, seconds != nil {
            throw ValidationError("SECONDS goes with snooze only; leave it out.")
        }
    }

    func run() async throws {
        do {
            try await sockets.control.setCue(
                session: session, cue: id, to: action.state,
                forSeconds: action == .snooze ? seconds ?? 300 : nil)
        } catch {
            throw fail(error)
        }
    }
}
