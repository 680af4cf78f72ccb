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

    func run() async throws {
        let settings: Settings
        do throws(SettingsError) {
            settings = try config.map { path throws(SettingsError) in try Settings(file: path) } ?? Settings()
        } catch {
            throw fail("\(error)", code: 78)
        }
        do {
            if checkConfig {
                try checkDaemon(settings)
                print(printable("\(config ?? "built-in defaults"): ok"))
                return
            }
            try await runDaemon(settings, file: config)
        } catch let error as DaemonError {
            throw fail(error.message, code: error.exitCode)
        } catch {
            throw fail("\(error)", code: 70)
        }
    }

    private func fail(_ message: String, code: Int32) -> ExitCode {
        FileHandle.standardError.write(Data("attuned: \(printable(message))\n".utf8))
        return ExitCode(code)
    }
}
