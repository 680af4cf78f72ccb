import ArgumentParser
import Foundation
import Gateway
import Settings

/// Runs a gateway of a fleet.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Serve overlays with the sessions of a whole fleet, from its bus.",
        discussion: """
            Any number of gateways may run, behind any balancer. The configuration names the bus
            (bus.url), the address for browsers (sockets.http) and the file of tokens
            (sockets.http_tokens); the same file serves all of them. See docs/fleet.md.
            """ + examples("attune gateway --config /etc/attune/gateway.yaml"))

    @Option(
        help: ArgumentHelp("Configuration file.", valueName: "FILE"), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    func run() async throws {
        let settings = try fleetSettings(config)
        do {
            try await runGateway(settings)
        } catch let error as GatewayError {
            throw fail(error.message, code: error.exitCode)
        }
    }
}

/// The settings of a command of the fleet.
func fleetSettings(_ file: String?) throws -> Settings {
    do throws(SettingsError) {
        let environment = ProcessInfo.processInfo.environment
        return if let file {
            try Settings(file: file, environment: environment)
        } else {
            try Settings(environment: environment)
        }
    } catch {
        for line in error.lines.dropLast() { warn(line) }
        throw fail(error.lines.last ?? "\(error)", code: 78)
    }
}
