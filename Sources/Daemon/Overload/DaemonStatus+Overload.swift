import Events
import Telemetry

extension DaemonStatus {
    /// What there is too much of, and what is given up for that.
    static func write(_ load: LoadBoard.Summary, to text: inout MetricsText) {
        text.metric(
            "attune_load_ratio", .gauge,
            help:
                "What there is to do by what can be done, of the busiest loop or the source threads; late above 1.",
            load.load)
        text.metric(
            "attune_shed_level", .gauge, help: "How far shedding has gone: 0 nothing, 1 to 3 ticks, 4 tracks too.",
            Double(load.level))
        text.metric("attune_shed_tracks", .gauge, help: "Tracks that are given up.", Double(load.tracks))
        text.metric(
            "attune_degraded_total", .counter, help: "Events of type degraded by what is given up.", by: "what",
            Degraded.What.allCases.map { ($0.rawValue, Double(load.degraded[$0] ?? 0)) })
    }
}
