import Events
import Testing

@testable import Fleet

/// Ticks of sessions that nobody looks at stay as they came.
@Suite struct UnopenedTests {
    private func parcel(_ epoch: String, _ lines: [UInt8]...) throws -> TickParcel {
        var batch = TickBatch(node: "n1", epoch: epoch)
        for line in lines.compactMap(TickBatch.Tick.init) { batch.add(line) }
        let packed = try #require(batch.packed()?.first)
        return try #require(TickParcel(packed.bytes))
    }

    @Test func whoComesIsToldTheNewestThatNobodyWaitedFor() throws {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        board.take(teller.opening())
        // The ticks of a moment, on either side of a cut.
        for parcel in try [
            parcel("e1", tick(8, "ana"), tick(9, "ben")), parcel("e1", tick(12, "ana"), tick(5, "eva", session: "t")),
            parcel("e1", tick(13, "ben")),
        ] {
            #expect(!board.isAwaited(parcel))
            #expect(board.take(parcel, nowMilliseconds: 0).isEmpty)
        }
        #expect(board.counts.unopenedParcels == 3 && board.counts.ticks == 0)
        board.follow("s", nowMilliseconds: 0)
        #expect(reader.read(&board).suffix(2) == ["tick 12", "tick 13"])
        let next = try parcel("e1", tick(15, "ana"))
        #expect(board.isAwaited(next))
        // Somebody came between the question and the answer.
        #expect(board.take(next, nowMilliseconds: 0) == ["s"])
        #expect(reader.read(&board) == ["tick 15"])
        board.follow("s", nowMilliseconds: 0)
        board.unfollow("s")
        #expect(board.isAwaited(next))
        board.unfollow("s")
        #expect(!board.isAwaited(next))
        board.unfollow("s")
    }

    @Test func nothingIsKeptOfWhoTookConsentBackOrOfAnotherRun() throws {
        var (board, teller, reader) = (GatewayBoard(), Teller(), Reader())
        board.take(teller.opening())
        let opening = board.keptBytes
        _ = board.take(try parcel("e1", tick(8, "ana"), tick(9, "ben")), nowMilliseconds: 0)
        let withTicks = board.keptBytes
        #expect(withTicks > opening)
        board.take([
            teller.fact(.consent(ConsentChange(state: .withheld, previous: .granted)), "ana", others: 5)
        ])
        #expect(board.keptBytes < withTicks)
        // Still on its way; the other one's counts.
        _ = board.take(try parcel("e1", tick(11, "ana"), tick(12, "ben")), nowMilliseconds: 0)
        _ = board.take(try parcel("e0", tick(99, "ben")), nowMilliseconds: 0)
        board.follow("s", nowMilliseconds: 0)
        let told = reader.read(&board)
        #expect(told.last == "tick 12" && !reader.hears(of: "ana", after: 0))
        #expect(board.counts.staleTicks == 1 && board.counts.ticks == 1)
    }

    @Test func whatIsDamagedIsCountedWhenItIsOpened() throws {
        var (board, teller) = (GatewayBoard(), Teller())
        board.take(teller.opening())
        var batch = TickBatch(node: "n1", epoch: "e1")
        batch.add(try #require(TickBatch.Tick(tick(8, "ana"))))
        let packed = try #require(batch.packed()?.first)
        _ = board.take(try #require(TickParcel(packed.bytes.dropLast(3))), nowMilliseconds: 0)
        #expect(board.counts.unreadable == 0)
        board.follow("s", nowMilliseconds: 0)
        #expect(board.counts.unreadable == 1)
    }

    /// A round of the house takes as many calls as it needs, and forgets what is over all the same.
    @Test func theHouseIsKeptInParts() {
        var board = GatewayBoard()
        let totals = SessionTotals(
            session: "s", durationSeconds: 1, speakerChanges: 0, overlapRatio: 0, speakers: [])
        for number in 0..<25 {
            var teller = Teller(session: "s\(number)")
            board.take(teller.opening())
            board.take([teller.fact(.sessionEnded(SessionEnded(totals: totals)))])
        }
        #expect(board.sessionCount == 25)
        for rest in [15, 5, 0, 0] {
            _ = board.keepHouse(nowMilliseconds: 100_000, at: noon, isConnected: true, mostSessions: 10)
            #expect(board.sessionCount == rest)
        }
    }
}
