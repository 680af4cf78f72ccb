import Events
import Foundation
import NIOCore
import Testing

@testable import Publish

@Suite struct JournalTests {
    /// In another role the policy may allow less than what was published in the one before.
    @Test func whatWasMeasuredInAnotherRoleIsWithdrawn() throws {
        var journal = journal()
        func append(_ body: EventBody) {
            journal.append(Event(body, session: "s1", speaker: "a", timeSeconds: 1), clock: .system)
        }
        journal.append(startEvent(), clock: .system)
        append(.speakerJoined(SpeakerJoined(role: "guest", consent: .granted)))
        append(.tick(tick()))
        append(.speakerJoined(SpeakerJoined(displayName: "Ana", role: "guest", consent: .granted)))
        #expect(journal.projection.snapshot.first?.speakers.first?.lastTick != nil, "a name changes nothing")
        append(.speakerJoined(SpeakerJoined(displayName: "Ana", role: "employee", consent: .granted)))
        #expect(journal.projection.snapshot.first?.speakers.first?.lastTick == nil)
        let ticks = journal.ring.records(after: 0, limit: 10).filter { $0.kind == .tick }
        #expect(ticks.count == 1 && ticks.allSatisfy { $0.line == nil })
    }

    /// Whoever connects meanwhile is told what is given up: of each kind what was told last.
    @Test func whatIsGivenUpIsInTheSnapshot() throws {
        var journal = journal()
        func append(_ body: EventBody) {
            journal.append(Event(body, session: "s1", timeSeconds: 1), clock: .system)
        }
        journal.append(startEvent(), clock: .system)
        let ticks = Degraded(what: .ticks, level: 1, tickEvery: 2, reason: .loopLate, load: 1.1)
        let tracks = Degraded(what: .tracks, level: 4, tracks: 1, speakers: ["ana"], reason: .loopLate, load: 1.4)
        append(.degraded(ticks))
        append(.degraded(tracks))
        var thinner = ticks
        thinner.tickEvery = 4
        append(.degraded(thinner))
        #expect(journal.projection.snapshot.first?.degraded == [tracks, thinner])
        append(.recovered(Recovered(what: .tracks, afterSeconds: 2)))
        #expect(journal.projection.snapshot.first?.degraded == [thinner])
        append(.recovered(Recovered(what: .ticks, afterSeconds: 3)))
        #expect(journal.projection.snapshot.first?.degraded == [])
    }

    private func journal(
        ringBytes: Int = 1 << 20, milliseconds: Int64 = 60_000, queueBytes: Int = 1 << 20
    ) -> Journal {
        Journal(ringBytes: ringBytes, ringMilliseconds: milliseconds, queueBytes: queueBytes)
    }

    @Test func foldsWhatANewClientHasToKnow() throws {
        var journal = journal()
        let clock = ManualClock().clock
        for event in [
            startEvent("s1"), startEvent("s2"), joinEvent("ana"), joinEvent("ben"),
            joinEvent("cy", session: "s2"),
            sourceEvent("a", .live), sourceEvent("b", .live), sourceEvent("a", .stalled),
            tickEvent("ana", 1, score: 40),
            tickEvent("ana", 2, score: 60), tickEvent("nobody", 2), tickEvent("ana", 2, session: "none"),
            turnEvent("ana", 1), leaveEvent("ben"), endEvent("s2"), startEvent("s3"),
        ] { journal.append(event, clock: clock) }

        let sessions = journal.projection.snapshot
        #expect(sessions.map(\.id) == ["s1", "s3"])
        let first = try #require(sessions.first)
        #expect(first.speakers.map(\.name) == ["ana"])
        #expect(first.sources.map(\.source) == ["a", "b"])
        #expect(first.sources.map(\.state) == [.stalled, .live])
        #expect(first.speakers.first?.lastTickSeconds == 2)
        guard case .scored(let score)? = first.speakers.first?.lastTick?.engagement else {
            Issue.record("no last tick")
            return
        }
        #expect(score.score == 60)
    }

    @Test func endedSourcesDoNotPileUp() throws {
        var journal = journal()
        let clock = ManualClock().clock
        journal.append(startEvent(), clock: clock)
        journal.append(sourceEvent("live", .live), clock: clock)
        for number in 0..<100 { journal.append(sourceEvent("\(number)", .ended), clock: clock) }
        let sources = try #require(journal.projection.snapshot.first).sources
        #expect(sources.map(\.source) == ["live"] + (84..<100).map { "\($0)" })
    }

    @Test func ringKeepsToItsLimits() {
        let manual = ManualClock()
        var journal = journal(ringBytes: 20_000, milliseconds: 5_000)
        for second in 0..<200 {
            journal.append(tickEvent("ana", Double(second)), clock: manual.clock)
            #expect(journal.ring.bytes <= 20_000)
            #expect(journal.ring.bytes(after: journal.sequence) == 0)
        }
        #expect(journal.ring.count > 5)
        manual.advance(seconds: 5.001)
        journal.evict(nowMilliseconds: manual.clock.monotonicMilliseconds())
        #expect(journal.ring.count == 0)
        #expect(journal.ring.bytes == 0)
        #expect(journal.backlog(after: 190, limit: 8).lost == 191...200)
        journal.append(turnEvent("ana", 1), clock: manual.clock)
        #expect(journal.ring.firstSequence == 201)
    }

    @Test func bytesBehindAreExact() {
        var journal = journal()
        let clock = ManualClock().clock
        for second in 0..<20 { journal.append(turnEvent("ana", Double(second)), clock: clock) }
        for cursor in 0...20 {
            let records = journal.ring.records(after: cursor, limit: 100)
            #expect(records.map(\.sequence) == Array(cursor + 1..<21))
            #expect(
                journal.ring.bytes(after: cursor) == records.reduce(0) { $0 + ($1.line?.readableBytes ?? 0) })
        }
        #expect(journal.ring.records(after: 3, limit: 2).map(\.sequence) == [4, 5])
    }

    @Test func tooLongEventsKeepTheirNumber() {
        var journal = journal()
        let clock = ManualClock().clock
        journal.append(startEvent(String(repeating: "x", count: 70_000)), clock: clock)
        journal.append(startEvent("s1"), clock: clock)
        let records = journal.ring.records(after: 0, limit: 10)
        #expect(records.map(\.sequence) == [1, 2])
        #expect(records.map { $0.line == nil } == [true, false])
        #expect(journal.oversized == 1)
        #expect(journal.projection.snapshot.map(\.id) == ["s1"])
    }

    /// Right 1: after the consent is taken back no later byte may carry a value of that speaker.
    @Test func revokedConsentWithdrawsWhatWasMeasured() throws {
        var journal = journal()
        let clock = ManualClock().clock
        for event in [
            startEvent(), joinEvent("ana"), joinEvent("ben"), tickEvent("ana", 1), tickEvent("ben", 1),
            turnEvent("ana", 1),
            joinEvent("ana", consent: .withheld),
        ] { journal.append(event, clock: clock) }
        let records = journal.ring.records(after: 0, limit: 100)
        #expect(records.filter { $0.line == nil }.map(\.sequence) == [4, 6])
        #expect(journal.ring.newestTick(of: SpeakerKey(session: "s1", speaker: "ana")) == nil)
        let speakers = try #require(journal.projection.snapshot.first).speakers
        #expect(speakers.map { $0.lastTick == nil } == [true, false])
        #expect(speakers.map(\.joined.consent) == [.withheld, .granted])
    }

    /// A page that is loaded anew has them, however long ago they were raised.
    @Test func cuesThatStandAreInTheSnapshot() {
        var journal = journal()
        func cue(_ id: Int, _ name: String) -> EventBody {
            .cueRaised(
                CueRaised(
                    id: id, cue: name, severity: "info", metric: "talk_ratio", value: 1, limit: 0, windowSeconds: nil))
        }
        func told() -> [Int] { journal.projection.snapshot.first?.cues.map(\.raised.id) ?? [] }
        func append(_ body: EventBody, _ speaker: String?) {
            journal.append(Event(body, session: "s1", speaker: speaker, timeSeconds: 7), clock: .system)
        }
        for event in [startEvent(), joinEvent("ana"), joinEvent("ben")] { journal.append(event, clock: .system) }
        append(cue(1, "a"), "ana")
        append(cue(2, "b"), "ben")
        append(cue(3, "b"), nil)
        #expect(told() == [1, 2, 3])
        append(.cueChanged(CueChange(id: 1, cue: "a", state: .acknowledged)), "ana")
        append(.cueChanged(CueChange(cue: "b", state: .snoozed, forSeconds: 9)), nil)
        let cues = journal.projection.snapshot.first?.cues ?? []
        #expect(cues.map(\.state) == [.acknowledged, .snoozed, .snoozed] && cues.map(\.timeSeconds) == [7, 7, 7])
        append(.cueCleared(CueCleared(id: 3, cue: "b", reason: .backToNormal, value: 0, afterSeconds: 1)), nil)
        append(.consent(ConsentChange(state: .withheld, previous: .granted)), "ana")
        #expect(told() == [2])
        for id in 10..<40 { append(cue(id, "c"), "ben") }
        #expect(told() == Array(24..<40), "the newest, and no more than are kept")
    }

    /// Who has left is in no list of those who are there, but what was measured is still in the ring.
    @Test(arguments: [
        Event(.consent(ConsentChange(state: .withheld, previous: .granted)), session: "s1", speaker: "ana"),
        Event(
            .consent(ConsentChange(state: .granted, previous: .granted, lanes: .face, previousLanes: [.words, .face])),
            session: "s1", speaker: "ana"),
        joinEvent("ana", consent: .withheld), joinEvent("ana", consent: .unknown),
        Event(.speakerJoined(SpeakerJoined(role: "employee", consent: .granted)), session: "s1", speaker: "ana"),
    ])
    func whoHasLeftCanStillWithdraw(_ last: Event) throws {
        var journal = journal()
        for event in [
            startEvent(), joinEvent("ana"), joinEvent("ben"), tickEvent("ana", 1), tickEvent("ben", 1),
            leaveEvent("ana"), turnEvent("ana", 1), last,
        ] { journal.append(event, clock: .system) }
        let records = journal.ring.records(after: 0, limit: 100)
        #expect(records.filter { $0.line == nil }.map(\.sequence) == [4, 7])
        #expect(journal.withdrawals == 1, "a snapshot that is being sent forgets it too")
    }

    /// The totals of a session that is over are measured, too; its people may meet again under its name.
    @Test func totalsOfASessionBeforeAreWithdrawn() throws {
        var journal = journal()
        let speakers = [
            SessionTotals.Speaker(
                name: "ana", role: nil, consent: .granted, metrics: WindowMetrics(name: "session")),
            SessionTotals.Speaker(name: "ben", role: nil, consent: .withheld),
        ]
        let totals = SessionTotals(
            session: "s1", durationSeconds: 1, speakerChanges: 0, overlapRatio: nil, speakers: speakers)
        func lost() -> [Int] {
            journal.ring.records(after: 0, limit: 100).filter { $0.line == nil }.map(\.sequence)
        }
        for event in [
            startEvent(), joinEvent("ana"), joinEvent("ben", consent: .withheld), leaveEvent("ana"),
            Event(.sessionEnded(SessionEnded(totals: totals)), session: "s1"), startEvent(),
            joinEvent("ben", consent: .withheld),
        ] { journal.append(event, clock: .system) }
        #expect(lost() == [], "nothing was measured of him")
        journal.append(joinEvent("ana", consent: .withheld), clock: .system)
        #expect(lost() == [5])
    }

    /// Also where the totals of all who were in it would be too long for a line.
    @Test func theEndOfASessionIsToldHoweverManyWereInIt() throws {
        var journal = journal()
        let speakers = (0..<128).map { number in
            var metrics = WindowMetrics(name: "session")
            metrics.speechSeconds = Double((number * 37) % 128)
            return SessionTotals.Speaker(
                name: "somebody with a long name \(number)", role: nil, consent: .granted, metrics: metrics)
        }
        let totals = SessionTotals(
            session: "s1", durationSeconds: 1, speakerChanges: 0, overlapRatio: nil, speakers: speakers)
        journal.append(Event(.sessionEnded(SessionEnded(totals: totals)), session: "s1"), clock: .system)
        let line = try #require(journal.ring.records(after: 0, limit: 1).first?.line)
        #expect(line.readableBytes <= maxLineBytes && journal.oversized == 1)
        let event = EventLine(Array(line.readableBytesView.dropLast())).event
        guard case .sessionEnded(let told)? = event?.body else {
            Issue.record("no end of a session")
            return
        }
        let heard = told.totals.speakers.compactMap(\.metrics?.speechSeconds)
        #expect(heard.count > 30 && heard.min() == Double(128 - heard.count), "the others were heard less")
    }

    @Test func onlyTicksBehindTheLimitCarryTheNewest() {
        var journal = journal(queueBytes: 10_000)
        let clock = ManualClock().clock
        for second in 0..<50 {
            journal.append(tickEvent("ana", Double(second)), clock: clock)
            journal.append(turnEvent("ana", Double(second)), clock: clock)
        }
        let far = journal.backlog(after: 0, limit: 4)
        #expect(far.entries.map { $0.newest?.sequence } == [99, nil, 99, nil])
        let near = journal.backlog(after: 98, limit: 4)
        #expect(near.entries.map { $0.newest?.sequence } == [nil, nil])
    }
}

@Suite struct SnapshotLinesTests {
    private func lines(_ sessions: [Snapshot.Session]) throws -> [[String: Any]] {
        var lines = SnapshotLines(sessions: sessions, sequence: 9)
        var result: [[String: Any]] = []
        while let line = lines.next(at: "2026-01-01T00:00:00.000Z") {
            #expect(line.count < maxLineBytes)
            try #require(result.count < 10_000)
            result.append(try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]))
        }
        return result
    }

    private func sessions(_ count: Int, speakers: Int, sources: Int = 1) -> [Snapshot.Session] {
        (0..<count).map { number in
            var session = Snapshot.Session(
                id: "s\(number)", started: SessionStarted(noticeID: "n", policy: "standard"))
            session.sources = (0..<sources).map {
                SourceState(source: "src\($0)", url: "rtp://x", state: .live)
            }
            session.speakers = (0..<speakers).map { speaker in
                var entry = Snapshot.Speaker(
                    name: "sp\(speaker)", joined: SpeakerJoined(role: "rep", consent: .granted))
                entry.lastTick = tick()
                entry.lastTickSeconds = 3
                return entry
            }
            return session
        }
    }

    @Test func oneLineWhereItFits() throws {
        #expect(try lines([]).map { $0["more"] as? Bool } == [false])
        #expect(try lines(sessions(3, speakers: 2)).map { $0["more"] as? Bool } == [false])
    }

    @Test(arguments: [(300, 2, 1), (1, 500, 3), (7, 60, 200), (2, 0, 2000), (1000, 0, 0)])
    func severalLinesLoseNothing(_ count: Int, _ speakers: Int, _ sources: Int) throws {
        let expected = sessions(count, speakers: speakers, sources: sources)
        let lines = try lines(expected)
        #expect(lines.map { $0["more"] as? Bool } == Array(repeating: true, count: lines.count - 1) + [false])
        var order: [String] = []
        var merged: [String: (sources: [String], speakers: [String], ticks: Int)] = [:]
        for session in lines.flatMap({ $0["sessions"] as? [[String: Any]] ?? [] }) {
            let id = session["session"] as? String ?? ""
            if merged[id] == nil { order.append(id) }
            let speakers = session["speakers"] as? [[String: Any]] ?? []
            var entry = merged[id] ?? ([], [], 0)
            entry.sources += (session["sources"] as? [[String: Any]] ?? []).compactMap {
                $0["source"] as? String
            }
            entry.speakers += speakers.compactMap { $0["speaker"] as? String }
            entry.ticks += speakers.count { $0["last_tick"] != nil }
            merged[id] = entry
        }
        #expect(order == expected.map(\.id))
        for session in expected {
            #expect(merged[session.id]?.sources == session.sources.map(\.source))
            #expect(merged[session.id]?.speakers == session.speakers.map(\.name))
            #expect(merged[session.id]?.ticks == speakers)
        }
    }

    @Test func longestPartsStillFit() throws {
        let text = String(repeating: "x", count: 15_000)
        var session = Snapshot.Session(id: "s", started: SessionStarted(noticeID: text, policy: "standard"))
        session.sources = (0..<5).map { SourceState(source: "\($0)", url: text, state: .live) }
        session.speakers = (0..<5).map {
            Snapshot.Speaker(name: "\($0)", joined: SpeakerJoined(role: text, consent: .granted))
        }
        #expect(try lines([session, session]).count > 4)
    }
}
