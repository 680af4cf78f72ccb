import ArgumentParser
import Decode
import Foundation
import Settings

struct ConfigCommand: ParsableCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable {
        case show
    }

    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the configuration that a daemon would have, and where each value comes from.",
        discussion: """
            Every key with its value as YAML, which is a configuration file itself, and behind it the line of the file, \
            the variable of the environment (ATTUNE_STORE_PATH for store.path), or 'default'. Passwords in URLs are not \
            shown. The environment is that of this command. What a daemon that runs has not taken over yet, POST \
            /v1/reload says.
            """ + examples("attune config show", "attune config show --config attune.yaml"))

    @Argument(help: "What to do.")
    var action: Action

    @Option(
        help: ArgumentHelp(
            "Configuration file (default: /etc/attune/attune.yaml where it exists).", valueName: "FILE"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    private static let installed = "/etc/attune/attune.yaml"

    func run() throws {
        let file = config ?? (FileManager.default.fileExists(atPath: Self.installed) ? Self.installed : nil)
        let settings: [ShownSetting]
        do throws(SettingsError) {
            settings = try Settings.shown(file: file, environment: ProcessInfo.processInfo.environment)
        } catch {
            for line in error.lines.dropLast() { warn(line) }
            throw fail(error.lines.last ?? "\(error)", code: 78)
        }
        var section: Substring?
        for setting in settings {
            let own = setting.path.prefix { $0 != "." }
            if own != section { try say("\(own):") }
            section = own
            for (index, line) in setting.yaml.enumerated() {
                let origin = index == 0 ? "  # \(setting.origin?.description ?? "default")" : ""
                try say("  " + Self.withoutSecrets(line) + origin)
            }
        }
    }

    /// The line with every URL as it may be shown.
    static func withoutSecrets(_ line: String) -> String {
        line.replacing(#/[a-zA-Z][a-zA-Z0-9+.\-]*://[^\s"',}\]]+/#) { redactedLocation(String($0.output)) }
    }
}
