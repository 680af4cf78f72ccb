import NIOCore
import Synchronization

/// A place in the order of events: where a client goes on after it was away.
public struct EventPosition: Sendable, Equatable {
    /// The run of the daemon.
    public var epoch: String
    /// The last event that was received.
    public var sequence: Int

    /// A place.
    public init(epoch: String, sequence: Int) {
        self.epoch = epoch
        self.sequence = sequence
    }
}

/// A client that takes its events itself, one batch after the other; what it has not taken waits in the ring as it
/// does for a client of the socket: ticks coalesce, then events are lost, and it is told so.
///
/// It has a place among the clients until it is released.
public actor EventReader {
    /// A line for the reader.
    public struct Line: Sendable {
        /// The event as JSON, without a line feed.
        public let json: [UInt8]
        /// Where to go on after this line; nil where the lines so far do not make a complete state.
        public let position: EventPosition?
    }

    private let core: PublisherCore
    private let isEnded = Atomic<Bool>(false)
    private var position: ClientPosition

    /// Lines that are handed over at a time.
    private static let batchLines = 64

    init(_ core: PublisherCore, _ position: ClientPosition) {
        self.core = core
        self.position = position
    }

    deinit { core.dismiss(loop: nil, isLast: false) }

    /// The next lines; waits for some. Empty where the filters have let nothing through for about as long as from one
    /// heartbeat to the next; nil at the end of the publisher, of the task, or after `end`.
    public func next() async -> [Line]? {
        let due = core.clock.monotonicMilliseconds() + core.configuration.heartbeatMilliseconds
        while core.isOpen, !Task.isCancelled, !isEnded.load(ordering: .acquiring) {
            let lines = takeLines()
            if !lines.isEmpty || core.clock.monotonicMilliseconds() >= due { return lines }
            await core.waitForEvent(after: position.cursor) { [seeker = position.seeker] in
                self.isEnded.load(ordering: .acquiring) || seeker?.hasNext ?? false
            }
        }
        return nil
    }

    /// Nothing comes any more; a waiting `next` returns at once.
    public nonisolated func end() {
        isEnded.store(true, ordering: .releasing)
        core.wakeReaders()
    }

    private func takeLines() -> [Line] {
        position.refresh()
        var lines: [Line] = []
        while lines.count < Self.batchLines, let line = position.next() {
            core.counters.deliveredBytes.count(line.readableBytes)
            let here = EventPosition(epoch: core.configuration.epoch, sequence: position.cursor)
            lines.append(
                Line(
                    json: Array(line.readableBytesView.dropLast()),
                    position: position.owesState ? nil : here))
        }
        return lines
    }
}
