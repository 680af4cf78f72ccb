import ArgumentParser
import AttuneClient
import ControlAPI

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the speakers of all sessions, live, in a terminal.",
        discussion: examples("attune top", "attune top --session acme-7 --until-end"))

    @Option(help: ArgumentHelp("Only this session.", valueName: "SESSION"))
    var session: String?

    @Flag(help: "End after the session.ended event of --session.")
    var untilEnd = false

    @OptionGroup var sockets: SocketOptions

    func validate() throws { try requireSession(session, untilEnd: untilEnd) }

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
                if untilEnd, line.isEnd(of: session) { return }
            }
            throw sockets.daemonIsGone
        } catch {
            throw fail(error)
        }
    }
}
