import ArgumentParser
import AttuneClient
import ControlAPI

/// Prints the address that a browser is given.
struct OverlayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overlay",
        abstract: "Print the address of the page for browsers, with a token that ends.",
        discussion: """
            Paste it into OBS (Sources, Browser), a browser or a frame. The daemon must serve
            browsers (sockets.http). The token lies in its memory only and is gone with it.
            """)

    @Argument(help: "The only session to show; without it, all of them.")
    var session: String?

    @Option(name: .customLong("ttl-h"), help: ArgumentHelp("Hours for which it holds.", valueName: "N"))
    var hours = 24.0

    @Flag(help: "Let the page also change consent, names, roles and holds, and hand over captions.")
    var write = false

    @OptionGroup var sockets: SocketOptions

    func validate() throws {
        guard hours > 0, hours <= 720 else {
            throw ValidationError("--ttl-h must be above 0 and at most 720 hours.")
        }
    }

    func run() async throws {
        let request = TokenRequest(
            session: session, ttlSeconds: max(1, Int((hours * 3_600).rounded())), write: write)
        do {
            try say(try await sockets.control.issueToken(request).url)
        } catch {
            throw fail(error)
        }
    }
}
