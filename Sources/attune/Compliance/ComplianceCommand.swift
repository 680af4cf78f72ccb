import ArgumentParser
import AttuneClient
import ControlAPI
import Foundation
import Settings

struct Compliance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the papers that the people measured, and who answers for it, are owed.",
        discussion: """
            From the configuration: a notice in plain words (notice.en.md, .de, .es, .fr), what is computed of whom, where it \
            goes and how long it is kept (processing.md), a draft of an impact assessment (dpia.md), and the measured figures \
            of the model card (model-card.md). Where decisions on consent are kept, they are written as consent.csv. What \
            the configuration can't know stands in brackets. No legal advice.
            """
                + examples(
                    "attune compliance --output papers", "attune compliance --config attune.yaml notice.de.md"))

    @Argument(help: "The paper to print (default: all of them into --output, or their names).")
    var paper: String?

    @Option(
        help: ArgumentHelp(
            "Configuration file (default: /etc/attune/attune.yaml where it exists).", valueName: "FILE"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(help: ArgumentHelp("Folder that gets all papers; it is made.", valueName: "DIR"), completion: .directory)
    var output: String?

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        let file = config ?? (FileManager.default.fileExists(atPath: Self.installed) ? Self.installed : nil)
        let environment = ProcessInfo.processInfo.environment
        let settings: Settings
        do throws(SettingsError) {
            settings =
                if let file { try Settings(file: file, environment: environment) } else {
                    try Settings(environment: environment)
                }
        } catch {
            throw fail("\(error)", code: 78)
        }
        await compare(settings)
        var papers = CompliancePapers(facts: try ComplianceFacts(settings), version: attuneVersion).files
        if let ledger = settings.ledger.path, FileManager.default.fileExists(atPath: ledger) {
            papers.append(("consent.csv", try ConsentTable.csv(ledger)))
        }
        if let paper {
            guard let text = papers.first(where: { $0.name == paper })?.text else {
                throw fail(
                    "there is no paper '\(paper)'; there are \(papers.map(\.name).joined(separator: ", "))", code: 64)
            }
            return try Self.output(text)
        }
        guard let output else {
            for paper in papers { try say(paper.name) }
            return
        }
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        } catch {
            throw fail("cannot make the folder \(output); name one that can be written to", code: 73)
        }
        for paper in papers { try write(paper.text, to: output + "/" + paper.name) }
    }

    private static let installed = "/etc/attune/attune.yaml"

    private static func output(_ text: String) throws {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { try say(String(line)) }
    }

    /// Says where a daemon that runs does other than the papers say.
    private func compare(_ settings: Settings) async {
        guard let running = try? await sockets.control.policy() else { return }
        let days = settings.store.path == nil ? nil : settings.store.retentionDays
        if running.profile != settings.policy.profile || running.noticeID != settings.policy.noticeID
            || running.retentionDays != days
        {
            warn("the daemon that runs has another profile, notice or retention than this configuration; restart it")
        }
    }
}
