import CPlatform
import Control
import ControlAPI
import Events
import Glibc
import Kit
import MediaTypes
import Publish
import Telemetry

/// What the daemon says of itself: health figures and metrics. No label holds the name of a session or a speaker.
struct DaemonStatus: StatusBackend {
    let publisher: Publisher
    let registry: SessionRegistry
    let store: StoredSessions
    let refusals: SocketRefusals
    /// Nil where nobody is told of cues.
    var cueActions: CueActions?
    /// Nil where nothing is kept of consent.
    var ledger: ConsentLedger?
    /// Nil where there is no bus.
    var bus: BusCounters?
    private let startedMilliseconds = unixMilliseconds()

    /// Upper edges of the latency buckets, seconds.
    private static let latencyBounds = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10]

    /// Metrics that are one counter of media each.
    static let mediaCounters: [(name: String, help: String, counter: MediaCounter)] = [
        ("attune_rtp_packets_total", "Well-formed RTP packets received.", .packets),
        ("attune_rtp_bytes_total", "Bytes of the datagrams that receivers of plain RTP took.", .bytes),
        ("attune_rtcp_packets_total", "Well-formed RTCP compounds received by ports with one speaker.", .rtcpPackets),
        ("attune_rtp_packets_lost_total", "RTP packets that were not there when their turn came.", .lost),
        ("attune_rtp_packets_reordered_total", "RTP packets that came out of order, but in time.", .reordered),
        ("attune_rtp_restarts_total", "How often the media time of a sender began anew.", .restarts),
        ("attune_rtp_video_packets_total", "RTP packets of pictures that were taken.", .videoPackets),
        ("attune_rtp_video_bytes_total", "Bytes of these.", .videoBytes),
        ("attune_rtp_video_packets_lost_total", "RTP packets of pictures that never came.", .videoLost),
        ("attune_rtp_video_restarts_total", "How often another sender of pictures took a port over.", .videoRestarts),
        ("attune_rtp_key_frames_requested_total", "How often a sender was asked for a key frame.", .keyFrameRequests),
        ("attune_rtp_pictures_total", "Pictures of plain RTP that were put together.", .assembledPictures),
        ("attune_rtp_key_frames_total", "Key frames among these.", .keyFrames),
        (
            "attune_media_decode_errors_total", "Packets of inputs read by FFmpeg that could not be decoded.",
            .inputDecodeErrors
        ),
        ("attune_pictures_total", "Pictures that were looked at.", .pictures),
        (
            "attune_picture_packets_decoded_total", "Packets of pictures that went to a decoder; none without consent.",
            .picturePackets
        ),
        (
            "attune_picture_packets_dropped_total",
            "Packets of pictures that went to no decoder: nobody may look, or nobody needs them.", .pictureDrops
        ),
        (
            "attune_workers_failed_total",
            "Processes that read a source and ended by themselves, hung or said nonsense.",
            .failedWorkers
        ),
    ]

    func isReady() async -> Bool { await registry.isTakingCalls }

    func latency() -> EventLatencySummary {
        let latency = publisher.latency
        let counts = latency.ticks + latency.others
        func milliseconds(_ quantile: Double) -> Double? {
            counts.nanoseconds(quantile: quantile).map { (Double($0) / 1e4).rounded() / 100 }
        }
        return EventLatencySummary(
            events: counts.count, medianMilliseconds: milliseconds(0.5), p99Milliseconds: milliseconds(0.99),
            maxMilliseconds: milliseconds(1))
    }

    func metrics() async -> String {
        var text = MetricsText()
        text.metric(
            "attune_build_info", .gauge, help: "Always 1; the version is in the label.", by: "version",
            [(attuneVersion, 1)])
        Self.write(await registry.load(), to: &text)
        Self.write(registry.overload.board.summary, to: &text)
        Self.write(publisher.statistics, to: &text)
        Self.write(refusals, to: &text)
        text.metric(
            "attune_attach_refused_total", .counter, help: "Requests to attach that were refused.",
            Double(registry.refusals.counts.reduce(0) { $0 + $1.count }))
        let latency = publisher.latency
        text.histogram(
            "attune_event_latency_seconds",
            help: "From the arrival of the packet that decides an event to its line in a client's socket.",
            bounds: Self.latencyBounds, by: "kind", [("tick", latency.ticks), ("other", latency.others)])
        text.metric(
            "attune_cue_actions_total", .counter,
            help: "Cues that were to be handed over by cues.on_raise, by outcome.",
            by: "outcome",
            CueActions.Outcome.allCases.map { outcome in
                (outcome.rawValue, Double(cueActions?.counts.first { $0.outcome == outcome }?.count ?? 0))
            })
        let health = store.health
        text.metric(
            "attune_store_state", .gauge, help: "1 for the state that the store is in.", by: "state",
            ["off", "on", "failing", "unavailable"].map { ($0, health.state == $0 ? 1 : 0) })
        text.metric(
            "attune_store_dropped_events_total", .counter, help: "Events that could not be stored.",
            Double(health.dropped))
        text.metric(
            "attune_ledger_lost_lines_total", .counter, help: "Decisions on consent that could not be kept.",
            Double(ledger?.lost ?? 0))
        Self.write(registry.voices?.statistics ?? VoicePool.Statistics(), to: &text)
        Self.write(registry.recogniser?.statistics ?? RecogniserPool.Statistics(state: .off), to: &text)
        Self.write(bus?.statistics ?? BusStatistics(), to: &text)
        writeProcess(to: &text)
        return text.text
    }

    static func write(
        _ load: (total: SourceLoad, states: [SourceState.State], sessions: Int), to text: inout MetricsText
    ) {
        text.metric("attune_sessions", .gauge, help: "Running sessions.", Double(load.sessions))
        let states = ["connecting", "live", "stalled", "reconnecting", "ended"]
        text.metric(
            "attune_sources", .gauge, help: "Sources of running sessions by state.", by: "state",
            states.map { state in (state, Double(load.states.count { $0.rawValue == state })) })
        for (name, help, counter) in mediaCounters {
            text.metric(name, .counter, help: help, Double(load.total[counter]))
        }
        text.metric(
            "attune_rtp_packets_dropped_total", .counter, help: "RTP packets dropped by reason.", by: "reason",
            MediaCounter.allCases.compactMap { counter in
                counter.dropReason.map { ($0, Double(load.total[counter])) }
            })
        text.metric(
            "attune_rtp_video_packets_dropped_total", .counter, help: "RTP packets of pictures dropped by reason.",
            by: "reason",
            MediaCounter.allCases.compactMap { counter in
                counter.videoDropReason.map { ($0, Double(load.total[counter])) }
            })
        text.metric(
            "attune_rtp_pictures_dropped_total", .counter, help: "Pictures of plain RTP dropped by reason.",
            by: "reason",
            [
                ("broken", Double(load.total[.brokenPictures])),
                ("unreferenced", Double(load.total[.unreferencedPictures])),
                ("unqueued", Double(load.total[.unqueuedPictures])),
            ])
        text.metric(
            "attune_rtp_packets_not_decoded_total", .counter,
            help: "RTP packets that say that there is silence, and were taken as that.", by: "reason",
            [("comfort_noise", Double(load.total[.comfortNoise])), ("silent", Double(load.total[.silent]))])
        text.metric(
            "attune_rtp_media_seconds_total", .counter, help: "Media of plain RTP that did not come as such, by kind.",
            by: "kind",
            [("silence", MediaCounter.silenceSamples), ("concealed", .concealedSamples), ("lost", .lostSamples)].map {
                ($0.0, Double(load.total[$0.1]) / Double(AudioGrid.sampleRateHz))
            })
        text.metric(
            "attune_hops_dropped_total", .counter,
            help: "Hops of 10 ms of voice that sessions dropped, because they came too late or lay too far ahead.",
            by: "reason", [("late", Double(load.total[.lateHops])), ("ahead", Double(load.total[.aheadHops]))])
        text.metric(
            "attune_speakers_refused_total", .counter, help: "Speakers for whom a session had no room.",
            Double(load.total[.refusedSpeakers]))
        text.metric(
            "attune_media_cpu_seconds_total", .counter, help: "CPU time of the media path by stage.", by: "stage",
            [
                ("decode", Double(load.total.decodeNanoseconds) / 1e9),
                ("analysis", Double(load.total.analysisNanoseconds) / 1e9),
            ])
    }

    static func write(_ counted: PublisherStatistics, to text: inout MetricsText) {
        text.metric("attune_events_total", .counter, help: "Events published.", Double(counted.events))
        text.metric(
            "attune_event_bytes_total", .counter, help: "Bytes of their lines, each counted once.",
            Double(counted.encodedBytes))
        text.metric(
            "attune_delivered_bytes_total", .counter, help: "Bytes handed to all subscribers together.",
            Double(counted.deliveredBytes))
        text.metric("attune_subscribers", .gauge, help: "Subscribers connected now.", Double(counted.clients))
        text.metric(
            "attune_subscribers_admitted_total", .counter, help: "Subscribers that were ever admitted.",
            Double(counted.admitted))
        text.metric(
            "attune_subscriber_commands_total", .counter, help: "Lines with which subscribers chose or came back.",
            by: "command", [("subscribe", Double(counted.subscribes)), ("resume", Double(counted.resumes))])
        text.metric(
            "attune_subscribers_refused_total", .counter, help: "Connections refused by reason.", by: "reason",
            [("not_allowed", Double(counted.refusedPeers)), ("too_many", Double(counted.refusedClients))])
        text.metric(
            "attune_subscribers_closed_total", .counter, help: "Subscribers closed by reason.", by: "reason",
            [
                ("bad_line", Double(counted.rejectedLines)), ("too_many_commands", Double(counted.hurriedClients)),
                ("stalled", Double(counted.stalledClients)),
            ])
        text.metric(
            "attune_undelivered_events_total", .counter,
            help: "Events that single subscribers did not get, or nobody (oversized), by reason.", by: "reason",
            [
                ("coalesced", Double(counted.coalesced)), ("lost", Double(counted.lost)),
                ("oversized", Double(counted.oversized)), ("points", Double(counted.skippedPoints)),
            ])
        text.metric(
            "attune_ring_events", .gauge, help: "Events kept for subscribers that are behind or come back.",
            Double(counted.ringEvents))
        text.metric("attune_ring_bytes", .gauge, help: "Bytes of their lines that are kept.", Double(counted.ringBytes))
        text.metric(
            "attune_history_bytes", .gauge, help: "Bytes of thinned ticks that are kept for pages loaded anew.",
            Double(counted.historyBytes))
        text.metric(
            "attune_history_dropped_points_total", .counter,
            help: "Points of the history that had to go before their time for want of room.",
            Double(counted.historyPointsDropped))
    }

    static func write(_ refusals: SocketRefusals, to text: inout MetricsText) {
        text.metric(
            "attune_connections_refused_total", .counter,
            help: "Connections refused, or closed before it was known what they are, by socket and reason.",
            by: ("socket", "reason"),
            refusals.all.flatMap { socket, refusals in
                refusals.counts.map { (socket, $0.reason.rawValue, Double($0.count)) }
            })
    }

    static func write(_ words: RecogniserPool.Statistics, to text: inout MetricsText) {
        text.metric(
            "attune_recogniser_state", .gauge, help: "1 for the state that the recogniser is in.", by: "state",
            RecogniserPool.State.allCases.map { ($0.rawValue, words.state == $0 ? 1 : 0) })
        text.metric(
            "attune_speech_units_total", .counter, help: "Units of speech for the recogniser by outcome.",
            by: "outcome",
            [
                ("decoded", Double(words.decoded)), ("empty", Double(words.empty)), ("late", Double(words.late)),
                ("failed", Double(words.failed)), ("withdrawn", Double(words.withdrawn)),
                ("partial", Double(words.partials)), ("late_partial", Double(words.latePartials)),
            ])
        text.metric(
            "attune_speech_units_waiting", .gauge, help: "Units of speech that wait for the recogniser.",
            Double(words.waiting))
        text.metric(
            "attune_recogniser_failures_total", .counter, help: "How often the recogniser's process has failed.",
            Double(words.failures))
        text.metric(
            "attune_recogniser_audio_seconds_total", .counter, help: "Speech that was written down.",
            words.audioSeconds)
        text.metric(
            "attune_recogniser_cpu_seconds_total", .counter, help: "CPU time that this took.", words.cpuSeconds)
    }

    static func write(_ voices: VoicePool.Statistics, to text: inout MetricsText) {
        text.metric(
            "attune_voices_state", .gauge, help: "1 for the state that what tells voices apart is in.", by: "state",
            VoicePool.State.allCases.map { ($0.rawValue, voices.state == $0 ? 1 : 0) })
        text.metric(
            "attune_voices_tracks", .gauge, help: "Tracks whose voices are told apart.", Double(voices.tracks))
        text.metric(
            "attune_voices_audio_seconds_total", .counter, help: "Audio of such tracks by outcome.", by: "outcome",
            [("heard", voices.heardSeconds), ("late", voices.lateSeconds)])
        text.metric(
            "attune_voices_waiting_seconds", .gauge, help: "Audio of such tracks that waits.", voices.waitingSeconds)
        text.metric(
            "attune_voices_cpu_seconds_total", .counter, help: "CPU time that this took.", voices.cpuSeconds)
        text.metric(
            "attune_voices_failures_total", .counter, help: "How often what tells voices apart could not be loaded.",
            Double(voices.failures))
    }

    /// The metrics that every Prometheus client library has of its process.
    private func writeProcess(to text: inout MetricsText) {
        var usage = attune_process_usage()
        guard attune_read_process_usage(&usage) == 0 else { return }
        text.metric(
            "process_cpu_seconds_total", .counter, help: "CPU time of the process, user and system.", usage.cpu_seconds)
        text.metric(
            "process_resident_memory_bytes", .gauge, help: "Resident memory of the process.",
            Double(usage.resident_bytes))
        text.metric(
            "process_start_time_seconds", .gauge, help: "When it started, Unix time.",
            Double(startedMilliseconds) / 1_000)
        text.metric("process_open_fds", .gauge, help: "Open file descriptors.", Double(usage.open_descriptors))
        text.metric("process_max_fds", .gauge, help: "File descriptors it may open.", Double(usage.most_descriptors))
    }
}
