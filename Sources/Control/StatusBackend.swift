public import ControlAPI

/// What the control socket tells of the daemon itself.
public protocol StatusBackend: Sendable {
    /// Whether new sources are taken; false while the daemon ends.
    func isReady() async -> Bool
    /// How long events take to their subscribers.
    func latency() async -> EventLatencySummary
    /// Everything that is counted, in the text format of Prometheus; names nobody and no session.
    func metrics() async -> String
}
