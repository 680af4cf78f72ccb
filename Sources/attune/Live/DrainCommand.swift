import ArgumentParser
import AttuneClient
import ControlAPI

struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the daemon take no new calls, and end once those that run have ended.",
        discussion: """
            A call is over when it was detached, or when no media has come for 30 s. More sources for calls that run are \
            taken until then. The command waits until the daemon has ended; what is declared in the configuration, and \
            what ran when the time was over, is attached again by the next start.
            """ + examples("attune drain", "attune drain --timeout 600", "attune drain --no-wait"))

    @Option(help: ArgumentHelp("End after so many seconds, whatever runs then.", valueName: "SECONDS"))
    var timeout: Int?

    @Flag(help: "Do not wait for the end.")
    var noWait = false

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            let count = try await sockets.control.drain(timeoutSeconds: timeout).sessions
            try say(count == 1 ? "1 call runs" : "\(count) calls run")
        } catch {
            throw fail(error)
        }
        while !noWait {
            do {
                _ = try await sockets.control.health()
            } catch ClientError.daemonNotReachable {
                return
            } catch {
                // It was closed in the middle of the answer.
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
