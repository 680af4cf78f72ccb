import ArgumentParser
import ControlAPI
import Foundation
import Kit

/// The command that people type.
@main
struct Attune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attune",
        abstract: "Attaches live media to attuned, follows its events, and analyses recordings.",
        discussion: examples(
            "attune attach rtp://127.0.0.1:5004 --session acme-7 --speaker anna:rep \\",
            "    --consent granted",
            "attune top",
            "attune analyze anna.flac ben.flac --report call.html"),
        version: attuneVersion,
        subcommands: [
            Attach.self, Expect.self, Detach.self, Source.self, Consent.self, NameCommand.self, CaptionCommand.self,
            CueCommand.self, Sessions.self, Drain.self,
            Tail.self,
            Top.self,
            OverlayCommand.self, Demo.self, Report.self, Export.self, Forget.self, Analyze.self, Transcribe.self,
            Features.self, Segments.self, Voices.self, Watch.self,
            GatewayCommand.self, PlaceCommand.self,
            AuditCommand.self, Compliance.self, ConfigCommand.self, Doctor.self,
        ])

    static func main() async {
        // Whoever reads the output may go away in the middle of it: that is an error of `write`, and no signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            let word = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
            if let word, let remark = remark(onCommand: word) { throw fail(remark, code: 64) }
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// What to say of a first word that is no command; nil where it is one, or an option.
    static func remark(onCommand word: String) -> String? {
        let names = configuration.subcommands.compactMap { $0._commandName } + ["help"]
        guard !word.hasPrefix("-"), !names.contains(word) else { return nil }
        let meant = nearestName(to: word, among: names).map { "did you mean 'attune \($0)'? " } ?? ""
        return "there is no command '\(word)'; \(meant)'attune --help' lists all"
    }

    /// Ends the command with what the error stands for. Help, the version and scripts go to standard output as
    /// they are; what is wrong with the arguments is one line that names the page on the command.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        guard code != .success, !(error is ExitCode) else { exit(withError: error) }
        // The parser's own text has the usage and a pointer to the help behind its first line.
        let help = fullMessage(for: error).firstMatch(of: /See '([^']+)'/).map { "; see '\($0.1)'" } ?? ""
        let text = message(for: error).split(separator: "\n").first.map(String.init) ?? "\(error)"
        let clause = text.hasSuffix(".") ? String(text.dropLast()) : text
        exit(withError: fail(clause.prefix(1).lowercased() + clause.dropFirst() + help, code: code.rawValue))
    }
}

/// The examples of a command, for its help; lines that end with a backslash go on.
func examples(_ lines: String...) -> String {
    "\n\nEXAMPLES:\n" + lines.map { "  " + $0 }.joined(separator: "\n")
}
