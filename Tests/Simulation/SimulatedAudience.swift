import Events
import Logging
import NIOCore
import SeededNumbers

@testable import Publish

/// Who reads a simulated session's events, well or badly, from the daemon's own journal: everything but the sockets.
final class SimulatedAudience {
    let core: PublisherCore
    private let clock: ManualClock
    private let ringBytes: Int
    private var record = PublicRecord()
    private var clients: [SimulatedClient]
    private var housekeptNanoseconds: Int64 = 0

    /// Draws how much is kept and who comes; the first client reads all that there is at once.
    init(clock: ManualClock, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        self.clock = clock
        var configuration = PublisherConfiguration(
            socketPath: "", daemonVersion: "0", policy: "standard", epoch: SimulatedClient.epoch)
        // So little that whoever does not read for a while loses something, and so much that whoever reads does not.
        configuration.clientQueueBytes = Int.random(in: 96...160, using: &random) << 10
        configuration.ringBytes = configuration.clientQueueBytes + Int.random(in: 16...128, using: &random) << 10
        configuration.ringSeconds = Double.random(in: 3...40, using: &random)
        ringBytes = configuration.ringBytes
        core = PublisherCore(
            configuration: configuration,
            clock: PublishClock(
                wallMilliseconds: { clock.nanoseconds / 1_000_000 }, monotonicNanoseconds: { clock.nanoseconds }),
            logger: Logger(label: "simulation") { _ in SilentLog() })
        clients = [SimulatedClient(.prompt, seed: random.next())]
        for conduct in SimulatedClient.Conduct.allCases {
            clients.append(SimulatedClient(conduct, seed: random.next()))
        }
    }

    /// Lets the clients take what came since the last time, as far as each of them does.
    ///
    /// - Parameter published: what came, by its number.
    func look(_ published: [(sequence: Int, event: Event)], complain: (String) -> Void) {
        for (sequence, event) in published { record.note(event, sequence: sequence) }
        if clock.nanoseconds - housekeptNanoseconds >= 500_000_000 {
            housekeptNanoseconds = clock.nanoseconds
            core.keepHouse()
        }
        record.note(through: core.sequence)
        lookAtMemory(complain)
        for index in clients.indices {
            clients[index].look(core, record, nowNanoseconds: clock.nanoseconds) { complain("client \(index): \($0)") }
        }
    }

    /// Lets everybody take what is left, also who was away.
    func end(complain: (String) -> Void) {
        for index in clients.indices {
            clients[index].end(core, record) { complain("client \(index), at the end: \($0)") }
        }
    }

    /// What is kept for those who are behind is bounded, whatever the ring itself has counted.
    private func lookAtMemory(_ complain: (String) -> Void) {
        let kept = core.backlog(after: 0, limit: .max).entries
        let bytes = kept.reduce(0) { $0 + ($1.record.line?.readableBytes ?? 0) }
        if bytes > ringBytes, kept.count > 1 { complain("\(bytes) bytes are kept, and not \(ringBytes)") }
        if bytes > core.statistics.ringBytes { complain("\(bytes) bytes are kept, and counted are fewer") }
    }
}

/// What was published, as those who look on know it.
struct PublicRecord {
    private struct Entry {
        var type = EventKind.heartbeat
        var speaker: String?
        /// Whose measures it carries.
        var measured: [String] = []
    }

    private var entries: [Entry] = []
    /// When each speaker took consent back last: the event's number, and its time.
    private var withdrawals: [String: (sequence: Int, seconds: Double)] = [:]

    mutating func note(_ event: Event, sequence: Int) {
        note(through: sequence - 1)
        var entry = Entry(type: event.body.kind, speaker: event.speaker)
        switch event.body {
        case .tick, .speechStarted, .speechEnded, .cueRaised, .cueChanged, .cueCleared, .quality, .video, .facePoints,
            .words, .tracker:
            entry.measured = [event.speaker ?? ""]
        case .turn(let turn): entry.measured = [event.speaker ?? "", turn.previousSpeaker ?? ""]
        case .overlapStarted(let overlap): entry.measured = [event.speaker ?? "", overlap.holder]
        case .overlap(let overlap): entry.measured = [event.speaker ?? "", overlap.holder]
        case .consent(let change) where change.takesBack:
            withdrawals[event.speaker ?? ""] = (sequence, event.timeSeconds ?? 0)
        default: break
        }
        entries.append(entry)
    }

    /// What else has a number up to this one is the publisher's own.
    mutating func note(through sequence: Int) {
        while entries.count < sequence { entries.append(Entry()) }
    }

    func type(of sequence: Int) -> String {
        entries.indices.contains(sequence - 1) ? entries[sequence - 1].type.rawValue : "nothing"
    }

    /// How many of these events a client wants.
    func wanted(_ numbers: ClosedRange<Int>, by filter: Subscription) -> Int {
        numbers.count { number in
            guard entries.indices.contains(number - 1) else { return true }
            let entry = entries[number - 1]
            if let speaker = entry.speaker, !filter.speakers.isEmpty, !filter.speakers.contains(speaker) {
                return false
            }
            return filter.types.isEmpty || filter.types.contains(entry.type)
        }
    }

    /// Who has taken consent back since an event that carries what was measured of them; nil where nobody has.
    func withdrawn(from sequence: Int) -> String? {
        guard entries.indices.contains(sequence - 1) else { return nil }
        return entries[sequence - 1].measured.first { sequence < withdrawals[$0]?.sequence ?? 0 }
    }

    /// Whether a tick of somebody is of a time before consent was taken back.
    func isWithdrawn(tickOf speaker: String, atSeconds seconds: Double) -> Bool {
        withdrawals[speaker].map { seconds <= $0.seconds } ?? false
    }
}
