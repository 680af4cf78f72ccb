import Events
import Foundation
import Glibc
import Kit
import Logging
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// What was decided on consent can be shown, for as long as it is kept, and nothing else is in it.
@Suite struct ConsentLedgerTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("attune-ledger-\(UInt32.random(in: 0 ... .max))").path
    private var path: String { folder + "/consent.ndjson" }
    private let log = LogMemory()

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false) }

    private func ledger(days: Int = 9, notices: String = "", at milliseconds: Int64 = 1_800_000_000_000)
        -> ConsentLedger
    {
        var settings = Settings.Ledger()
        settings.retentionDays = days
        settings.noticesDirectory = folder + notices
        let log = log
        return ConsentLedger(path: path, settings, Logger(label: "test") { _ in log }, now: { milliseconds })
    }

    private func lines() throws -> [ConsentLedger.Line] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(ConsentLedger.Line.self, from: Data($0.utf8))
        }
    }

    private static func events(session: String = "s") -> [Event] {
        [
            Event(.sessionStarted(SessionStarted(noticeID: "n-1", policy: "eu-work")), session: session),
            Event(
                .speakerJoined(SpeakerJoined(role: "rep", consent: .granted, lanes: .words)), session: session,
                speaker: "anna"),
            Event(.heartbeat(Heartbeat(sessions: 1, subscribers: 0))),
            Event(.gap(Gap(fromSeconds: 0, toSeconds: 1, why: .loss)), session: session),
            Event(
                .consent(ConsentChange(state: .withheld, previous: .granted, lanes: [], previousLanes: .words)),
                session: session, speaker: "anna"),
        ]
    }

    @Test func everyDecisionIsKeptWithItsNotice() async throws {
        try "You are measured.".write(toFile: folder + "/n-1.md", atomically: true, encoding: .utf8)
        let ledger = ledger()
        for event in Self.events() { ledger.take(event, arrivedNanoseconds: nil) }
        ledger.finish()
        await ledger.write()
        let lines = try lines()
        #expect(lines.map(\.how) == ["declared", "changed"] && lines.map(\.consent) == ["granted", "withheld"])
        #expect(lines.map(\.lanes) == [["voice", "words"], []] && lines.allSatisfy { $0.speaker == "anna" })
        #expect(lines.allSatisfy { $0.noticeID == "n-1" && $0.policy == "eu-work" && $0.session == "s" })
        #expect(lines.allSatisfy { $0.noticeSHA256 == sha256(Array("You are measured.".utf8)) })
        #expect(lines.allSatisfy { $0.at == "2027-01-15T08:00:00.000Z" }, "\(lines)")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func whatIsTooOldIsDeletedAtTheStart() async throws {
        for (days, session) in [(0, "old"), (5, "new")] {
            let ledger = ledger(days: 36_500, at: 1_800_000_000_000 + Int64(days) * 86_400_000)
            for event in Self.events(session: session) { ledger.take(event, arrivedNanoseconds: nil) }
            ledger.finish()
            await ledger.write()
        }
        #expect(try lines().count == 4)
        _ = ledger(days: 9, at: 1_800_000_000_000 + 10 * 86_400_000)
        #expect(try Set(lines().map(\.session)) == ["new"])
    }

    @Test func aLedgerThatCannotBeWrittenIsToldOnceAndCounted() async throws {
        try FileManager.default.removeItem(atPath: folder)
        let ledger = ledger()
        for event in Self.events() { ledger.take(event, arrivedNanoseconds: nil) }
        ledger.finish()
        await ledger.write()
        #expect(ledger.lost == 2 && log.text.count { $0.contains("can't be written") } == 1, "\(log.text)")
    }

    /// What a full disk or a loss of power has cut off spoils no line but its own.
    @Test func aLineThatWasCutOffSpoilsNoOther() async throws {
        let cut = #"{"at":"2027-01-15T08:00:00Z","cons"#
        try cut.write(toFile: path, atomically: true, encoding: .utf8)
        let ledger = ledger()
        for event in Self.events() { ledger.take(event, arrivedNanoseconds: nil) }
        ledger.finish()
        await ledger.write()
        let written = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(written.count == 3 && written[0] == cut, "\(written)")
        for line in written.dropFirst() {
            _ = try JSONDecoder().decode(ConsentLedger.Line.self, from: Data(line.utf8))
        }
    }

    /// A name of a notice is no path.
    @Test(arguments: ["../n-1", ".n-1"]) func aNoticeIsLookedForInItsFolder(id: String) async throws {
        try FileManager.default.createDirectory(atPath: folder + "/notices", withIntermediateDirectories: true)
        for name in ["/n-1.md", "/notices/.n-1.md"] {
            try "x".write(toFile: folder + name, atomically: true, encoding: .utf8)
        }
        let ledger = ledger(notices: "/notices")
        ledger.take(
            Event(.sessionStarted(SessionStarted(noticeID: id, policy: "self")), session: "s"), arrivedNanoseconds: nil)
        ledger.take(Self.events()[1], arrivedNanoseconds: nil)
        ledger.finish()
        await ledger.write()
        #expect(try lines().map(\.noticeSHA256) == [nil])
    }
}
