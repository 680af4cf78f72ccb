import Telemetry
import Synchronization

/// Counters of the publisher since its start.
public struct PublisherStatistics: Sendable, Equatable {
    /// Clients connected now.
    public var clients = 0
    /// Clients that were ever admitted.
    public var admitted = 0
    /// Lines with which clients chose what they want, and came back.
    public var subscribes = 0, resumes = 0
    /// Events that got a sequence number.
    public var events = 0
    /// Bytes of their lines, each counted once.
    public var encodedBytes = 0
    /// Bytes handed to all clients together.
    public var deliveredBytes = 0
    /// Ticks that a slow client did not get because a newer one of the same speaker was waiting.
    public var coalesced = 0
    /// Contours of faces that a client asked for and did not get, because newer ones came before it took them.
    public var skippedPoints = 0
    /// Events that clients did not get because they had left the ring, were withdrawn or too long.
    public var lost = 0
    /// Events whose line would have been longer than a line may be.
    public var oversized = 0
    /// Connections refused because of the peer's user and groups.
    public var refusedPeers = 0
    /// Connections refused because there were already as many as allowed.
    public var refusedClients = 0
    /// Clients closed because of what they sent.
    public var rejectedLines = 0
    /// Clients closed because they sent lines too fast.
    public var hurriedClients = 0
    /// Clients closed because they took nothing for too long.
    public var stalledClients = 0
    /// Events in the ring now, and their bytes; 256 for one whose line is not kept.
    public var ringEvents = 0, ringBytes = 0
    /// Bytes of thinned ticks that are kept, and points that had to go before their time for want of room.
    public var historyBytes = 0, historyPointsDropped = 0
}

/// The counters that several event loops write.
final class PublishCounters: Sendable {
    let admitted = Atomic<Int>(0)
    let subscribes = Atomic<Int>(0)
    let resumes = Atomic<Int>(0)
    let deliveredBytes = Atomic<Int>(0)
    let coalesced = Atomic<Int>(0)
    let lost = Atomic<Int>(0)
    let refusedPeers = Atomic<Int>(0)
    let lastRefusedUID = Atomic<UInt32>(0)
    let refusedClients = Atomic<Int>(0)
    let rejectedLines = Atomic<Int>(0)
    let hurriedClients = Atomic<Int>(0)
    let stalledClients = Atomic<Int>(0)

    func fill(_ statistics: inout PublisherStatistics) {
        statistics.admitted = admitted.load(ordering: .relaxed)
        statistics.subscribes = subscribes.load(ordering: .relaxed)
        statistics.resumes = resumes.load(ordering: .relaxed)
        statistics.deliveredBytes = deliveredBytes.load(ordering: .relaxed)
        statistics.coalesced = coalesced.load(ordering: .relaxed)
        statistics.lost = lost.load(ordering: .relaxed)
        statistics.refusedPeers = refusedPeers.load(ordering: .relaxed)
        statistics.refusedClients = refusedClients.load(ordering: .relaxed)
        statistics.rejectedLines = rejectedLines.load(ordering: .relaxed)
        statistics.hurriedClients = hurriedClients.load(ordering: .relaxed)
        statistics.stalledClients = stalledClients.load(ordering: .relaxed)
    }
}

/// How long events take from the packet that decides them to a client's socket.
final class EventLatency: Sendable {
    /// When the packets arrived that decided a batch of events.
    struct Arrivals {
        var ticks: [Int64] = [], others: [Int64] = []

        mutating func note(_ record: EventRecord) {
            guard let arrived = record.arrivedNanoseconds else { return }
            if record.isCoalescible { ticks.append(arrived) } else { others.append(arrived) }
        }

        var isEmpty: Bool { ticks.isEmpty && others.isEmpty }
    }

    let ticks = LatencyHistogram()
    let others = LatencyHistogram()

    /// The lines of the batch are in the socket.
    func record(_ arrivals: Arrivals, nowNanoseconds: Int64) {
        if !arrivals.ticks.isEmpty { ticks.record(nanoseconds: arrivals.ticks.lazy.map { nowNanoseconds - $0 }) }
        if !arrivals.others.isEmpty { others.record(nanoseconds: arrivals.others.lazy.map { nowNanoseconds - $0 }) }
    }
}

extension Atomic where Value == Int {
    /// Adds to a counter.
    func count(_ amount: Int = 1) {
        wrappingAdd(amount, ordering: .relaxed)
    }
}
