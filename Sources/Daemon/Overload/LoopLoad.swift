import Kit
import Logging
import RTP

/// Measures how late an event loop is, and sheds what it can't carry. Confined to that loop.
final class LoopLoad {
    private static let stepNanoseconds = 1_000_000_000 / Int64(LoadController.stepsPerSecond)
    /// A track without a packet for longer costs nothing, and is not given up.
    private static let activeNanoseconds: Int64 = 2_000_000_000

    private var part: LoadPart
    private let periodNanoseconds: Int64
    private var dueNanoseconds: Int64?
    /// Lateness of this step: sum, and of how many wake-ups.
    private var lateNanoseconds: Int64 = 0, wakeUps: Int64 = 0
    private var stepBegan: (wall: Int64, thread: Int64, packets: UInt64, idle: Double?)?

    /// - Parameter periodNanoseconds: between two wake-ups.
    init(part: LoadPart, periodNanoseconds: Int64) {
        self.part = part
        self.periodNanoseconds = periodNanoseconds
    }

    /// Begins a wake-up of the loop's timer.
    func wake(nowNanoseconds now: Int64) {
        if let dueNanoseconds { lateNanoseconds += max(0, now - dueNanoseconds) }
        wakeUps += 1
    }

    /// Ends it: the next one is due a period later. Four times a second it is looked at what to give up.
    func rest(_ receptions: [any TimedReception]) {
        let now = HostClock.monotonicNanoseconds()
        dueNanoseconds = now + periodNanoseconds
        guard let began = stepBegan else { return begin(receptions, now) }
        guard now - began.wall >= Self.stepNanoseconds * 9 / 10 else { return }
        var tracks: [RTPSpeaker] = []
        var sessions: [LiveSession] = []
        var seen: Set<ObjectIdentifier> = []
        var packets: UInt64 = 0
        for reception in receptions {
            if seen.insert(ObjectIdentifier(reception.session)).inserted { sessions.append(reception.session) }
            reception.forEachSpeaker { speaker in
                packets &+= speaker.receiver.statistics.packets
                if let latest = speaker.latestMediaNanoseconds, now - latest < Self.activeNanoseconds {
                    tracks.append(speaker)
                } else if speaker.isGivenUp {
                    speaker.isGivenUp = false
                }
            }
        }
        let seconds = Double(now - began.wall) / 1e9
        let thread = HostClock.threadNanoseconds()
        var reading = LoadController.Reading(
            share: min(1, Double(thread - began.thread) / Double(now - began.wall)),
            lateSeconds: Double(lateNanoseconds) / Double(max(1, wakeUps)) / 1e9)
        // Speakers that leave take their count with them; such a step tells nothing.
        if packets >= began.packets { reading.packetsPerSecond = Double(packets - began.packets) / seconds }
        let idle = part.isShedding ? HostTime.idleSeconds() : nil
        if let idle, let before = began.idle {
            reading.idleShare = (idle - before) / (seconds * Double(HostTime.processors))
        }
        part.step(reading, tracks: tracks, sessions: sessions, nowNanoseconds: now)
        (lateNanoseconds, wakeUps) = (0, 0)
        stepBegan = (now, thread, packets, idle)
    }

    /// Nothing is received any more.
    func stop() {
        (dueNanoseconds, stepBegan, lateNanoseconds, wakeUps) = (nil, nil, 0, 0)
        part.reset()
    }

    private func begin(_ receptions: [any TimedReception], _ now: Int64) {
        var packets: UInt64 = 0
        for reception in receptions { reception.forEachSpeaker { packets &+= $0.receiver.statistics.packets } }
        stepBegan = (now, HostClock.threadNanoseconds(), packets, nil)
        (lateNanoseconds, wakeUps) = (0, 0)
    }
}
