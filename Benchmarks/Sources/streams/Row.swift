import Foundation
import Pipeline
import Reports

/// What one number of streams of one kind costs.
struct Row {
    var kind: Material.Kind
    var streams: Int
    /// CPU seconds per hour of a stream: of the daemon, and of the least receiver for the same packets.
    var cpu = 0.0, leastCPU = 0.0
    /// Resident memory of the daemon at the end of the window, KiB; of it without files.
    var residentKibibytes = 0, anonymousKibibytes = 0
    /// What the ring of events held then, bytes.
    var ringBytes = 0.0
    var threads = 0
    var packetsPerSecond = 0.0
    /// Packets that were sent and not decoded.
    var missing = 0
    /// How late ticks came, in ms, ascending.
    var lateness: [Double] = []
    /// From packet to line since the daemon started, p99, ms.
    var latency = 0.0
    /// Ticks that should have come.
    var expectedTicks = 0
    /// The most that the sender was behind, ms.
    var senderLate = 0.0
    /// CPU seconds per stream hour that the daemon's media path itself counts.
    var decode = 0.0, analysis = 0.0

    func late(_ quantile: Double) -> Double {
        guard !lateness.isEmpty else { return .nan }
        return lateness[min(lateness.count - 1, Int(quantile * Double(lateness.count)))]
    }
}

/// Measures rows.
struct Measurement {
    let daemon: String
    let detection: SpeechDetection
    let material: Material
    let folder: String
    let warmUpSeconds: Double
    let windowSeconds: Double

    func row(_ kind: Material.Kind, _ streams: Int) throws -> Row {
        var row = Row(kind: kind, streams: streams)
        try measureDaemon(&row)
        try measureLeast(&row)
        return row
    }

    private func measureDaemon(_ row: inout Row) throws {
        let daemon = try Daemon(daemon, detection: detection, folder: folder)
        defer { daemon.stop() }
        let subscriber = try Subscriber(path: daemon.events)
        let ports = try (0..<row.streams).map { index in
            let (session, speaker) = index.quotientAndRemainder(dividingBy: Material.speakersPerSession)
            return try daemon.attach(session: "s\(session)", speaker: "p\(speaker)")
        }
        let sender = Sender(material.streams(row.kind, to: ports))
        defer { sender.stop() }
        Thread.sleep(forTimeInterval: warmUpSeconds)
        _ = sender.takeMostLate()
        let sentBefore = sender.packets
        let before = try daemon.metrics()
        subscriber.reset()
        let cpuBefore = try daemon.child.cpuSeconds()
        let began = Date()
        Thread.sleep(forTimeInterval: windowSeconds)
        let cpuAfter = try daemon.child.cpuSeconds()
        let seconds = Date().timeIntervalSince(began)
        row.lateness = subscriber.lateness().map { $0 * 1000 }.sorted()
        let hours = Double(row.streams) * seconds / 3600
        row.cpu = (cpuAfter - cpuBefore) / hours
        row.residentKibibytes = try daemon.child.status("VmRSS")
        row.anonymousKibibytes = try daemon.child.status("RssAnon")
        row.latency = try daemon.latencyMilliseconds()
        row.threads = try daemon.child.status("Threads")
        row.senderLate = sender.takeMostLate()
        row.packetsPerSecond = Double(sender.packets - sentBefore) / seconds
        row.expectedTicks = Int(Double(row.streams) * seconds)
        let after = try daemon.metrics()
        row.ringBytes = after["attune_ring_bytes"] ?? 0
        func grown(_ name: String) -> Double { (after[name] ?? 0) - (before[name] ?? 0) }
        row.decode = grown(#"attune_media_cpu_seconds_total{stage="decode"}"#) / hours
        row.analysis = grown(#"attune_media_cpu_seconds_total{stage="analysis"}"#) / hours
        let dropped = after.keys.filter { $0.hasPrefix("attune_rtp_packets_dropped_total") }
        row.missing =
            Int(
                grown("attune_rtp_packets_lost_total") + dropped.reduce(0) { $0 + grown($1) })
            + sender.refused + subscriber.lagged
    }

    private func measureLeast(_ row: inout Row) throws {
        let least = try Child(
            CommandLine.arguments[0], ["least", "\(row.streams)"], log: FileHandle.standardError)
        defer { least.stop() }
        let ports = try least.firstLine().split(separator: " ").compactMap { UInt16($0) }
        guard ports.count == row.streams else { throw BenchmarkError(message: "the least receiver did not start") }
        let sender = Sender(material.streams(row.kind, to: ports))
        defer { sender.stop() }
        Thread.sleep(forTimeInterval: 2)
        let before = try least.cpuSeconds()
        let began = Date()
        Thread.sleep(forTimeInterval: windowSeconds)
        let hours = Double(row.streams) * Date().timeIntervalSince(began) / 3600
        row.leastCPU = (try least.cpuSeconds() - before) / hours
    }
}
