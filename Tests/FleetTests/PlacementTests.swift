import SeededNumbers
import Testing

@testable import Fleet

@Suite struct PlacementTests {
    private func nodes(_ loads: [Double], cores: Int = 2) -> [FleetNode] {
        loads.enumerated().map { FleetNode(name: "n\($0)", epoch: "e", load: $1, cores: cores) }
    }

    @Test func everybodyComesToTheSameAnswerInWhateverOrderTheNodesAre() {
        let nodes = nodes(Array(repeating: 0.2, count: 9))
        for call in 0..<200 {
            #expect(
                Placement.node(for: "call-\(call)", among: nodes)?.name
                    == Placement.node(for: "call-\(call)", among: nodes.reversed())?.name)
        }
    }

    /// Of a node that goes, its own calls alone move.
    @Test func whereANodeIsMissingNobodyElsesCallsMove() {
        let nodes = nodes(Array(repeating: 0.2, count: 9))
        for call in 0..<500 {
            let before = Placement.node(for: "call-\(call)", among: nodes)?.name
            let after = Placement.node(for: "call-\(call)", among: nodes.filter { $0.name != "n4" })?.name
            if before != "n4" { #expect(before == after) }
        }
    }

    @Test func callsGoByTheCoresThatAreLeft() {
        // 0.6 − 0.5 of 2 cores, 0.6 − 0.3 of 2, 0.6 − 0.3 of 4: as 1 to 3 to 6.
        let nodes = [
            FleetNode(name: "a", epoch: "e", load: 0.5, cores: 2),
            FleetNode(name: "b", epoch: "e", load: 0.3, cores: 2),
            FleetNode(name: "c", epoch: "e", load: 0.3, cores: 4),
        ]
        var counts: [String: Int] = [:]
        for call in 0..<10_000 { counts[Placement.node(for: "\(call)", among: nodes)?.name ?? "", default: 0] += 1 }
        #expect(abs((counts["a"] ?? 0) - 1_000) < 150 && abs((counts["b"] ?? 0) - 3_000) < 200)
        #expect(abs((counts["c"] ?? 0) - 6_000) < 200)
    }

    @Test func whoIsBusyOrDrainingGetsNoCalls() {
        var nodes = nodes([0.6, 0.9, 0.1])
        #expect(Placement.node(for: "x", among: nodes)?.name == "n2")
        nodes[2].isDraining = true
        #expect(Placement.node(for: "x", among: nodes) == nil)
    }

    @Test func aNodeIsLostByOnesOwnClockAndNotWhileNothingCanBeHeard() {
        var book = NodeBook()
        let node = FleetNode(name: "a", epoch: "1")
        #expect(book.hear(node, nowMilliseconds: 0) == .came(node))
        #expect(book.hear(node, nowMilliseconds: 7_000) == nil)
        #expect(book.expire(nowMilliseconds: 14_999).isEmpty)
        book.resume(nowMilliseconds: 20_000)
        #expect(book.expire(nowMilliseconds: 27_999).isEmpty)
        #expect(book.expire(nowMilliseconds: 28_000) == [.lost(node)] && book.alive.isEmpty)
    }

    @Test func anotherRunOfANodeEndsTheOneBefore() {
        var book = NodeBook()
        _ = book.hear(FleetNode(name: "a", epoch: "1"), nowMilliseconds: 0)
        let again = FleetNode(name: "a", epoch: "2")
        #expect(book.hear(again, nowMilliseconds: 10) == .restarted(again, formerEpoch: "1"))
    }

    @Test func everyChangeOfTheNodeIsANewTerm() {
        #expect(Place.claim(nil, by: "a", isNew: true) == .write(Place(node: "a", term: 1, isLive: true)))
        let registered = Place(node: "a", term: 4, isLive: false), live = Place(node: "a", term: 4, isLive: true)
        #expect(Place.claim(registered, by: "a", isNew: true) == .write(live))
        #expect(Place.claim(live, by: "a", isNew: false) == .held(live))
        // Media comes to b now, wherever it came before.
        #expect(Place.claim(live, by: "b", isNew: true) == .write(Place(node: "b", term: 5, isLive: true)))
        // b was out of sight only, and a has begun the session since.
        #expect(Place.claim(live, by: "b", isNew: false) == .fenced(by: live))
        // a was given it, but nothing has come there.
        #expect(Place.claim(registered, by: "b", isNew: false) == .write(Place(node: "b", term: 5, isLive: true)))
    }

    @Test func aCallStaysWhereItIsRegisteredAsLongAsItsNodeTakesIt() throws {
        var nodes = nodes([0.1, 0.1, 0.1])
        let first = try #require(Place.register("x", nil, among: nodes))
        #expect(first.term == 1 && !first.isLive)
        let index = try #require(nodes.firstIndex { $0.name == first.node })
        nodes[index].load = 0.95
        #expect(Place.register("x", first, among: nodes) == first)
        nodes[index].isDraining = true
        let second = try #require(Place.register("x", first, among: nodes))
        #expect(second.node != first.node && second.term == 2)
        // What runs on a node that drains stays there.
        let live = Place(node: first.node, term: 1, isLive: true)
        #expect(Place.register("x", live, among: nodes) == live)
        nodes.remove(at: index)
        #expect(Place.register("x", live, among: nodes)?.term == 2)
        #expect(Place.register("x", live, among: []) == nil)
    }

    @Test func aLeaseEndsByWhenItWasAskedFor() {
        var lease = Lease(revision: 3, askedMilliseconds: 0)
        lease.renew(revision: 4, askedMilliseconds: 2_000)
        #expect(lease.revision == 4 && !lease.isOver(nowMilliseconds: 9_999) && lease.isOver(nowMilliseconds: 10_000))
    }
}
