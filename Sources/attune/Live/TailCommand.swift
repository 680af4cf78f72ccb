import ArgumentParser
import AttuneClient
import Kit
import Schema

struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow the event socket, one JSON object a line.",
        discussion: "Exits with 69 where the daemon ends before what was waited for."
            + examples(
                "attune tail --pretty",
                "attune tail --session acme-7 --type tick | jq .engagement.score",
                "attune tail --session acme-7 --until-end > call.ndjson"))

    @Option(help: ArgumentHelp("Only this session.", valueName: "SESSION"))
    var session: String?

    @Option(
        help: ArgumentHelp("Only events of this type; repeat for several.", valueName: "TYPE"),
        completion: .list(EventKind.filterable.map(\.rawValue)))
    var type: [String] = []

    @Flag(help: "Print short readable lines instead of JSON.")
    var pretty = false

    @Flag(help: "End after the session.ended event of --session.")
    var untilEnd = false

    @Flag(
        name: .customLong("validate"),
        help: "Check every line against its JSON Schema and the policy profile; what is wrong goes to standard error.")
    var validatesLines = false

    @OptionGroup var sockets: SocketOptions

    func validate() throws {
        try requireSession(session, untilEnd: untilEnd)
        let known = EventKind.filterable.map(\.rawValue)
        guard let stranger = type.first(where: { !known.contains($0) }) else { return }
        let meant =
            nearestName(to: stranger, among: known).map { "did you mean '\($0)'?" }
            ?? "use one of \(known.joined(separator: ", "))"
        throw ValidationError("There is no type of event '\(stranger)'; \(meant)")
    }

    func run() async throws {
        var validator = EventValidator()
        var invalidLines = 0
        // The end of the session is wanted whatever the types.
        let end = EventKind.sessionEnded.rawValue
        let types = type.isEmpty || !untilEnd ? type : type + [end]
        endWithTheReader()
        do {
            var isOver = false
            for try await line in sockets.lines(of: session, types: types) {
                isOver = untilEnd && line.isEnd(of: session)
                if !isOver || type.isEmpty || type.contains(end) {
                    if pretty { try say(line.summary) } else { try say(json: line.text) }
                    if validatesLines, !isValid(line, &validator) { invalidLines += 1 }
                }
                if isOver { break }
            }
            if invalidLines > 0 { throw Self.failure(invalidLines) }
            if !isOver { throw sockets.daemonIsGone }
        } catch {
            throw fail(error)
        }
    }

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

/// Without a session it would never end.
func requireSession(_ session: String?, untilEnd: Bool) throws {
    guard untilEnd, session == nil else { return }
    throw ValidationError("--until-end waits for the end of a session; name it with --session.")
}

extension EventLine {
    /// Whether it tells the end of this session.
    func isEnd(of session: String?) -> Bool {
        if case .sessionEnded = event?.body { event?.session == session } else { false }
    }
}
