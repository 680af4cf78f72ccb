import ArgumentParser
import ControlAPI
import Daemon
import Foundation
import Kit
import Settings

/// The daemon's command line.
@main
struct Attuned: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attuned",
        abstract: "Measures live conversations and publishes what it finds on a Unix socket.",
        discussion: """

            EXAMPLES:
              attuned --config /etc/attune/attune.yaml
              attuned --config attune.yaml --check-config
            """,
        version: attuneVersion)

    @Option(
        help: ArgumentHelp(
            "Configuration file; without it the built-in defaults hold (config/attune.yaml spells them out).",
            valueName: "FILE"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(help: "Validate the configuration and exit.")
    var checkConfig = false

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Ends the daemon with what the error stands for: help and the version go to standard output as they are; what is
    /// wrong with the arguments is one line that names the help.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        guard code != .success, !(error is ExitCode) else { exit(withError: error) }
        let text = message(for: error).split(separator: "\n").first.map(String.init) ?? "\(error)"
        let clause = text.hasSuffix(".") ? String(text.dropLast()) : text
        let line = clause.prefix(1).lowercased() + clause.dropFirst() + "; see 'attuned --help'"
        exit(withError: fail(line, code: code.rawValue))
    }

    func run() async throws {
        let settings: Settings
        do throws(SettingsError) {
            let environment = ProcessInfo.processInfo.environment
            settings =
                if let config {
                    try Settings(file: config, environment: environment)
                } else {
                    try Settings(environment: environment)
                }
        } catch {
            throw Self.fail(error.lines)
        }
        if checkConfig {
            let name = config ?? "built-in defaults"
            let faults = startFaults(settings)
            guard faults.isEmpty else { throw Self.fail(faults.map { "\(name): \($0)" }) }
            print(printable("\(name): ok"))
            return
        }
        do {
            try await runDaemon(settings, file: config)
        } catch let error as DaemonError {
            throw Self.fail(error.message, code: error.exitCode)
        } catch {
            throw Self.fail("\(error)", code: 70)
        }
    }

    /// Says everything that is wrong with the configuration, one line each.
    private static func fail(_ faults: [String]) -> ExitCode {
        for fault in faults { _ = fail(fault, code: 78) }
        return ExitCode(78)
    }

    private static func fail(_ message: String, code: Int32) -> ExitCode {
        FileHandle.standardError.write(Data("attuned: \(printable(message))\n".utf8))
        return ExitCode(code)
    }
}
