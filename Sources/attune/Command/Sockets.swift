import ArgumentParser
import AttuneClient
import Foundation

/// Where the daemon's sockets are.
struct SocketOptions: ParsableArguments {
    @Option(
        name: .customLong("runtime-dir"),
        help: ArgumentHelp(
            "Directory of the daemon's sockets (default: $ATTUNE_RUNTIME_DIR, else /run/attune).", valueName: "DIR"),
        completion: .directory)
    var runtimeDirectory: String?

    private var directory: String {
        runtimeDirectory ?? ProcessInfo.processInfo.environment["ATTUNE_RUNTIME_DIR"] ?? "/run/attune"
    }

    var control: ControlClient { ControlClient(path: directory + "/control.sock") }

    /// The lines of the event socket until the daemon ends.
    func lines(of session: String? = nil, types: [String] = []) -> some AsyncSequence<EventLine, any Error> {
        let filter = EventFilter(sessions: Set([session].compactMap(\.self)), types: Set(types))
        return EventStream(path: directory + "/events.sock", filter: filter, reconnects: false).compactMap { element in
            if case .line(let line) = element { line } else { nil }
        }
    }

    /// What the end of the lines means to who wanted more of them.
    var daemonIsGone: ExitCode { fail("the daemon has closed the connection; has attuned ended?", code: 69) }
}
