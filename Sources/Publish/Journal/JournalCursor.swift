public import Events
import NIOCore

/// An event as a way out of its own reads it.
public struct JournalEvent: Sendable {
    /// Its number and type.
    public let sequence: Int, kind: EventKind
    /// Whom it concerns.
    public let session: String?, speaker: String?
    /// Whether what was measured of its speaker before is taken back by it.
    public let withdraws: Bool
    /// When it was published, on the monotonic clock, milliseconds.
    public let publishedMilliseconds: Int64
    /// The line, without line feed.
    public let line: [UInt8]
}

/// A place in the order of events for a way out of its own, such as the bus: it has no place among the clients, costs
/// nothing while it does not read, and the ring is what waits for it.
public struct JournalCursor: Sendable {
    /// What comes next.
    public enum Item: Sendable {
        /// An event.
        case event(JournalEvent)
        /// One that may not be told any more, or never could be; its session, if it has one.
        case withdrawn(sequence: Int, session: String?)
        /// Events that have left the ring, whatever they were.
        case lost(ClosedRange<Int>)
    }

    private let core: PublisherCore
    /// Everything up to this event was read.
    public private(set) var sequence: Int

    init(_ core: PublisherCore, after sequence: Int) { (self.core, self.sequence) = (core, sequence) }

    /// Up to `limit` of what comes next, without ticks in whose place a newer one is told; empty at the end.
    public mutating func next(limit: Int = 64) -> [Item] {
        var items: [Item] = []
        while items.isEmpty {
            let backlog = core.backlog(after: sequence, limit: limit)
            if let lost = backlog.lost {
                items.append(.lost(lost))
                sequence = lost.upperBound
            }
            guard let last = backlog.entries.last else { break }
            for (record, newest) in backlog.entries {
                let isSuperseded = record.isThinned || newest.map { $0.sequence > record.sequence } ?? false
                if !isSuperseded { items.append(Self.item(record)) }
            }
            sequence = last.record.sequence
        }
        return items
    }

    private static func item(_ record: EventRecord) -> Item {
        guard let line = record.line else { return .withdrawn(sequence: record.sequence, session: record.key.session) }
        return .event(
            JournalEvent(
                sequence: record.sequence, kind: record.kind, session: record.key.session,
                speaker: record.key.speaker, withdraws: record.withdraws,
                publishedMilliseconds: record.publishedMilliseconds, line: Array(line.readableBytesView.dropLast())))
    }

    /// Returns as soon as there is something to read, at `Publisher.wakeCursors`, and at the end of the publisher or
    /// the task.
    public func wait(unless isOver: @Sendable () -> Bool) async {
        await core.waitForEvent(after: sequence, unless: isOver)
    }
}

extension Publisher {
    /// A cursor behind an event; 0 for the begin.
    public func cursor(after sequence: Int) -> JournalCursor { JournalCursor(core, after: sequence) }

    /// Lets cursors that wait look again.
    public func wakeCursors() { core.wakeReaders() }

    /// The run of the daemon, as `hello` names it.
    public var epoch: String { core.configuration.epoch }

    /// The last event, and the oldest that is kept; 0 and 1 where there is none.
    public var range: (oldest: Int, last: Int) { core.range }

    /// Sessions that run.
    public var sessions: [String] { core.sessions }

    /// What is known of a session after the event of that number; nil where it does not run.
    public func state(of session: String) -> (session: Snapshot.Session, sequence: Int)? { core.state(of: session) }
}

extension PublisherCore {
    var range: (oldest: Int, last: Int) {
        reading { journal in (journal.ring.firstSequence ?? journal.sequence + 1, journal.sequence) }
    }

    var sessions: [String] { reading { $0.projection.snapshot.map(\.id) } }

    func state(of session: String) -> (session: Snapshot.Session, sequence: Int)? {
        reading { journal in journal.projection.session(session).map { ($0, journal.sequence) } }
    }
}
