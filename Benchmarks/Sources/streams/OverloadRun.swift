import Foundation
import Pipeline
import Reports

/// Twice the streams that one core can carry, one session of high priority among them: what becomes of its ticks, and
/// how soon everything is back once the load has ended.
struct OverloadRun {
    /// Longest distance of two ticks of the session of high priority, and time until everything is back, seconds.
    private static let maxDistance = 2.0, maxRecovery = 5.0
    private static let tried = 120
    /// The session of high priority.
    static let watched = "high"

    let daemon: String
    let detection: SpeechDetection
    let material: Material
    let folder: String
    /// How long the load lasts.
    let seconds: Double

    private struct Figures {
        var fitting = 0, streams = 0
        var distance = 0.0, others = 0.0
        var ticks = 0, expected = 0
        /// Media of the session of high priority that was lost, percent.
        var loss = 0.0
        var shedTracks = 0.0, ratio = 0.0
        var recovery: Double?
        var degraded = 0
    }

    /// - Returns: the text for docs/performance.md, and whether the limits are kept.
    func run() throws -> (text: String, isKept: Bool) {
        let with = try measure(isEnabled: true)
        let without = try measure(isEnabled: false)
        let isKept = with.distance <= Self.maxDistance && (with.recovery ?? .infinity) <= Self.maxRecovery
        var table = Table(
            "shedding", "streams (that fit)", "high priority: largest distance of ticks, s", "its ticks",
            "of its media lost, %",
            "all others: largest distance, s", "tracks given up at the end", "`degraded` events",
            "everything back after, s")
        for (name, row) in [("on", with), ("off", without)] {
            table.add(
                name, "\(row.streams) (\(row.fitting))", figure(row.distance), "\(row.ticks) of \(row.expected)",
                figure(row.loss, 1),
                figure(row.others), figure(row.shedTracks, 0), "\(row.degraded)",
                row.recovery.map { figure($0, 1) } ?? "")
        }
        let text = """
            `make bench-overload`, \(today()), \(machine()), the daemon on one of them, release build, speech detector:
            \(detection.name); all speak; ticks of 1 s; the load lasts \(figure(seconds, 0)) s.

            \(table.text)
            \(isKept ? "Every limit is kept" : "Limits missed"): \(figure(Self.maxDistance, 0)) s between ticks of the session of high priority, \
            \(figure(Self.maxRecovery, 0)) s until everything is back.
            """
        return (text, isKept)
    }

    private func measure(isEnabled: Bool) throws -> Figures {
        var row = Figures()
        let daemon = try Daemon(
            daemon, detection: detection, folder: folder,
            settings: "overload: {enabled: \(isEnabled)}\nsources: {max: 4096}", core: 0)
        defer { daemon.stop() }
        let arrivals = try Arrivals(path: daemon.events)
        var ports = try (0..<2).map { try daemon.attach(session: Self.watched, speaker: "p\($0)", priority: "high") }
        ports += try (0..<Self.tried).map { try daemon.attach(session: "a\($0 / 10)", speaker: "p\($0)") }
        let base = Sender(material.streams(.speech, to: ports))
        defer { base.stop() }
        Thread.sleep(forTimeInterval: 8)
        let before = try daemon.child.cpuSeconds()
        let began = Arrivals.now()
        Thread.sleep(forTimeInterval: 8)
        let share = (try daemon.child.cpuSeconds() - before) / (Arrivals.now() - began) / Double(ports.count)
        row.fitting = Int(1 / share)
        row.streams = 2 * row.fitting
        let more = try (0..<max(0, row.streams - ports.count)).map {
            try daemon.attach(session: "b\($0 / 10)", speaker: "p\($0)")
        }
        // All at once, not one after the other.
        let extra = Sender(
            material.streams(.speech, to: more).map { stream in
                var stream = stream
                stream.delay = 0
                return stream
            })
        let start = Arrivals.now()
        Thread.sleep(forTimeInterval: seconds)
        let metrics = try daemon.metrics()
        extra.stop()
        let end = Arrivals.now()
        row.shedTracks = metrics["attune_shed_tracks"] ?? 0
        row.ratio = metrics["attune_load_ratio"] ?? 0
        Thread.sleep(forTimeInterval: 15)
        let lines = arrivals.lines(from: start - 1, to: end)
        let ticks = lines.filter { $0.type == "tick" }
        row.distance = distance(ticks.filter { $0.session == Self.watched }, to: end)
        row.others = distance(ticks.filter { $0.session != Self.watched }, to: end)
        row.ticks = ticks.count { $0.session == Self.watched }
        row.loss = ticks.map(\.lossPercent).max() ?? 0
        row.expected = Int(2 * (end - start + 1))
        row.degraded = lines.count { $0.type == "degraded" }
        if isEnabled {
            let level = try daemon.metrics()["attune_shed_level"]
            let last = arrivals.lines(from: end, to: .infinity).last { $0.type == "recovered" }
            row.recovery = level == 0 ? last.map { $0.seconds - end } : .infinity
        }
        return row
    }

    /// The largest distance of two ticks of one speaker, or of the last one from the end.
    private func distance(_ ticks: [Arrivals.Line], to end: Double) -> Double {
        Dictionary(grouping: ticks) { $0.session + "/" + $0.speaker }.values.map { ticks in
            let times = ticks.map(\.seconds) + [end]
            return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? 0
        }.max() ?? 0
    }
}
