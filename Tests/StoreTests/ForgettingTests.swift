import Events
import Foundation
import GRDB
import Testing

@testable import Store

/// What is deleted leaves no byte in any of the files.
@Suite struct ForgettingTests {
    /// Three speakers with lines of all lengths in a disorder, so that the trees of the file are balanced time and
    /// again while one of them is deleted, and copies of lines are left behind in their gaps.
    private func fill(_ store: Store, _ session: String) async throws {
        store.begin(session, ["anna", "bengo", "carla"])
        var disorder: UInt32 = 1
        for line in 1...3_000 {
            disorder = disorder &* 1_664_525 &+ 1_013_904_223
            let (speaker, f0Hz) = [("anna", 1_111.5), ("bengo", 2_222.5), ("carla", 3_333.5)][Int(disorder >> 8) % 3]
            if disorder >> 30 == 0 {
                let speech = SpeechEnded(startSeconds: 1, endSeconds: 2)
                store.record(Event(.speechEnded(speech), session: session, speaker: speaker))
            } else {
                store.tick(session, speaker, second: line, f0Hz: f0Hz, windows: Int(disorder >> 16) % 4)
            }
            if line % 500 == 0 { try await store.settle() }
        }
        for holder in ["anna", "bengo"] {
            let overlap = Overlap(
                id: 1, revision: 0, kind: .interruption, startSeconds: 1, endSeconds: 2, sharedSeconds: 1,
                holder: holder)
            let turn = Turn(startSeconds: 1, endSeconds: 2, ftoMilliseconds: 3, previousSpeaker: holder)
            store.record(Event(.overlap(overlap), session: session, speaker: "carla"))
            store.record(Event(.turn(turn), session: session, speaker: "carla"))
        }
    }

    @Test func aWithdrawnConsentLeavesNoByte() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        try await fill(store, "call")
        try await store.settle()
        let carla = try await store.database.read { database in
            try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM event WHERE json LIKE '%3333.5%'")
        }
        #expect(try folder.occurrences(of: "1111.5") > 100)
        // One after the other: what the deletion of the first moved about is gone with the second.
        store.withdraw("call", "anna")
        store.tick("call", "anna", second: 3_001, f0Hz: 1_111.5)
        try await store.settle()
        #expect(try folder.occurrences(of: "1111.5") == 0)
        #expect(try folder.occurrences(of: "anna") == 0)
        #expect(try folder.occurrences(of: "2222.5") > 100)
        store.join("call", "bengo", .withheld)
        try await store.settle()
        #expect(try folder.occurrences(of: "2222.5") == 0)
        #expect(try folder.occurrences(of: "bengo") == 0)

        store.end("call", ["carla"])
        let session = try #require(try await store.sessions().first)
        #expect(session.speakers == ["carla"])
        let events = try #require(try await store.object(session.id)?["events"] as? [[String: Any]])
        #expect(events.contains { $0["type"] as? String == "tick" })
        #expect(events.count { $0["type"] as? String == "turn" } == 2, "her turns are still there")
        #expect(!events.contains { $0["type"] as? String == "overlap" })
        #expect(try folder.occurrences(of: "3333.5") == carla, "hers are all there, each once")
    }

    @Test func whatWaitsNeverReachesTheFile() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["anna", "carla"])
        try await store.settle()
        for second in 1...20 { store.tick("call", "anna", second: second, f0Hz: 1_111.5) }
        store.withdraw("call", "anna")
        // Whoever consents again is stored from then on.
        store.record(
            Event(.consent(ConsentChange(state: .granted, previous: .withheld)), session: "call", speaker: "anna"))
        store.tick("call", "anna", second: 21, f0Hz: 1_234.5)
        store.end("call", ["anna", "carla"])
        let session = try #require(try await store.sessions().first)
        #expect(session.speakers == ["anna"], "nothing was measured of the other")
        #expect(try folder.occurrences(of: "1111.5") == 0)
        #expect(try folder.occurrences(of: "1234.5") > 0)
    }

    @Test func aSessionIsForgotten() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        try await fill(store, "one")
        store.begin("two", ["dora"])
        let sessions = try await store.sessions()
        let one = try #require(sessions.first { $0.name == "one" })
        #expect(try await store.forget(session: one.id))
        #expect(try await !store.forget(session: one.id))
        // It still runs, but nothing of it is stored any more.
        store.tick("one", "anna", second: 500, f0Hz: 1_111.5)
        store.end("one", ["anna"])
        #expect(try await store.sessions().map(\.name) == ["two"])
        for text in ["1111.5", "2222.5", "3333.5", "anna", one.id] {
            #expect(try folder.occurrences(of: text) == 0, "\(text)")
        }
    }

    /// Names are values and no part of a statement.
    @Test(arguments: [
        "%", "_nna", "anna' OR '1'='1", "x'; DROP TABLE sessions; --", "\" OR \"\"=\"", "*", "?1",
    ])
    func aNameIsNoStatement(name: String) async throws {
        let store = try Store(TemporaryFolder())
        for (session, speaker) in [("one", "anna"), (name, name)] {
            store.begin(session, [speaker])
            store.tick(session, speaker, second: 1)
            store.end(session, [speaker])
        }
        #expect(try await !store.forget(session: name))
        let stored = try await store.sessions()
        #expect(stored.map(\.name) == [name, "one"] && stored.first?.speakers == [name])
        #expect(try await store.forget(speaker: name) == 1)
        #expect(try await store.sessions().map(\.name) == ["one"])
        #expect(try await store.forget(speaker: "anna") == 1)
    }

    @Test func aSpeakerIsForgottenEverywhere() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        try await fill(store, "one")
        store.end("one", ["anna", "bengo", "carla"])
        store.begin("two", ["anna"])
        store.tick("two", "anna", second: 1)
        store.end("two", ["anna"])
        store.begin("three", ["anna", "carla"])
        store.tick("three", "carla", second: 1)
        #expect(try await store.forget(speaker: "anna") == 3)
        #expect(try await store.forget(speaker: "anna") == 0)
        store.tick("three", "anna", second: 1, f0Hz: 1_111.5)
        store.end("three", ["anna", "carla"])
        let sessions = try await store.sessions()
        #expect(Set(sessions.map(\.name)) == ["one", "three"], "nobody was left in the second")
        #expect(sessions.allSatisfy { !$0.speakers.contains("anna") })
        #expect(try folder.occurrences(of: "anna") == 0)
        #expect(try folder.occurrences(of: "1111.5") == 0)
    }

    /// None of these is a consent: another name or role, a return, another source.
    @Test func whoWasForgottenIsNotStoredAgainByJoining() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["anna", "carla"])
        store.tick("call", "anna", second: 1, f0Hz: 1_111.5)
        store.tick("call", "carla", second: 1)
        #expect(try await store.forget(speaker: "anna") == 1)
        func join(_ name: String?, _ role: String?) {
            let joined = SpeakerJoined(displayName: name, role: role, consent: .granted)
            store.record(Event(.speakerJoined(joined), session: "call", speaker: "anna"))
            store.tick("call", "anna", second: 2, f0Hz: 1_111.5)
        }
        join("Anna", "rep")
        join("Anna", "host")
        store.record(Event(.speakerLeft(SpeakerLeft(reason: "goodbye")), session: "call", speaker: "anna"))
        join(nil, nil)
        for (previous, state) in [(ConsentState.granted, ConsentState.unknown), (.unknown, .granted)] {
            // Who is who was not known for a while.
            store.record(
                Event(.consent(ConsentChange(state: state, previous: previous)), session: "call", speaker: "anna"))
            store.tick("call", "anna", second: 2, f0Hz: 1_111.5)
        }
        try await store.settle()
        #expect(try folder.occurrences(of: "1111.5") == 0 && folder.occurrences(of: "anna") == 0)
        // A consent that is given anew is one.
        store.withdraw("call", "anna")
        join(nil, "rep")
        store.record(
            Event(.consent(ConsentChange(state: .granted, previous: .withheld)), session: "call", speaker: "anna"))
        store.tick("call", "anna", second: 3, f0Hz: 1_234.5)
        store.end("call", ["anna", "carla"])
        #expect(try await store.sessions().first?.speakers == ["carla", "anna"])
        #expect(try folder.occurrences(of: "1111.5") == 0 && folder.occurrences(of: "1234.5") > 0)
    }

    /// Lines tell of all lanes together: with one of them goes what was stored before, and storing goes on.
    @Test func aLaneThatIsTakenBackIsForgotten() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["anna", "carla"])
        store.tick("call", "anna", second: 1, f0Hz: 1_111.5)
        let change = ConsentChange(state: .granted, previous: .granted, lanes: [], previousLanes: .words)
        store.record(Event(.consent(change), session: "call", speaker: "anna"))
        store.tick("call", "anna", second: 2, f0Hz: 1_234.5)
        try await store.settle()
        #expect(try folder.occurrences(of: "1111.5") == 0 && folder.occurrences(of: "1234.5") > 0)
    }

    /// The file may be older than the way in which names are written now.
    @Test func aNameIsForgottenHoweverItIsComposed() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["Rene\u{301}", "carla"])
        store.tick("call", "Rene\u{301}", second: 1, f0Hz: 1_111.5)
        store.tick("call", "carla", second: 1)
        #expect(try await store.forget(speaker: "Ren\u{E9}") == 1)
        store.tick("call", "Rene\u{301}", second: 2, f0Hz: 1_111.5)
        store.end("call", ["Rene\u{301}", "carla"])
        #expect(try await store.sessions().first?.speakers == ["carla"])
        #expect(try folder.occurrences(of: "1111.5") == 0 && folder.occurrences(of: "Ren") == 0)
    }

    @Test func aDeletionThatFailedIsMadeUpFor() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        try await fill(store, "call")
        try await store.settle()
        try await store.database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA query_only = ON")
        }
        store.withdraw("call", "anna")
        await #expect(throws: StoreError.self) { try await store.settle() }
        #expect(try folder.occurrences(of: "1111.5") > 0)
        try await store.database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA query_only = OFF")
        }
        try await store.settle()
        #expect(try folder.occurrences(of: "1111.5") == 0)
        #expect(try folder.occurrences(of: "anna") == 0)
    }
}
