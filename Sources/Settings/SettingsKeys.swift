/// One key of the configuration file and how its value is taken.
struct SettingsKey {
    /// Path of the key, `section.key`.
    let path: String
    /// Reads the value into the settings; throws what the value should have been.
    let read: @Sendable (SettingsValue, inout Settings) throws -> Void

    init(
        _ path: String,
        _ read: @escaping @Sendable (SettingsValue, inout Settings) throws -> Void
    ) {
        self.path = path
        self.read = read
    }
}

extension SettingsKey {
    /// Every key there is. The shipped file has each of them (a test compares).
    static let all: [SettingsKey] = [
        SettingsKey("sockets.events") { $1.sockets.events = try $0.path() },
        SettingsKey("sockets.control") { $1.sockets.control = try $0.path() },
        SettingsKey("sockets.mode") { $1.sockets.mode = try $0.fileMode() },
        SettingsKey("sockets.group") { $1.sockets.group = try $0.optionalText() },
        SettingsKey("sockets.allow_uids") { $1.sockets.allowedUserIDs = try $0.optionalUserIDs() },
        SettingsKey("events.tick_s") { $1.events.tickMilliseconds = try $0.milliseconds(0.1...10, step: 10) },
        SettingsKey("events.heartbeat_s") { $1.events.heartbeatMilliseconds = try $0.milliseconds(1...3600) },
        SettingsKey("events.ring_s") { $1.events.ringSeconds = try $0.integer(1...3600) },
        SettingsKey("events.ring_mib") { $1.events.ringMebibytes = try $0.integer(1...1024) },
        SettingsKey("events.max_clients") { $1.events.maximumClients = try $0.integer(1...10_000) },
        SettingsKey("events.client_queue_kib") { $1.events.clientQueueKibibytes = try $0.integer(128...65_536) },
        SettingsKey("events.client_stall_s") {
            $1.events.clientStallMilliseconds = try $0.milliseconds(1...600)
        },
        SettingsKey("conversation.windows_s") { $1.conversation.windowsSeconds = try $0.windows() },
        SettingsKey("conversation.skew_s") {
            $1.conversation.skewMilliseconds = try $0.milliseconds(0.1...5, step: 10)
        },
        SettingsKey("conversation.talk_ratio_points") {
            $1.conversation.talkRatioPoints = try $0.number(0...50)
        },
        SettingsKey("conversation.response_lag_points") {
            $1.conversation.responseLagPoints = try $0.number(0...50)
        },
        SettingsKey("conversation.speaker_change_points") {
            $1.conversation.speakerChangePoints = try $0.number(0...50)
        },
        SettingsKey("conversation.provisional_speech_s") {
            $1.conversation.provisionalSpeechSeconds = try $0.number(1...600)
        },
        SettingsKey("conversation.settled_speech_s") {
            $1.conversation.settledSpeechSeconds = try $0.number(1...3600)
        },
        SettingsKey("conversation.settled_turns") { $1.conversation.settledTurns = try $0.integer(1...1000) },
        SettingsKey("sources.max") { $1.sources.maximum = try $0.integer(1...10_000) },
        SettingsKey("sources.protocols") { $1.sources.protocols = try $0.optionalTexts() },
        SettingsKey("sources.open_timeout_s") {
            $1.sources.openTimeoutMilliseconds = try $0.milliseconds(0.1...300)
        },
        SettingsKey("sources.stall_s") { $1.sources.stallMilliseconds = try $0.milliseconds(0.5...300) },
        SettingsKey("sources.reconnect_min_s") {
            $1.sources.reconnectLeastMilliseconds = try $0.milliseconds(0.1...60)
        },
        SettingsKey("sources.reconnect_max_s") {
            $1.sources.reconnectMostMilliseconds = try $0.milliseconds(0.1...3600)
        },
        SettingsKey("sources.jitter_max_s") {
            $1.sources.jitterMostMilliseconds = try $0.milliseconds(0.06...1)
        },
        SettingsKey("sources.rtcp_reports") { $1.sources.sendsReports = try $0.flag() },
        SettingsKey("sources.max_ssrcs") { $1.sources.maximumSSRCs = try $0.integer(1...1_000) },
        SettingsKey("sources.max_packet_bytes") { $1.sources.maximumPacketBytes = try $0.integer(256...65_536) },
        SettingsKey("sources.max_kbit_s") { $1.sources.maximumKilobitsPerSecond = try $0.integer(10...1_000_000) },
        SettingsKey("voice.vad_weights") { $1.voice.detectorWeights = try $0.optionalText() },
        SettingsKey("policy.profile") { $1.policy.profile = try $0.choice(["standard"]) },
        SettingsKey("policy.notice_id") { $1.policy.noticeID = try $0.text() },
        SettingsKey("log.level") {
            $1.logLevel = try $0.choice(["trace", "debug", "info", "notice", "warning", "error"])
        },
    ]
}

extension Settings {
    /// Checks what concerns more than one key.
    ///
    /// - Returns: the path of the key to blame and what is wrong, or nil.
    func contradiction() -> (path: String, message: String)? {
        let points =
            conversation.talkRatioPoints + conversation.responseLagPoints + conversation.speakerChangePoints
        if abs(points - 50) > 1e-6 {
            return (
                "conversation.talk_ratio_points",
                "the three …_points of conversation add up to \(points); make them add up to 50"
            )
        }
        if conversation.provisionalSpeechSeconds > conversation.settledSpeechSeconds {
            return (
                "conversation.settled_speech_s",
                "settled_speech_s is below provisional_speech_s; make it as long or longer"
            )
        }
        if sources.reconnectLeastMilliseconds > sources.reconnectMostMilliseconds {
            return (
                "sources.reconnect_max_s", "reconnect_max_s is below reconnect_min_s; make it as long or longer"
            )
        }
        if events.clientQueueKibibytes > events.ringMebibytes * 1024 {
            return (
                "events.client_queue_kib",
                "client_queue_kib is over ring_mib, which holds the events of all clients; "
                    + "make it smaller or the ring larger"
            )
        }
        if sockets.events == sockets.control {
            return ("sockets.control", "both sockets have the same path; give each its own")
        }
        return nil
    }
}
