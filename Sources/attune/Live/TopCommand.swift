import ArgumentParser
import AttuneClient
import Foundation

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the speakers of all sessions, live, in a terminal.",
        discussion: """
            Keys: q quits, arrows select, o changes the order, / filters, space pauses, s shows the sources, ? says more. \
            Without a terminal a line is printed per tick and event. NO_COLOR turns colours off.
            """
                + examples("attune top", "attune top --session acme-7 --until-end"))

    @Option(help: ArgumentHelp("Only this session.", valueName: "SESSION"))
    var session: String?

    @Flag(help: "End after the session.ended event of --session.")
    var untilEnd = false

    @OptionGroup var sockets: SocketOptions

    func validate() throws { try requireSession(session, untilEnd: untilEnd) }

    func run() async throws {
        guard isatty(STDOUT_FILENO) == 1 else { return try await printLines() }
        let board = TopBoard()
        let feed = Task { await follow(board) }
        let latency = Task { try await measure(board) }
        let outcome = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: TopLoop(board: board).run()) }
        }
        feed.cancel()
        latency.cancel()
        switch outcome {
        case .quit, .ended(.sessionOver): return
        case .signalled(let number): throw ExitCode(128 + number)
        case .ended(.daemonGone): throw sockets.daemonIsGone
        case .ended(.failed(let error)): throw fail(error)
        case .noScreen: try await printLines()
        }
    }

    private func follow(_ board: TopBoard) async {
        do {
            for try await line in sockets.lines(of: session) {
                board.take(line)
                if untilEnd, line.isEnd(of: session) { return board.end(.sessionOver) }
            }
            board.end(.daemonGone)
        } catch {
            board.end(.failed(error))
        }
    }

    private func measure(_ board: TopBoard) async throws {
        while true {
            if let health = try? await sockets.control.health() { board.take(health.latency) }
            try await Task.sleep(for: .seconds(2))
        }
    }

    /// What there is to see, a line each, for whoever is no terminal.
    private func printLines() async throws {
        endWithTheReader()
        do {
            for try await line in sockets.lines(of: session) {
                if line.event == nil || line.event?.isNotable == true || line.type == EventKind.tick.rawValue {
                    try say(line.summary)
                }
                if untilEnd, line.isEnd(of: session) { return }
            }
            throw sockets.daemonIsGone
        } catch {
            throw fail(error)
        }
    }
}
