import Events
import Foundation
import GRDB
import Testing

@testable import Store
@testable import attune

/// What goes into the file and comes out again.
@Suite struct StoreTests {
    @Test func aSessionIsReadBack() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["ben", "anna"])
        store.join("call", "shy", .withheld)
        for second in 1...3 {
            for speaker in ["ben", "anna", "shy"] { store.tick("call", speaker, second: second) }
        }
        let turn = Turn(startSeconds: 1, endSeconds: 2, ftoMilliseconds: 300, previousSpeaker: "ben")
        store.record(Event(.turn(turn), session: "call", speaker: "anna", timeSeconds: 2))
        store.record(
            Event(
                .speechEnded(SpeechEnded(startSeconds: 1, endSeconds: 2)), session: "call", speaker: "anna",
                timeSeconds: 2))
        let cue = CueRaised(
            id: 1, cue: "monologue", severity: "info", metric: "monologue_s", value: 91, limit: 90, windowSeconds: nil)
        store.record(Event(.cueRaised(cue), session: "call", speaker: "ben", timeSeconds: 3))
        store.end("call", ["ben", "anna"])

        let session = try #require(try await store.sessions().first)
        #expect(session.name == "call" && session.state == "ended" && session.noticeID == "notice-7")
        #expect(session.speakers == ["ben", "anna"])
        #expect(session.id.count == 16 && session.id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        #expect(session.startedMilliseconds == 1_767_225_600_000)

        let report = try #require(try await store.object(session.id))
        let totals = try #require(report["totals"] as? [String: Any])
        #expect(totals["duration_s"] as? Double == 90 && totals["speaker_changes"] as? Int == 11)
        let speakers = try #require(totals["speakers"] as? [String: [String: Any]])
        #expect(speakers.keys.sorted() == ["anna", "ben"])
        #expect(speakers["ben"]?["speech_s"] as? Double == 48.25)
        let events = try #require(report["events"] as? [[String: Any]])
        #expect(events.count { $0["type"] as? String == "tick" } == 6)
        let first = try #require(events.first { $0["type"] as? String == "tick" })
        #expect((first["engagement"] as? [String: Any])?["score"] as? Double == 61.5 && first["t"] as? Double == 1)
        let stored = try #require(events.first { $0["type"] as? String == "turn" })
        #expect(stored["fto_ms"] as? Int == 300 && stored["previous_speaker"] == nil)
        #expect(events.contains { $0["type"] as? String == "cue.raised" && $0["speaker"] as? String == "ben" })
        #expect(try folder.occurrences(of: "shy") == 0)
        #expect(store.status == Store.Status())
        #expect(try await store.report(session: "nothing") == nil)
    }

    @Test func nobodyButTheOwnerCanReadTheFiles() async throws {
        let folder = try TemporaryFolder()
        _ = FileManager.default.createFile(atPath: folder.file, contents: nil, attributes: [.posixPermissions: 0o644])
        let store = try Store(folder)
        store.begin("call", ["ben"])
        try await store.settle()
        let isSecure = try await store.database.read { try Int.fetchOne($0, sql: "PRAGMA secure_delete") }
        #expect(isSecure == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.sorted() == ["attune.db", "attune.db-wal"])
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
        }
    }

    @Test func aSessionWithoutAStoredSpeakerLeavesNothing() async throws {
        let store = try Store(TemporaryFolder())
        store.begin("call", [])
        store.join("call", "shy", .withheld)
        #expect(try await store.sessions().count == 1)
        store.end("call", ["shy"], consent: .withheld)
        #expect(try await store.sessions().isEmpty)
    }

    @Test func aSessionWhoseDaemonDiedStaysReadable() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["ben", "anna"])
        for second in 1...20 { store.tick("call", "ben", second: second) }
        try await store.settle()
        // The files as they are on disk now are what a crash leaves behind.
        let crashed = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.copyItem(atPath: folder.path + "/" + name, toPath: crashed.path + "/" + name)
        }
        let again = try Store(crashed)
        let session = try #require(try await again.sessions().first)
        #expect(session.state == "interrupted")
        let totals = try #require(try await again.object(session.id)?["totals"] as? [String: Any])
        #expect(totals["duration_s"] as? Double == 20 && totals["speaker_changes"] as? Int == 2)
        let speakers = try #require(totals["speakers"] as? [String: [String: Any]])
        #expect(speakers["ben"]?["talk_ratio"] as? Double == 0.625 && speakers["ben"]?["role"] as? String == "rep")
        #expect((speakers["ben"]?["engagement"] as? [String: Any])?["score"] as? Double == 61.5)
        #expect(speakers["anna"] == nil, "nothing was measured of her")
    }

    @Test func aReportIsMadeOfIt() async throws {
        let store = try Store(TemporaryFolder())
        store.begin("call", ["ben", "anna"])
        for second in 1...60 { store.tick("call", "ben", second: second) }
        store.tick("call", "anna", second: 60)
        let speech = SpeechEnded(startSeconds: 1, endSeconds: 2)
        store.record(Event(.speechEnded(speech), session: "call", speaker: "ben", timeSeconds: 2))
        let id = try #require(try await store.sessions().first?.id)
        func report() async throws -> StoredReport {
            let json = try #require(try await store.report(session: id))
            return try #require(StoredReport(json: json))
        }
        let running = try await report()
        #expect(running.totals.speakers.map(\.name) == ["ben", "anna"])
        #expect(running.totals.speakers.first?.metrics?.talkRatio == 0.625)
        guard case .scored(let score) = running.totals.speakers.first?.engagement else {
            Issue.record("no score")
            return
        }
        #expect(score.score == 61.5 && score.low == 50 && score.contributions.first?.points == 50)
        // The curve has a point for each tick, and the lane of the speaker a bar for the IPU.
        let html = try running.html
        let curve = try #require(html.split(separator: #"<path class="line c0" d=""#).dropFirst().first)
        #expect(curve.prefix { $0 != "\"" }.split(separator: "L").count == 60)
        #expect(html.contains(#"<path class="speech c0" d="M1 0h1v20h-1z"/>"#))

        store.end("call", ["ben", "anna"])
        let ended = try await report()
        #expect(ended.text.contains("ended") && ended.text.contains("call: 90.0 s, 11 speaker changes, overlap 5.0 %"))
        #expect(ended.text.contains("ben (rep): talk \u{2013} (48.2 s)"), "\(ended.text)")
    }

    @Test func ticksOfALongSessionAreThinnedOut() async throws {
        let store = try Store(TemporaryFolder())
        store.begin("call", ["ben"])
        for second in 1...2_500 { store.tick("call", "ben", second: second) }
        store.end("call", ["ben"])
        let id = try #require(try await store.sessions().first?.id)
        let events = try #require(try await store.object(id)?["events"] as? [[String: Any]])
        let times = events.compactMap { $0["t"] as? Int }
        #expect(times.count == 834 && times.last == 2_500)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 3 })
    }

    @Test func whatIsTooOldIsDeleted() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let store = try Store(folder, retentionDays: 7, clock: clock)
        store.begin("old", ["ben"])
        for second in 1...50 { store.tick("old", "ben", second: second, f0Hz: 4_321.5) }
        store.end("old", ["ben"])
        store.begin("long", ["ben"])
        store.tick("long", "ben", second: 1)
        try await store.settle()
        clock.advance(days: 6)
        store.begin("new", ["anna"])
        store.tick("new", "anna", second: 1)
        store.end("new", ["anna"])
        try await store.expire()
        #expect(try await store.sessions().map(\.name) == ["new", "long", "old"])
        clock.advance(days: 2)
        try await store.expire()
        #expect(try await store.sessions().map(\.name) == ["new", "long"], "what still runs is kept")
        #expect(try folder.occurrences(of: "4321.5") == 0)
    }

    @Test func whatDoesNotFitIsDroppedAndCounted() {
        var queue = RecordingQueue(limit: 8)
        func take(_ body: EventBody, _ speaker: String? = nil) -> Bool {
            queue.take(Event(body, session: "call", speaker: speaker), atMilliseconds: 0)
        }
        _ = take(.sessionStarted(SessionStarted(noticeID: "n", policy: "standard")))
        _ = take(.speakerJoined(SpeakerJoined(role: nil, consent: .granted)), "ben")
        #expect((1...10).map { _ in take(.tick(.sample(f0Hz: 1)), "ben") }.firstIndex(of: true) == 1, "half full")
        #expect(queue.jobs.count == 8 && queue.dropped == 4)
        _ = take(.speakerJoined(SpeakerJoined(role: nil, consent: .granted)), "late")
        #expect(queue.dropped == 5)
        // A withdrawal always finds room, and takes what waits with it.
        #expect(take(.consent(ConsentChange(state: .withheld, previous: .granted)), "ben"))
        #expect(queue.jobs.count == 2 && queue.dropped == 5)
        guard case .forget(let speaker) = queue.jobs.last else {
            Issue.record("the last job is \(String(describing: queue.jobs.last))")
            return
        }
        #expect(speaker.name == "ben")
        _ = take(.tick(.sample(f0Hz: 1)), "late")
        #expect(queue.jobs.count == 2, "who was not taken in is not stored")
    }

    @Test func aFullDiskCostsLinesAndNothingElse() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["ben", "anna"])
        store.tick("call", "ben", second: 1, f0Hz: 4_321.5)
        try await store.settle()
        try await store.database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA max_page_count = 1")
        }
        for second in 1...100 { store.tick("call", "anna", second: second) }
        let error = await #expect(throws: StoreError.self) { try await store.settle() }
        #expect(error?.description.contains("free some space") == true, "\(String(describing: error))")
        #expect(store.status.dropped == 100 && store.status.failures == 1 && store.status.isFailing)

        store.end("call", ["ben", "anna"])
        try await store.database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA max_page_count = 1000000")
        }
        try await store.settle()
        #expect(try await store.sessions().first?.state == "ended")
        #expect(store.status.dropped == 100 && !store.status.isFailing, "it says that it has recovered")
    }
}
