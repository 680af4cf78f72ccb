import Synchronization

/// Counters of the publisher since its start.
public struct PublisherStatistics: Sendable, Equatable {
    /// Clients connected now.
    public var clients = 0
    /// Clients that were ever admitted.
    public var admitted = 0
    /// Events that got a sequence number.
    public var events = 0
    /// Bytes of their lines, each counted once.
    public var encodedBytes = 0
    /// Bytes handed to all clients together.
    public var deliveredBytes = 0
    /// Ticks that a slow client did not get because a newer one of the same speaker was waiting.
    public var coalesced = 0
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
    /// Clients closed because they took nothing for too long.
    public var stalledClients = 0
    /// Events in the ring now, and their bytes.
    public var ringEvents = 0, ringBytes = 0
}

/// The counters that several event loops write.
final class PublishCounters: Sendable {
    let admitted = Atomic<Int>(0)
    let deliveredBytes = Atomic<Int>(0)
    let coalesced = Atomic<Int>(0)
    let lost = Atomic<Int>(0)
    let refusedPeers = Atomic<Int>(0)
    let lastRefusedUID = Atomic<UInt32>(0)
    let refusedClients = Atomic<Int>(0)
    let rejectedLines = Atomic<Int>(0)
    let stalledClients = Atomic<Int>(0)

    func fill(_ statistics: inout PublisherStatistics) {
        statistics.admitted = admitted.load(ordering: .relaxed)
        statistics.deliveredBytes = deliveredBytes.load(ordering: .relaxed)
        statistics.coalesced = coalesced.load(ordering: .relaxed)
        statistics.lost = lost.load(ordering: .relaxed)
        statistics.refusedPeers = refusedPeers.load(ordering: .relaxed)
        statistics.refusedClients = refusedClients.load(ordering: .relaxed)
        statistics.rejectedLines = rejectedLines.load(ordering: .relaxed)
        statistics.stalledClients = stalledClients.load(ordering: .relaxed)
    }
}

extension Atomic where Value == Int {
    /// Adds to a counter.
    func count(_ amount: Int = 1) {
        wrappingAdd(amount, ordering: .relaxed)
    }
}
