import ArgumentParser
import Events
import Foundation
import Testing

@testable import attune

/// What the command says of itself.
@Suite struct HelpTests {
    private static let commands = Attune.configuration.subcommands

    /// The words after `attune` of each example in a help text.
    private func examples(in help: String) -> [[String]] {
        let lines = help.split(separator: "EXAMPLES:\n", maxSplits: 1).last ?? ""
        let text = lines.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
            .joined(separator: "\n").replacing("\\\n", with: "")
        return text.split(separator: "\n").compactMap { line in
            // What other programs of a pipeline are given is theirs.
            let part = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                .first { $0.hasPrefix("attune ") }
            let words = part?.split(separator: " ").map { $0.trimmingCharacters(in: ["'"]) }
            return words.map { Array($0.dropFirst().prefix { $0 != ">" }) }
        }
    }

    @Test func everyCommandHasExamplesThatItUnderstands() throws {
        var count = 0
        for command in Self.commands {
            let examples = examples(in: Attune.helpMessage(for: command, columns: 80))
            #expect(!examples.isEmpty, "\(command)")
            for words in examples {
                let parsed = try Attune.parseAsRoot(words)
                #expect(type(of: parsed) == command, "\(words)")
                count += 1
            }
        }
        #expect(count > 20)
        #expect(!examples(in: Attune.helpMessage()).isEmpty)
    }

    @Test(arguments: [
        ("tial", "did you mean 'attune tail'?"), ("anaylse", "did you mean 'attune analyze'?"),
        ("frobnicate", "'attune --help' lists all"), ("", "'attune --help' lists all"),
    ])
    func aWordThatIsNoCommandIsAnsweredWithTheNearest(word: String, answer: String) {
        #expect(Attune.remark(onCommand: word)?.contains(answer) == true)
    }

    @Test func commandsAndOptionsAreNotRemarkedOn() {
        for command in Self.commands { #expect(Attune.remark(onCommand: command._commandName) == nil) }
        for word in ["help", "--help", "-h", "--version"] { #expect(Attune.remark(onCommand: word) == nil) }
    }
}
