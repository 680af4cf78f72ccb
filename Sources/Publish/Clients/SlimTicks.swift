import Events
import NIOCore
import Synchronization

/// Ticks with the same few members, for all clients that asked for these: each is cut once.
final class SlimTicks: Sendable {
    private let fields: TickFields
    /// By the lowest bits of the sequence number, so that it is bounded without a list of what is oldest.
    private let lines = Mutex<[(sequence: Int, line: ByteBuffer)?]>(Array(repeating: nil, count: places))

    /// More than a loop hands to its clients at a time.
    private static let places = 512

    init(_ fields: TickFields) {
        self.fields = fields
    }

    /// The slim line of a tick that is whole in `line`.
    func line(of sequence: Int, cutFrom line: ByteBuffer) -> ByteBuffer {
        let place = sequence & (Self.places - 1)
        return lines.withLock { lines in
            if let known = lines[place], known.sequence == sequence { return known.line }
            let slim = lineBuffer(fields.cut(Array(line.readableBytesView)))
            lines[place] = (sequence, slim)
            return slim
        }
    }

    /// Forgets what was cut: somebody's values may not be kept any longer.
    func forgetLines() {
        lines.withLock { $0 = Array(repeating: nil, count: Self.places) }
    }
}

/// The slim ticks that clients ask for now.
final class SlimTickSets: Sendable {
    private struct Weak: Sendable {
        weak var ticks: SlimTicks?
    }

    /// Different sets of members at the same time; each is cut from every tick.
    static let most = 64

    private let sets = Mutex<[TickFields: Weak]>([:])

    /// Those with these members, shared by all who ask for them; nil for whole ones.
    ///
    /// - Throws: `too_many_field_sets`.
    func shared(_ fields: TickFields?) throws(ErrorLine) -> SlimTicks? {
        guard let fields else { return nil }
        let ticks: SlimTicks? = sets.withLock { sets in
            if let ticks = sets[fields]?.ticks { return ticks }
            if sets.count >= Self.most { sets = sets.filter { $0.value.ticks != nil } }
            guard sets.count < Self.most else { return nil }
            let ticks = SlimTicks(fields)
            sets[fields] = Weak(ticks: ticks)
            return ticks
        }
        guard let ticks else {
            throw ErrorLine(
                code: "too_many_field_sets",
                message: "clients ask for \(Self.most) different sets of 'fields' already; ask for one of theirs or all"
            )
        }
        return ticks
    }

    func forgetLines() {
        let all = sets.withLock { $0.values.compactMap(\.ticks) }
        for ticks in all { ticks.forgetLines() }
    }
}
