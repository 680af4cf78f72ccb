import Testing

@testable import Daemon

/// The controller against a simulated event loop. No clock is looked at.
@Suite struct LoadControllerTests {
    static let seeds: [UInt64] = Array(1...40)
    static let kinds: [SimulatedLoop.Lateness] = [.backlog, .round]

    private static func calm(_ offered: Double, _ kind: SimulatedLoop.Lateness, _ seed: UInt64) -> SimulatedLoop {
        var loop = SimulatedLoop(tracks: 200, offered: offered, lateness: kind, seed: seed)
        loop.run(seconds: 10)
        return loop
    }

    @Test(arguments: seeds, kinds)
    func whatFitsIsLeftAlone(seed: UInt64, kind: SimulatedLoop.Lateness) {
        var loop = SimulatedLoop(tracks: 200, offered: 0.9, lateness: kind, seed: seed)
        var worst = 0
        loop.run(seconds: 120) { worst = max(worst, $0.controller.shed.level) }
        #expect(worst == 0)
    }

    /// One hiccup, however long it takes to catch up, gives nothing up.
    @Test(arguments: seeds, kinds)
    func aHiccupIsNoOverload(seed: UInt64, kind: SimulatedLoop.Lateness) {
        var loop = Self.calm(0.7, kind, seed)
        for _ in 0..<20 {
            loop.step(extra: 0.25)
            loop.run(seconds: 5) { #expect($0.controller.shed.level == 0, "at \($0.seconds) s") }
        }
    }

    /// Twice the load: what is kept is soon in time again and stays so, and not much more is given up than must be.
    @Test(arguments: seeds, kinds)
    func twiceTheLoad(seed: UInt64, kind: SimulatedLoop.Lateness) {
        var loop = Self.calm(0.7, kind, seed)
        (loop.tracks, loop.offered) = (560, 1.96)
        var longest = 0.0
        loop.run(seconds: 5) { longest = max(longest, $0.waiting) }
        // A tick a second comes no later than two seconds after the one before.
        #expect(longest < 1)
        #expect(loop.waiting < 0.1)
        var changes = 0
        var former = loop.givenUp
        loop.run(seconds: 60) {
            longest = max(longest, $0.waiting)
            #expect($0.waiting < 0.5)
            let kept = Double($0.tracks - $0.givenUp) / Double($0.tracks)
            #expect(kept < 0.52)
            if $0.seconds > 20 { #expect(kept > 0.38) }
            if $0.givenUp > former { changes += 1 }
            former = $0.givenUp
        }
        #expect(changes <= 2, "gave up again \(changes) times")
    }

    @Test(arguments: seeds, kinds)
    func aLittleTooMuch(seed: UInt64, kind: SimulatedLoop.Lateness) {
        var loop = Self.calm(0.9, kind, seed)
        (loop.tracks, loop.offered) = (245, 1.1)
        var shedAgain = 0
        var former = 0
        loop.run(seconds: 120) {
            #expect($0.waiting < 1)
            if $0.givenUp > former { shedAgain += 1 }
            former = $0.givenUp
        }
        #expect(loop.givenUp > 0 && loop.givenUp < 90)
        #expect(shedAgain <= 5)
    }

    /// The load ends, after short and long times: within five seconds everything is back, for good.
    @Test(arguments: seeds, kinds)
    func theLoadEnds(seed: UInt64, kind: SimulatedLoop.Lateness) {
        var loop = Self.calm(0.7, kind, seed)
        for round in 1...4 {
            (loop.tracks, loop.offered) = (560, 1.96)
            loop.run(seconds: Double(round * round) * 3)
            #expect(loop.controller.shed.level == 4)
            (loop.tracks, loop.offered) = (200, 0.7)
            loop.run(seconds: 5)
            #expect(loop.controller.shed.level == 0)
            loop.run(seconds: 10) { #expect($0.controller.shed.level == 0) }
        }
    }

    /// Others take two thirds of the machine, and go again.
    @Test(arguments: seeds, kinds)
    func aBusyNeighbour(seed: UInt64, kind: SimulatedLoop.Lateness) {
        var loop = Self.calm(0.7, kind, seed)
        loop.available = 0.35
        loop.run(seconds: 5)
        #expect(loop.controller.shed.level == 4)
        var late = 0
        loop.run(seconds: 120) { if $0.waiting > 0.3 { late += 1 } }
        #expect(late < 40, "late in \(late) of 480 steps")
        loop.available = 1
        loop.run(seconds: 5)
        #expect(loop.controller.shed.level == 0)
        loop.run(seconds: 30) { #expect($0.controller.shed.level == 0) }
    }

    /// Overload from the first packet, when nothing is known of calm times.
    @Test(arguments: seeds, kinds)
    func overloadFromTheStart(seed: UInt64, kind: SimulatedLoop.Lateness) {
        var loop = SimulatedLoop(tracks: 400, offered: 2, lateness: kind, seed: seed)
        loop.run(seconds: 10)
        #expect(loop.waiting < 0.1)
        loop.run(seconds: 30) { #expect($0.waiting < 0.5) }
        #expect(Double(loop.givenUp) < 0.65 * 400)
    }

    /// One or two tracks, each a large part of what can be had.
    @Test(arguments: seeds, [1, 2, 3])
    func fewTracks(seed: UInt64, tracks: Int) {
        var loop = SimulatedLoop(tracks: tracks, offered: 0.4, lateness: .backlog, seed: seed)
        loop.run(seconds: 10)
        loop.offered = 1.6
        // A single one that needs more than there is is tried again now and then.
        loop.run(seconds: 20) { if $0.seconds > 12 { #expect($0.controller.shed.level >= 3) } }
        loop.offered = 0.4
        loop.run(seconds: 5)
        #expect(loop.controller.shed.level == 0)
    }

    /// The steps come in the order that is promised: rhythm first, tracks last.
    @Test func theOrder() {
        var controller = LoadController(target: 0.85)
        var levels: [Int] = []
        for _ in 0..<12 {
            controller.step(
                .init(share: 0.98, lateSeconds: 0.1, packetsPerSecond: 1_000), tracks: 20,
                givenUp: controller.shed.tracks)
            levels.append(controller.shed.level)
        }
        #expect(Array(levels.prefix(5)) == [0, 1, 2, 3, 4])
        #expect(levels == levels.sorted())
    }
}
