import ArgumentParser
import ControlAPI
import Gateway
import Settings

/// Says where a call is to go.
struct PlaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place",
        abstract: "Register a call with a fleet, and print the address of the node that takes it.",
        discussion: """
            The answer is the same for a session as long as its node is there. POST /v1/places of a gateway says the
            same. Where the node has no address (bus.node_url), its name is printed.
            """ + examples("attune place acme-7 --config /etc/attune/attune.yaml"))

    @Argument(help: "Name of the session.")
    var session: String

    @Option(
        help: ArgumentHelp("Configuration file, which names the bus.", valueName: "FILE"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    func run() async throws {
        do {
            let placed = try await registerCall(session, fleetSettings(config).bus)
            try say(placed.url ?? placed.node)
        } catch let error as GatewayError {
            throw fail(error.message, code: error.exitCode)
        }
    }
}
