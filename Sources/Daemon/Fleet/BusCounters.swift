import Synchronization
import Telemetry

/// What a node has handed to the bus since its start.
struct BusStatistics: Sendable, Equatable {
    /// Whether the bus is there, and how often it was.
    var isConnected = false
    var connections = 0
    /// Facts that the bus keeps.
    var facts = 0
    /// Ticks and their batches, and bytes of these.
    var ticks = 0, batches = 0, batchBytes = 0
    /// Ticks that were too old, or for which the connection had no room.
    var droppedTicks = 0
    /// Events that had left the ring before the bus was there.
    var lost = 0
    /// Facts of sessions that another node has since.
    var fenced = 0
    /// Events that wait in the ring, and how old the oldest of them is.
    var waiting = 0
    var lagMilliseconds: Int64 = 0
}

/// The counters of a node's way to the bus.
final class BusCounters: Sendable {
    private let state = Mutex(BusStatistics())

    var statistics: BusStatistics { state.withLock { $0 } }

    func note(_ body: (inout BusStatistics) -> Void) { state.withLock { body(&$0) } }
}

extension DaemonStatus {
    /// The way to the bus; zeros where there is none.
    static func write(_ bus: BusStatistics, to text: inout MetricsText) {
        text.metric("attune_bus_connected", .gauge, help: "1 while the bus is there.", bus.isConnected ? 1 : 0)
        text.metric(
            "attune_bus_connections_total", .counter, help: "How often the bus was there.", Double(bus.connections))
        text.metric(
            "attune_bus_facts_total", .counter,
            help: "Events other than ticks for the bus: kept by it, or fenced as another node's.",
            by: "outcome",
            [("kept", Double(bus.facts)), ("fenced", Double(bus.fenced))])
        text.metric(
            "attune_bus_ticks_total", .counter,
            help: "Ticks for the bus: sent, or dropped as too old or for want of room.",
            by: "outcome", [("sent", Double(bus.ticks)), ("dropped", Double(bus.droppedTicks))])
        text.metric("attune_bus_batches_total", .counter, help: "Batches of ticks that were sent.", Double(bus.batches))
        text.metric(
            "attune_bus_batch_bytes_total", .counter, help: "Bytes of these batches.", Double(bus.batchBytes))
        text.metric(
            "attune_bus_lost_events_total", .counter, help: "Events that had left the ring before the bus was there.",
            Double(bus.lost))
        text.metric("attune_bus_waiting_events", .gauge, help: "Events that wait for the bus.", Double(bus.waiting))
        text.metric(
            "attune_bus_lag_seconds", .gauge, help: "How old the last event was when it was handed to the bus.",
            Double(bus.lagMilliseconds) / 1_000)
    }
}
