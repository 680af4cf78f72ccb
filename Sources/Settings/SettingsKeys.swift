import Conversation

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
        SettingsKey("sockets.allow_uids") { $1.sockets.allowedUserIDs = try $0.optionalIDs(of: "user") },
        SettingsKey("sockets.allow_gids") { $1.sockets.allowedGroupIDs = try $0.optionalIDs(of: "group") },
        SettingsKey("sockets.http") { $1.sockets.http = try $0.optionalListenAddress() },
        SettingsKey("sockets.http_tokens") { $1.sockets.httpTokens = try $0.optionalFile() },
        SettingsKey("sockets.http_hosts") { $1.sockets.httpHosts = try $0.hosts() },
        SettingsKey("sockets.http_origins") { $1.sockets.httpOrigins = try $0.origins() },
        SettingsKey("sockets.http_certificate") { $1.sockets.httpCertificate = try $0.optionalFile() },
        SettingsKey("sockets.http_key") { $1.sockets.httpKey = try $0.optionalFile() },
        SettingsKey("events.tick_s") {
            $1.conversation.tickHops = try $0.milliseconds(0.1...10, step: 10) / 10
        },
        SettingsKey("events.heartbeat_s") { $1.events.heartbeatMilliseconds = try $0.milliseconds(1...3600) },
        SettingsKey("events.ring_s") { $1.events.ringSeconds = try $0.integer(1...3600) },
        SettingsKey("events.ring_mib") { $1.events.ringMebibytes = try $0.integer(1...1024) },
        SettingsKey("events.max_clients") { $1.events.maxClients = try $0.integer(1...10_000) },
        SettingsKey("events.client_queue_kib") { $1.events.clientQueueKibibytes = try $0.integer(128...65_536) },
        SettingsKey("events.client_stall_s") {
            $1.events.clientStallMilliseconds = try $0.milliseconds(1...600)
        },
        SettingsKey("events.history_mib") { $1.events.historyMebibytes = try $0.integer(0...1024) },
        SettingsKey("conversation.windows_s") { $1.conversation.windowsSeconds = try $0.windows() },
        SettingsKey("conversation.skew_s") {
            $1.conversation.skewHops = try $0.milliseconds(0.1...5, step: 10) / 10
        },
        SettingsKey("conversation.timing_uncertainty_ms") {
            $1.conversation.maxTimingUncertaintyMilliseconds = try $0.number(1...1000)
        },
        SettingsKey("engagement.talk_ratio_points") {
            $1.conversation.engagement.talkRatioPoints = try $0.number(0...50)
        },
        SettingsKey("engagement.response_lag_points") {
            $1.conversation.engagement.responseLagPoints = try $0.number(0...50)
        },
        SettingsKey("engagement.speaker_change_points") {
            $1.conversation.engagement.speakerChangePoints = try $0.number(0...50)
        },
        SettingsKey("engagement.backchannel_points") {
            $1.conversation.engagement.backchannelPoints = try $0.number(0...50)
        },
        SettingsKey("engagement.pitch_range_points") {
            $1.conversation.engagement.pitchRangePoints = try $0.number(0...50)
        },
        SettingsKey("engagement.loudness_variation_points") {
            $1.conversation.engagement.loudnessVariationPoints = try $0.number(0...50)
        },
        SettingsKey("engagement.rate_change_points") {
            $1.conversation.engagement.rateChangePoints = try $0.number(0...50)
        },
        SettingsKey("engagement.saturation_spreads") {
            $1.conversation.engagement.saturationSpreads = try $0.number(0.5...10)
        },
        SettingsKey("engagement.least_rate_change") {
            $1.conversation.engagement.minRateChange = try $0.number(0...1)
        },
        SettingsKey("engagement.hysteresis_points") {
            $1.conversation.engagement.hysteresisPoints = try $0.number(0...10)
        },
        SettingsKey("engagement.window_s") { $1.conversation.engagement.windowSeconds = try $0.integer(10...600) },
        SettingsKey("engagement.provisional_speech_s") {
            $1.conversation.engagement.provisionalSpeechSeconds = try $0.number(1...600)
        },
        SettingsKey("engagement.settled_speech_s") {
            $1.conversation.engagement.settledSpeechSeconds = try $0.number(1...3600)
        },
        SettingsKey("engagement.settled_turns") {
            $1.conversation.engagement.settledTurns = try $0.integer(1...1000)
        },
        SettingsKey("cues.min_gap_s") { $1.conversation.cueGapSeconds = try $0.number(0...3600) },
        SettingsKey("cues.rules") { $1.conversation.cues = try $0.cueRules() },
        SettingsKey("cues.on_raise") { $1.cues.onRaise = try $0.cueAction() },
        SettingsKey("cues.commands_dir") { $1.cues.commandsDirectory = try $0.optionalFile() },
        SettingsKey("sources.max") { $1.sources.maximum = try $0.integer(1...10_000) },
        SettingsKey("sources.protocols") { $1.sources.protocols = try $0.optionalTexts() },
        SettingsKey("sources.isolation") {
            $1.sources.isolation = try $0.choice(Settings.Isolation.self)
        },
        SettingsKey("sources.worker_mib") { $1.sources.workerMebibytes = try $0.integer(64...65_536) },
        SettingsKey("sources.references") { $1.sources.references = try $0.networks() },
        SettingsKey("sources.pcm_socket") { $1.sources.pcmSocket = try $0.optionalPath() },
        SettingsKey("sources.audiosocket") { $1.sources.audioSocket = try $0.optionalLoopback() },
        SettingsKey("sources.websocket") { $1.sources.webSocket = try $0.optionalListenAddress() },
        SettingsKey("sources.websocket_certificate") { $1.sources.webSocketCertificate = try $0.optionalFile() },
        SettingsKey("sources.websocket_key") { $1.sources.webSocketKey = try $0.optionalFile() },
        SettingsKey("sources.websocket_url") { $1.sources.webSocketURL = try $0.optionalWebSocketURL() },
        SettingsKey("sources.attach") { $1.sources.attach = try $0.declaredSources() },
        SettingsKey("sources.zoom_client_id") { $1.sources.zoomClientID = try $0.optionalText() },
        SettingsKey("sources.zoom_secret") { $1.sources.zoomSecret = try $0.optionalFile() },
        SettingsKey("sources.open_timeout_s") {
            $1.sources.openTimeoutMilliseconds = try $0.milliseconds(0.1...300)
        },
        SettingsKey("sources.rtsp") { $1.sources.patience["rtsp"] = try $0.patience() },
        SettingsKey("sources.rtmp") { $1.sources.patience["rtmp"] = try $0.patience() },
        SettingsKey("sources.srt") { $1.sources.patience["srt"] = try $0.patience() },
        SettingsKey("sources.hls") { $1.sources.patience["hls"] = try $0.patience() },
        SettingsKey("sources.http") { $1.sources.patience["http"] = try $0.patience() },
        SettingsKey("sources.tcp") { $1.sources.patience["tcp"] = try $0.patience() },
        SettingsKey("sources.udp") { $1.sources.patience["udp"] = try $0.patience() },
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
        SettingsKey("sources.max_ssrcs") { $1.sources.maxSSRCs = try $0.integer(1...1_000) },
        SettingsKey("sources.max_packet_bytes") { $1.sources.maxPacketBytes = try $0.integer(256...65_536) },
        SettingsKey("sources.max_kbit_s") { $1.sources.maxKilobitsPerSecond = try $0.integer(10...1_000_000) },
        SettingsKey("sources.max_mib") { $1.sources.maxMebibytes = try $0.integer(4...1_024) },
        SettingsKey("overload.enabled") { $1.overload.isEnabled = try $0.flag() },
        SettingsKey("overload.target") { $1.overload.target = try $0.number(0.3...0.95) },
        SettingsKey("voice.vad_weights") { $1.voice.detectorWeights = try $0.optionalText() },
        SettingsKey("captions.lexicon") { $1.captions.lexicon = try $0.optionalText() },
        SettingsKey("captions.fillers") { $1.captions.fillers = try $0.phrases() },
        SettingsKey("words.language") { $1.words.language = try $0.choice(Settings.Words.Language.self) },
        SettingsKey("words.text") { $1.conversation.wordTexts = try $0.choice(WordTexts.self) },
        SettingsKey("words.partials") { $1.words.tellsPartials = try $0.flag() },
        SettingsKey("words.trackers") { $1.conversation.trackers = try $0.trackers() },
        SettingsKey("policy.profile") {
            $1.policy.profile = try $0.choice([
                "standard", "behaviour-only", "eu-work", "us-work", "eu-education", "self",
            ])
        },
        SettingsKey("policy.notice_id") { $1.policy.noticeID = try $0.optionalText() },
        SettingsKey("session.idle_s") { $1.session.idleSeconds = try $0.integer(0...604_800) },
        SettingsKey("store.path") { $1.store.path = try $0.optionalFile() },
        SettingsKey("store.retention_days") { $1.store.retentionDays = try $0.integer(1...3_650) },
        SettingsKey("ledger.path") { $1.ledger.path = try $0.optionalFile() },
        SettingsKey("ledger.notices_dir") { $1.ledger.noticesDirectory = try $0.optionalFile() },
        SettingsKey("ledger.retention_days") { $1.ledger.retentionDays = try $0.integer(1...36_500) },
        SettingsKey("state.path") { $1.state.path = try $0.optionalFile() },
        SettingsKey("state.max_age_s") { $1.state.maxAgeSeconds = try $0.integer(0...86_400) },
        SettingsKey("bus.url") { $1.bus.address = try $0.optionalBusAddress() },
        SettingsKey("bus.credentials") { $1.bus.credentials = try $0.optionalFile() },
        SettingsKey("bus.ca") { $1.bus.authorities = try $0.optionalFile() },
        SettingsKey("bus.node") { $1.bus.node = try $0.optionalNodeName() },
        SettingsKey("bus.node_url") { $1.bus.nodeURL = try $0.optionalNodeURL() },
        SettingsKey("log.level") { $1.log.level = try $0.choice(Settings.Log.severities) },
        SettingsKey("log.levels") { $1.log.levels = try $0.logLevels() },
        SettingsKey("log.format") { $1.log.format = try $0.choice(Settings.Log.Format.self) },
        SettingsKey("log.max_lines_s") { $1.log.maxLinesPerSecond = try $0.integer(1...100_000) },
    ]
}
