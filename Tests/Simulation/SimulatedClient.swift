import Events
import NIOCore
import SeededNumbers

@testable import Publish

/// A client of the event socket, who reads as drawn from a seed and looks at every line.
struct SimulatedClient {
    enum Conduct: CaseIterable {
        /// Reads all there is at once.
        case prompt
        /// Reads less than comes.
        case slow
        /// Reads nothing for a while, now and then.
        case stopping
        /// Is cut off now and then, and goes on by the number of the last event.
        case returning
    }

    static let epoch = "now"

    private let conduct: Conduct
    private let filter: Subscription
    private var random: SeededRandom
    /// Nil while it is not connected.
    private var position: ClientPosition?
    /// The last number up to which it was told everything, or was told that something is missing.
    private var last = 0
    /// It has been connected before.
    private var isKnown = false
    /// It reads nothing, or is away, before this time.
    private var idleUntilNanoseconds: Int64 = 0
    private var readNanoseconds: Int64 = 0
    private var mayTakeBytes = 0.0
    private let bytesPerSecond: Double

    init(_ conduct: Conduct, seed: UInt64) {
        self.conduct = conduct
        random = SeededRandom(seed: seed)
        bytesPerSecond = Double.random(in: 200...4_000, using: &random)
        filter =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: Subscription(speakers: ["p0"])
            case 1: Subscription(types: [.tick, .consent, .gap, .turn])
            default: Subscription()
            }
    }

    mutating func look(
        _ core: PublisherCore, _ record: PublicRecord, nowNanoseconds now: Int64, complain: (String) -> Void
    ) {
        let seconds = Double(now - readNanoseconds) / 1e9
        readNanoseconds = now
        guard now >= idleUntilNanoseconds else { return }
        connect(core, complain)
        switch conduct {
        case .prompt: read(core, record, bytes: .infinity, complain)
        case .slow:
            mayTakeBytes = min(mayTakeBytes + seconds * bytesPerSecond, 16_000)
            mayTakeBytes -= read(core, record, bytes: mayTakeBytes, complain)
        case .stopping, .returning:
            read(core, record, bytes: .infinity, complain)
            guard Double.random(in: 0..<1, using: &random) < seconds / 6 else { return }
            idleUntilNanoseconds = now + Int64(Double.random(in: 0.1...30, using: &random) * 1e9)
            if conduct == .returning { disconnect(core) }
        }
    }

    /// Takes what is left.
    mutating func end(_ core: PublisherCore, _ record: PublicRecord, complain: (String) -> Void) {
        connect(core, complain)
        read(core, record, bytes: .infinity, complain)
        disconnect(core)
    }

    // MARK: Connection

    private mutating func connect(_ core: PublisherCore, _ complain: (String) -> Void) {
        guard position == nil, let admission = core.admit(loop: nil) else { return }
        var position = ClientPosition(admission, core, subscription: filter)
        defer {
            self.position = position
            isKnown = true
        }
        guard isKnown else {
            last = admission.sequence
            return
        }
        // Who knows only another run of the daemon gets all that is kept of this one.
        let isSame = Double.random(in: 0..<1, using: &random) < 0.8
        if !isSame { last = 0 }
        do throws(ErrorLine) {
            try position.resume(epoch: isSame ? Self.epoch : "before", after: isSame ? last : 7)
        } catch {
            complain("may not go on: \(error.message)")
        }
    }

    private mutating func disconnect(_ core: PublisherCore) {
        guard position != nil else { return }
        position = nil
        core.dismiss(loop: nil, isLast: false)
    }

    // MARK: Lines

    /// - Returns: the bytes that were read, the last line in whole.
    @discardableResult
    private mutating func read(
        _ core: PublisherCore, _ record: PublicRecord, bytes: Double, _ complain: (String) -> Void
    ) -> Double {
        var taken = 0.0
        position?.refresh()
        while taken < bytes {
            guard let line = position?.next() else {
                // Told everything: what it wants and was not told does not exist.
                if last < core.sequence { pass(through: core.sequence, record, complain) }
                return taken
            }
            taken += Double(line.readableBytes)
            take(line, record, complain)
        }
        return taken
    }

    private mutating func take(_ line: ByteBuffer, _ record: PublicRecord, _ complain: (String) -> Void) {
        guard let (type, sequence) = Self.head(of: line) else { return complain("a line without a head") }
        switch type {
        case "hello", "snapshot":
            // The last of what it does not want may lie in between.
            if sequence < last { complain("\(type) of \(sequence) after \(last)") }
            if sequence > last { pass(through: sequence, record, complain) }
            if type == "snapshot" { look(atSnapshot: line, record, complain) }
        case "lagged":
            guard case .lagged(let lagged)? = Self.event(of: line)?.body else { return complain("no lagged") }
            miss(lagged, record, complain)
        default:
            guard sequence > last else { return complain("\(type) \(sequence) again, after \(last)") }
            if sequence > last + 1 { pass(through: sequence - 1, record, complain) }
            last = sequence
            if record.wanted(sequence...sequence, by: filter) == 0 { complain("\(type) \(sequence) is not wanted") }
            if let speaker = record.withdrawn(from: sequence) {
                complain("\(type) \(sequence) of \(speaker), who has taken consent back")
            }
        }
    }

    private mutating func miss(_ lagged: Lagged, _ record: PublicRecord, _ complain: (String) -> Void) {
        guard lagged.from > last, lagged.to >= lagged.from else {
            return complain("lagged \(lagged.from)...\(lagged.to) after \(last)")
        }
        if lagged.from > last + 1 { pass(through: lagged.from - 1, record, complain) }
        let numbers = lagged.from...lagged.to
        last = lagged.to
        // What has left the ring counts whether it is wanted or not.
        let wanted = record.wanted(numbers, by: filter)
        if lagged.count < wanted || lagged.count > numbers.count {
            complain("lagged \(lagged.count) in \(numbers), of which \(wanted) are wanted")
        }
        // Whoever reads at once misses nothing but what was taken back in the same moment.
        if conduct == .prompt, let number = numbers.first(where: { record.withdrawn(from: $0) == nil }) {
            complain("\(record.type(of: number)) \(number) is missing, of \(numbers), though it reads all there is")
        }
    }

    /// Takes it that nothing up to a number is wanted.
    private mutating func pass(through sequence: Int, _ record: PublicRecord, _ complain: (String) -> Void) {
        let wanted = record.wanted(last + 1...sequence, by: filter)
        if wanted > 0 { complain("\(wanted) of \(last + 1)...\(sequence) missing without a word") }
        last = sequence
    }

    private func look(atSnapshot line: ByteBuffer, _ record: PublicRecord, _ complain: (String) -> Void) {
        guard case .snapshot(let snapshot)? = Self.event(of: line)?.body else { return complain("no snapshot") }
        for speaker in snapshot.sessions.flatMap(\.speakers) {
            guard let seconds = speaker.lastTickSeconds else { continue }
            if record.isWithdrawn(tickOf: speaker.name, atSeconds: seconds) {
                complain("tick of \(speaker.name), who has taken consent back, in a snapshot")
            }
        }
    }

    /// Type and number of a line; the rest is long, and need not be read for most of them.
    private static func head(of line: ByteBuffer) -> (type: String, sequence: Int)? {
        let fields = String(decoding: line.readableBytesView.prefix(96), as: UTF8.self).split(separator: ",")
        guard fields.count >= 3, fields[1].hasPrefix(#""type":""#), fields[2].hasPrefix(#""seq":"#),
            let sequence = Int(fields[2].dropFirst(6))
        else { return nil }
        return (String(fields[1].dropFirst(8).dropLast()), sequence)
    }

    private static func event(of line: ByteBuffer) -> Event? {
        EventLine(Array(line.readableBytesView.dropLast())).event
    }
}
