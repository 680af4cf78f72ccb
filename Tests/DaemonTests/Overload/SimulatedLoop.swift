import SeededNumbers

@testable import Daemon

/// An event loop in simulated time: packets come, wait in the sockets, and are taken as fast as the processor allows.
struct SimulatedLoop {
    /// How late the timer is.
    enum Lateness {
        /// By the work that waits.
        case backlog
        /// By one round of reading: of each socket no more than 8 packets are taken before the timer has its turn.
        case round
    }

    var controller = LoadController(target: 0.85)
    /// Tracks that send, and what all of them cost where 1 is all that the processor can do.
    var tracks: Int
    var offered: Double
    /// Share of the processor that others leave, and whether the controller is told that the machine idles.
    var available = 1.0
    let lateness: Lateness
    /// What one socket may hold, seconds.
    private let socketSeconds = 8.0
    /// Seconds of media that each kept track has waiting.
    private(set) var waiting = 0.0
    private(set) var givenUp = 0
    private(set) var seconds = 0.0
    private var random: SeededRandom

    init(tracks: Int, offered: Double, lateness: Lateness, seed: UInt64) {
        self.tracks = tracks
        self.offered = offered
        self.lateness = lateness
        random = SeededRandom(seed: seed)
    }

    /// What a second of media of one track costs.
    private var cost: Double { tracks > 0 ? offered / Double(tracks) : 0 }

    /// Lets a step pass; `extra` seconds of the processor are lost to a hiccup.
    mutating func step(extra: Double = 0) {
        let length = 1 / Double(LoadController.stepsPerSecond)
        givenUp = min(controller.shed.tracks, tracks)
        let kept = tracks - givenUp
        let noise = Double.random(in: 0.95...1.05, using: &random)
        let ratio = cost * Double(kept) * noise
        // Seconds of media that can be taken of each kept track, and that are there to be taken.
        let possible = ratio > 0 ? max(0, length * available - extra) / ratio : .infinity
        let taken = min(possible, waiting + length)
        let before = waiting
        waiting = min(waiting + length - taken, socketSeconds)
        let isSaturated = waiting > 0.001
        let work = (before + waiting) / 2 * ratio / available
        let late: Double =
            switch lateness {
            case .backlog: work
            case .round: isSaturated ? min(work, 8 * 0.02 * ratio / available) : 0
            }
        var reading = LoadController.Reading(
            share: isSaturated ? available * 0.98 : min(available, ratio * taken / length),
            lateSeconds: (late + extra / 2) * Double.random(in: 0.7...1.3, using: &random)
                + Double.random(in: 0...0.01, using: &random))
        reading.packetsPerSecond = 50 * Double(kept) * taken / length * Double.random(in: 0.97...1.03, using: &random)
        reading.idleShare = max(0, available - reading.share)
        controller.step(reading, tracks: tracks, givenUp: givenUp)
        seconds += length
    }

    /// Lets seconds pass; `look` sees every step.
    mutating func run(seconds: Double, _ look: (SimulatedLoop) -> Void = { _ in }) {
        for _ in 0..<Int(seconds * Double(LoadController.stepsPerSecond)) {
            step()
            look(self)
        }
    }
}
