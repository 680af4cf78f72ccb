import Events
import Foundation
import Testing

@testable import Publish

/// What is kept of ticks for a page that is loaded anew, and how it goes.
@Suite struct HistoryTests {
    private func journal(_ bytes: Int = 8 << 20) -> Journal {
        Journal(ringBytes: 1 << 18, ringMilliseconds: 60_000, queueBytes: 1 << 16, historyBytes: bytes)
    }

    private func points(
        _ journal: Journal, _ fields: [String] = ["engagement.score"], session: String = "s1"
    ) throws -> [String: [[Any]]] {
        let query = HistoryQuery(session: session, sinceSeconds: TickHistory.seconds, fields: fields)
        let part = try #require(journal.history(query))
        #expect(part.sequence == journal.sequence)
        return try points(part, query)
    }

    private func points(_ part: HistoryPart, _ query: HistoryQuery) throws -> [String: [[Any]]] {
        let json = part.json(query, epoch: "e")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        let fields = query.fields
        #expect(object["seq"] as? Int == part.sequence)
        #expect(object["fields"] as? [String] == fields)
        var found: [String: [[Any]]] = [:]
        for speaker in try #require(object["speakers"] as? [[String: Any]]) {
            found[speaker["speaker"] as? String ?? ""] = speaker["points"] as? [[Any]]
        }
        return found
    }

    private func times(_ points: [[Any]]?) -> [Double] { points?.compactMap { $0.first as? Double } ?? [] }

    @Test func aPointASecondThenOneInTenUpToFourHours() throws {
        var history = TickHistory(maxBytes: 8 << 20)
        history.take(startEvent())
        // Twice a second for five hours.
        for half in 2...36_000 { history.take(tickEvent("ana", Double(half) / 2, score: Double(half % 100))) }
        func kept(since seconds: Double) throws -> [Double] {
            let query = HistoryQuery(session: "s1", sinceSeconds: seconds, fields: ["engagement.score"])
            return times(try points(try #require(history.part(query, sequence: 1)), query)["ana"])
        }
        let all = try kept(since: TickHistory.seconds)
        #expect(all.last == 18_000 && all == all.sorted() && Set(all).count == all.count)
        let recent = all.filter { $0 > 18_000 - 600 }
        #expect(recent == (17_401...18_000).map(Double.init))
        let old = all.filter { $0 <= 18_000 - 660 }
        #expect(zip(old, old.dropFirst()).allSatisfy { $1 - $0 == 10 })
        let first = try #require(all.first)
        #expect(first >= 18_000 - TickHistory.seconds && first < 3_800)
        #expect(all.count < 600 + 60 + 1_440)
        #expect(try kept(since: 5) == [17_995, 17_996, 17_997, 17_998, 17_999, 18_000])
        #expect(history.bytes < 120_000 && history.droppedPoints == 0)
    }

    @Test func valuesAreThoseOfTheTick() throws {
        var journal = journal()
        let clock = ManualClock().clock
        journal.append(startEvent(), clock: clock)
        journal.append(joinEvent("ana"), clock: clock)
        var full = tick(score: 55.8)
        full.windows[1].talkRatio = 0.1234
        full.windows[1].responseLagMedianMilliseconds = 1_430
        journal.append(Event(.tick(full), session: "s1", speaker: "ana", timeSeconds: 1.07), clock: clock)
        full.engagement = .abstained(reason: .notEnoughSpeech)
        full.windows[1].talkRatio = nil
        full.windows[1].responseLagMedianMilliseconds = 1e9
        full.voice.isSpeaking = false
        full.voice.relativeLevelDb = .nan
        journal.append(Event(.tick(full), session: "s1", speaker: "ana", timeSeconds: 2), clock: clock)
        let fields = [
            "engagement.interval", "windows.30s.talk_ratio", "engagement.score", "voice.speaking",
            "windows.30s.response_lag_median_ms", "voice.relative_level_db", "sentiment.score", "windows.7s.talk_ratio",
        ]
        let query = HistoryQuery(session: "s1", fields: fields)
        let json = try #require(journal.history(query)).json(query, epoch: "e")
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.contains("[1.07,[50.8,60.8],0.1234,55.8,true,1430,1.2,null,null]"), "\(text)")
        #expect(text.contains("[2,null,null,null,false,32767,null,null,null]"), "\(text)")
        #expect(text.hasPrefix(#"{"session":"s1","epoch":"e","seq":4,"present_s":2,"fields":["engagement.interval","#))
    }

    /// Right 1, as in the ring: whatever takes back what was measured takes it from here.
    @Test(arguments: [
        Event(.consent(ConsentChange(state: .withheld, previous: .granted)), session: "s1", speaker: "ana"),
        joinEvent("ana", consent: .withheld), joinEvent("ana", consent: .unknown),
        Event(.speakerJoined(SpeakerJoined(role: "employee", consent: .granted)), session: "s1", speaker: "ana"),
    ])
    func whatIsWithdrawnIsGone(_ last: Event) throws {
        for leaves in [false, true] {
            var journal = journal()
            let clock = ManualClock().clock
            for event in [
                startEvent(), joinEvent("ana"), joinEvent("ben"), tickEvent("ana", 1), tickEvent("ben", 1),
            ] { journal.append(event, clock: clock) }
            if leaves { journal.append(leaveEvent("ana"), clock: clock) }
            #expect(try points(journal).keys.sorted() == ["ana", "ben"])
            journal.append(last, clock: clock)
            #expect(try points(journal).keys.sorted() == ["ben"])
        }
    }

    @Test func whatEndsAndWhoIsForgottenIsGone() throws {
        var journal = journal()
        let clock = ManualClock().clock
        for session in ["s1", "s2"] {
            journal.append(startEvent(session), clock: clock)
            for name in ["ana", "ben"] {
                journal.append(joinEvent(name, session: session), clock: clock)
                journal.append(tickEvent(name, 1, session: session), clock: clock)
            }
        }
        journal.forgetHistory(of: "ana")
        #expect(try points(journal).keys.sorted() == ["ben"])
        #expect(try points(journal, session: "s2").keys.sorted() == ["ben"])
        journal.append(endEvent("s1"), clock: clock)
        #expect(journal.history(HistoryQuery(session: "s1")) == nil)
        journal.append(startEvent("s1"), clock: clock)
        #expect(try points(journal).isEmpty)
        journal.append(endEvent("s1"), clock: clock)
        journal.append(endEvent("s2"), clock: clock)
        #expect(journal.historyBytes == 0)
        #expect(journal.history(HistoryQuery(session: "nobody")) == nil)
        // A tick of a session that never started is kept for nobody.
        journal.append(tickEvent("ana", 1, session: "s3"), clock: clock)
        #expect(journal.historyBytes == 0)
    }

    @Test func itIsBoundedAndFair() throws {
        let most = 64 << 10
        var journal = journal(most)
        let clock = ManualClock().clock
        journal.append(startEvent(), clock: clock)
        for number in 0..<20 { journal.append(joinEvent("p\(number)"), clock: clock) }
        for second in 1...400 {
            // One talks for long alone, the others come later.
            for number in 0..<20 where number == 0 || second > 200 {
                journal.append(tickEvent("p\(number)", Double(second)), clock: clock)
                #expect(journal.historyBytes <= most)
            }
        }
        #expect(journal.historyPointsDropped > 0)
        let kept = try points(journal)
        #expect(kept.count == 20)
        for (_, points) in kept { #expect(times(points).last == 400 && points.count > 20) }
        let counts = kept.values.map(\.count)
        let (fewest, highest) = (try #require(counts.min()), try #require(counts.max()))
        #expect(highest <= 2 * fewest)
        // As many as there are bytes for and no more is counted for each of them.
        journal.append(endEvent(), clock: clock)
        #expect(journal.historyBytes == 0)
        var off = self.journal(0)
        off.append(startEvent(), clock: clock)
        off.append(tickEvent("ana", 1), clock: clock)
        #expect(off.historyBytes == 0)
    }

    @Test func timesThatGoBackOrBeyondAreNoTrap() throws {
        var journal = journal()
        let clock = ManualClock().clock
        journal.append(startEvent(), clock: clock)
        journal.append(joinEvent("ana"), clock: clock)
        for time in [5, 3, -1, .nan, .infinity, 1e300, -.infinity, 6] {
            journal.append(tickEvent("ana", time), clock: clock)
        }
        _ = try points(journal)
    }

    @Test func whatIsNotKeptIsTold() {
        for field in ["engagement", "engagement.scores", "windows.30s", "windows.x.talk_ratio", "voice.f0_hz", ""] {
            let error = #expect(throws: ErrorLine.self) { try HistoryQuery(session: "s", fields: [field]).check() }
            #expect(error?.message.contains("windows.NAME.talk_ratio") == true, "\(field)")
        }
        for seconds in [0, -1, .nan, .infinity, 14_401] {
            #expect(throws: ErrorLine.self) { try HistoryQuery(session: "s", sinceSeconds: seconds).check() }
        }
        #expect(throws: Never.self) { try HistoryQuery(session: "s", fields: ["windows.session.talk_ratio"]).check() }
    }
}
