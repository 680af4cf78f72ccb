import Events
import SeededNumbers
import Testing

@testable import Fleet

@Suite struct RingTests {
    @Test func aNewClientGetsTheStateAndThenWhatComes() throws {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        #expect(reader.read(&board).isEmpty)
        board.take(teller.opening())
        #expect(reader.read(&board) == ["hello 4", "snapshot 4"])
        let snapshot = try #require(reader.lines.last.flatMap { EventLine($0.json).event?.body })
        guard case .snapshot(let state) = snapshot else { throw Missing() }
        #expect(state.sessions.first?.speakers.map(\.name) == ["ana", "ben"] && !state.more)
        board.take([teller.turn(), teller.turn("ben", after: "ana")])
        #expect(reader.read(&board) == ["turn 5", "turn 6"])
        #expect(reader.lines.map(\.id) == ["e1:4", "e1:4", "e1:5", "e1:6"])
    }
    private struct Missing: Error {}

    @Test func whatComesTwiceIsToldOnce() {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        let facts = teller.opening() + [teller.turn(), teller.turn()]
        board.take(facts)
        reader.read(&board)
        board.take(facts)
        #expect(reader.read(&board).isEmpty && board.counts.duplicates == 6)
    }

    @Test func aHoleIsToldBeforeWhatFollowsAndTheStateAfterIt() {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        board.take(teller.opening())
        reader.read(&board)
        _ = teller.turn()
        _ = teller.turn()
        board.take([teller.turn()])
        #expect(reader.read(&board) == ["lagged 6 5-6 2", "turn 7", "snapshot 7"])
        #expect(board.counts.holes == 1)
    }

    @Test func withAFilterFactsThatOneDoesNotWantLeaveNoTrace() {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        reader.filter.types = [.turn, .tick]
        reader.filter.speakers = ["ana"]
        board.take(teller.opening())
        reader.read(&board)
        board.take([teller.turn("ben"), teller.turn("ana")])
        _ = board.take(batch("e1", tick(90, "ben"), tick(91, "ana")), nowMilliseconds: 0)
        #expect(reader.read(&board) == ["turn 6", "tick 91"])
    }

    /// A client that goes on at another gateway, which has heard the same.
    @Test func aClientGoesOnAtAnotherGatewayWhereItWas() {
        var (one, two, teller, reader) = (GatewayBoard(), GatewayBoard(), Teller(), Reader())
        let opening = teller.opening()
        one.take(opening)
        two.take(opening)
        reader.read(&one)
        let turns = [teller.turn(), teller.turn(), teller.turn()]
        one.take([turns[0]])
        reader.read(&one)
        // The other is behind, and catches up.
        var next = Reader(after: reader.lastID)
        #expect(next.read(&two) == ["hello 5"])
        two.take(turns)
        #expect(next.read(&two) == ["turn 6", "turn 7"])
    }

    @Test func whatTheRingHasForgottenIsTold() {
        var (board, teller) = (GatewayBoard(), Teller())
        board.take(teller.opening())
        board.take([teller.turn(), teller.turn()], now: 1_000)
        _ = board.keepHouse(nowMilliseconds: 60_500, at: noon, isConnected: true)
        var reader = Reader(after: ("e1", 2))
        #expect(reader.read(&board) == ["hello 2", "lagged 4 3-4 2", "turn 5", "turn 6", "snapshot 6"])
    }

    @Test func aSlowClientIsToldHowMuchItMissed() {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        board.take(teller.opening())
        reader.read(&board)
        for _ in 0..<SessionRing.maxEntries + 10 { board.take([teller.turn()]) }
        let told = reader.read(&board)
        // Of 2,058 turns the oldest ten are gone.
        #expect(told.first == "lagged 14 5-14 10" && told.count == SessionRing.maxEntries + 2)
    }

    @Test func withConsentGoesWhatIsHeldOfSomebodyInWhateverOrderItComes() {
        var (board, teller, reader, late) = (GatewayBoard(), Teller(), Reader(), Reader())
        board.take(teller.opening())
        late.read(&board)
        let opened = late.lines.count
        board.take([teller.turn("ana"), teller.turn("ben", after: "ana"), teller.turn("ben")])
        _ = board.take(batch("e1", tick(8, "ana"), tick(9, "ben")), nowMilliseconds: 0)
        let withdrawal = teller.fact(.consent(ConsentChange(state: .withheld, previous: .granted)), "ana", others: 4)
        board.take([withdrawal])
        // A tick of before that was still on its way.
        #expect(board.take(batch("e1", tick(10, "ana")), nowMilliseconds: 0).isEmpty)
        #expect(late.read(&board) == ["lagged 6 5-6 2", "turn 7", "consent 12", "tick 9"])
        #expect(!late.hears(of: "ana", after: opened))
        var back = Reader(after: ("e1", 4))
        back.read(&board)
        reader.read(&board)
        #expect(!back.hears(of: "ana", after: 0) && !reader.hears(of: "ana", after: 0))
    }

    @Test func whatWasMeasuredBeforeConsentCameBackStaysAway() {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        board.take(teller.opening())
        reader.read(&board)
        board.take([
            teller.fact(.consent(ConsentChange(state: .withheld, previous: .granted)), "ana", others: 4),
            teller.fact(.consent(ConsentChange(state: .granted, previous: .withheld)), "ana"),
        ])
        // On its way since before the withdrawal.
        #expect(board.take(batch("e1", tick(8, "ana")), nowMilliseconds: 0).isEmpty)
        _ = board.take(batch("e1", tick(11, "ana")), nowMilliseconds: 0)
        #expect(reader.read(&board) == ["consent 9", "consent 10", "tick 11"])
    }

    /// A node that was away while others had the session twice over: nobody here has heard of its run.
    @Test func anOlderTermOfAnUnknownRunIsFenced() {
        var (board, teller, reader) = (GatewayBoard(), Teller(node: "n2", epoch: "e2", term: 2), Reader())
        board.take(teller.opening())
        reader.read(&board)
        var old = Teller(node: "n1", epoch: "e1", term: 1)
        board.take(old.opening())
        #expect(reader.read(&board).isEmpty && board.counts.fenced == 4)
        #expect(board.ring("s")?.node == "n2" && board.ring("s")?.epoch == "e2")
    }

    @Test func anotherTermFencesTheOneBefore() {
        var (board, old, reader) = (GatewayBoard(), Teller(), Reader())
        board.take(old.opening())
        reader.read(&board)
        var new = Teller(node: "n2", epoch: "e2", term: 2)
        board.take(new.opening())
        #expect(
            reader.read(&board)
                == ["hello 0", "session.started 1", "source.connected 2", "speaker.joined 3", "speaker.joined 4"])
        board.take([old.turn()])
        #expect(reader.read(&board).isEmpty && board.counts.fenced == 1)
        _ = board.take(batch("e1", tick(99, "ana")), nowMilliseconds: 0)
        #expect(reader.read(&board).isEmpty && board.counts.staleTicks == 1)
        // Who comes back from the old run goes on with the new one.
        var back = Reader(after: ("e1", 3))
        #expect(back.read(&board).prefix(3) == ["hello 3", "speaker.joined 4", "hello 0"])
    }

    @Test func aGatewayThatComesLateKnowsTheStateFromWhatIsWrittenDown() {
        var (early, late, teller) = (GatewayBoard(), GatewayBoard(), Teller())
        early.take(teller.opening())
        guard let state = early.ring("s")?.state else { return }
        let record = SessionRecord(node: "n1", epoch: "e1", term: 1, sequence: 4, session: state)
        // In either order.
        let turn = teller.turn()
        for isFirst in [true, false] {
            late = GatewayBoard()
            if isFirst { late.take(record, nowMilliseconds: 0) }
            late.take([turn])
            if !isFirst { late.take(record, nowMilliseconds: 0) }
            var reader = Reader()
            #expect(reader.read(&late) == ["hello 5", "snapshot 5"])
            #expect(late.ring("s")?.state?.speakers.map(\.name) == ["ana", "ben"])
        }
    }

    @Test func whoseNodeIsLostIsToldSoAndWhenItIsBack() {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        let node = FleetNode(name: "n1", epoch: "e1")
        _ = board.hear(node, nowMilliseconds: 0, at: noon)
        board.take(teller.opening())
        reader.read(&board)
        #expect(board.keepHouse(nowMilliseconds: 7_999, at: noon, isConnected: true).isEmpty)
        #expect(board.keepHouse(nowMilliseconds: 9_000, at: noon, isConnected: false).isEmpty)
        #expect(board.keepHouse(nowMilliseconds: 9_000, at: noon, isConnected: true) == ["s"])
        #expect(reader.read(&board) == ["source.reconnecting 4"] && reader.lines.last?.id == nil)
        #expect(board.counts.lostNodes == 1 && board.nodes.alive.isEmpty)
        board.take([teller.turn()], now: 30_000)
        #expect(reader.read(&board) == ["source.connected 4", "turn 5"])
    }

    @Test func whatIsOverIsForgottenAMinuteLater() {
        var (board, teller) = (GatewayBoard(), Teller())
        board.take(teller.opening())
        let totals = SessionTotals(
            session: "s", durationSeconds: 1, speakerChanges: 0, overlapRatio: 0, speakers: [])
        board.take([teller.fact(.sessionEnded(SessionEnded(totals: totals)))])
        #expect(board.running.isEmpty && board.sessionCount == 1)
        _ = board.keepHouse(nowMilliseconds: 60_001, at: noon, isConnected: true)
        #expect(board.sessionCount == 0)
    }

    @Test func ticksAreThinnedOutAndTheNewestCounts() {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        reader.filter.tickIntervalSeconds = 5
        board.take(teller.opening())
        reader.read(&board)
        var told: [String] = []
        for second in 1...10 {
            _ = board.take(batch("e1", tick(10 + second, "ana", seconds: Double(second))), nowMilliseconds: 0)
            told += reader.read(&board)
        }
        #expect(told == ["tick 11", "tick 15", "tick 20"])
        _ = board.take(batch("e1", tick(12, "ana")), nowMilliseconds: 0)
        #expect(reader.read(&board).isEmpty)
    }

    /// Whatever the bus does (twice, lost, again from an earlier one) and however often a client changes its gateway.
    @Test(arguments: 1...200)
    func everyFactIsToldOnceAndInOrderOrAccountedFor(seed: Int) throws {
        var numbers = SeededRandom(seed: UInt64(seed))
        var boards = [GatewayBoard(), GatewayBoard()]
        var teller = Teller()
        var all: [Fact] = []
        var reader = Reader()
        var told: [Int] = [], missing: [ClosedRange<Int>] = []
        var at = 0
        func note(_ news: [RingLine]) throws {
            for line in news {
                let event = EventLine(line.json)
                let sequence = try #require(event.sequence)
                switch try #require(event.event).body {
                case .hello, .snapshot: break
                case .lagged(let lagged): missing.append(lagged.from...lagged.to)
                default: told.append(sequence)
                }
            }
        }
        boards[0].take(teller.opening())
        boards[1].take((0..<1).map { _ in all.first }.compactMap(\.self))
        var opening = Teller()
        boards[1].take(opening.opening())
        reader.read(&boards[0])
        for _ in 0..<300 {
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0..<5:
                let fact = teller.turn(Bool.random(using: &numbers) ? "ana" : "ben")
                all.append(fact)
                for index in boards.indices where Int.random(in: 0..<8, using: &numbers) > 0 {
                    boards[index].take([fact])
                }
            case 5:
                // Said again from some time ago, each with what was said with it.
                let again = all.suffix(Int.random(in: 0...6, using: &numbers))
                for index in boards.indices { boards[index].take(Array(again)) }
            case 6:
                at = 1 - at
                reader = Reader(after: reader.lastID ?? ("e1", 4))
                reader.read(&boards[at])
                try note(reader.lines)
            default:
                let before = reader.lines.count
                reader.read(&boards[at])
                try note(Array(reader.lines[before...]))
            }
        }
        #expect(told == told.sorted() && Set(told).count == told.count)
        for fact in all where fact.sequence < told.last ?? 0 {
            #expect(told.contains(fact.sequence) || missing.contains { $0.contains(fact.sequence) }, "\(fact.sequence)")
        }
    }
}
