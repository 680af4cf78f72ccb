import Conversation
import ControlAPI
import Events
import Foundation
import Testing

@testable import Settings
@testable import attune

/// The papers say what the configuration says.
@Suite struct ComplianceTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func papers(_ change: (inout Settings) -> Void = { _ in }) throws -> [String: String] {
        var settings = Settings()
        change(&settings)
        let papers = CompliancePapers(facts: try ComplianceFacts(settings), version: "VERSION")
        return Dictionary(uniqueKeysWithValues: papers.files.map { ($0.name, $0.text) })
    }

    /// Each profile with texts, and a store but for `self`; `ATTUNE_GOLDEN=1` writes the files anew, to be read.
    @Test(arguments: Policy.Profile.allCases)
    func everyProfileHasItsPapers(profile: Policy.Profile) throws {
        let papers = try papers {
            $0.policy.profile = profile.rawValue
            $0.conversation.wordTexts = .stored
            $0.store.path = profile == .ownVoice ? nil : "/var/lib/attune/attune.db"
        }
        let folder = Self.root.appendingPathComponent("Tests/golden/compliance/\(profile.rawValue)")
        for (name, text) in papers where name != "model-card.md" {
            let file = folder.appendingPathComponent(name)
            if ProcessInfo.processInfo.environment["ATTUNE_GOLDEN"] != nil {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
            #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(name) of \(profile.rawValue)")
        }
    }

    @Test func whatIsConfiguredIsSaid() throws {
        let plain = try papers()
        #expect(plain["notice.en.md"]?.contains("gone when the call is over") == true)
        #expect(plain["processing.md"]?.contains("not kept on disk") == true)
        #expect(plain["dpia.md"]?.contains("choose `eu-work`") == true)
        let stored = try papers {
            $0.store.path = "/s"
            $0.store.retentionDays = 17
        }
        for name in ["notice.en.md", "notice.de.md", "notice.es.md", "notice.fr.md", "processing.md", "dpia.md"] {
            #expect(stored[name]?.contains("17") == true && plain[name]?.contains("17") == false, "\(name)")
        }
        let quiet = try papers { $0.words.language = .off }
        #expect(quiet["notice.en.md"]?.contains("writes down") == false)
        #expect(quiet["processing.md"]?.contains("nothing is written down") == true)
        let open = try papers { $0.sockets.http = Settings.ListenAddress(host: "10.0.0.1", port: 8480) }
        #expect(open["processing.md"]?.contains("10.0.0.1:8480 | whoever has a token; other machines, by TLS") == true)
        #expect(plain["processing.md"]?.contains("token") == false)
        let fleet = try papers { $0.bus.address = Settings.Bus.Address(host: "10.0.0.2", port: 4222, isSecure: true) }
        #expect(fleet["processing.md"]?.contains("over the bus at 10.0.0.2:4222, by TLS | the fleet's nodes") == true)
        #expect(fleet["processing.md"]?.contains("events in the memory of the bus | 300 s") == true)
        #expect(fleet["notice.en.md"]?.contains("handed on to other computers") == true)
        for name in ["notice.de.md", "notice.es.md", "notice.fr.md"] { #expect(fleet[name] != plain[name], "\(name)") }
        #expect(plain["processing.md"]?.contains("the bus") == false)
        #expect(plain["notice.en.md"]?.contains("other computers") == false)
        let kept = try papers { $0.ledger.path = "/var/lib/attune/consent.ndjson" }
        #expect(kept["processing.md"]?.contains("(/var/lib/attune/consent.ndjson) | 1095 days") == true)
        #expect(plain["processing.md"]?.contains("decisions on consent") == false)
        let silent = try papers { $0.policy.noticeID = nil }
        #expect(silent["processing.md"]?.contains("without a notice of its own nobody") == true)
    }

    /// Texts are told of nobody of whom the policy lets none be told.
    @Test func thePapersFollowThePolicy() throws {
        for profile in Policy.Profile.allCases {
            let facts = try ComplianceFacts(
                {
                    var settings = Settings()
                    settings.policy.profile = profile.rawValue
                    return settings
                }())
            for roleClass in Policy(profile).classes {
                let who =
                    roleClass.roles?.joined(separator: ", ")
                    ?? (Policy(profile).classes.count > 1 ? "all others" : "everybody")
                let row = CompliancePapers(facts: facts, version: "").processing.split(separator: "\n")
                    .first { $0.hasPrefix("| \(who) |") }
                let cells = try #require(row).split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                #expect((cells[4] == "yes") == roleClass.permissions.sentiment, "\(profile) \(who)")
                #expect((cells[2] == "yes") == roleClass.permissions.measured, "\(profile) \(who)")
            }
        }
    }

    @Test func theLedgerIsATable() {
        let line =
            #"{"at":"t","session":"=1+1","speaker":"An, \"na\"","how":"declared","consent":"granted","lanes":["voice","words"]}"#
        let table = ConsentTable.csv(of: line + "\nnonsense\n").split(separator: "\n")
        #expect(table.count == 2 && table.first?.hasPrefix("at,session,speaker,role,how,consent,lanes,") == true)
        #expect(table.last == #"t,'=1+1,"An, ""na""",,declared,granted,voice words,,,"#, "\(table)")
    }

    @Test func theFiguresAreThoseOfTheModelCard() throws {
        let card = try String(contentsOf: Self.root.appendingPathComponent("docs/model-card.md"), encoding: .utf8)
        #expect(modelCardFigures.count == 7)
        for figure in modelCardFigures {
            #expect(card.contains(figure.markdown) && figure.markdown.contains("|"), "\(figure.title)")
        }
        #expect(try papers()["model-card.md"]?.contains(modelCardFigures[0].markdown) == true)
    }
}
