import DequeModule
import Events
import Glibc
import MediaTypes

/// What the session knows of one speaker.
struct SpeakerState {
    let name: String
    private(set) var role: String?
    private(set) var consent: ConsentState
    var isPresent = true
    /// Exclusive end of the records pushed so far, in hops of the session.
    private(set) var frontier: Int64
    private(set) var isSpeaking = false
    /// How far the speaker's media may be off those of others, in ms.
    var timingUncertaintyMilliseconds = 0.0
    /// Onset of the IPU that was announced last and has not ended, in hops of the session.
    var speechStart: Int64?
    var counts: RollingCounts
    private(set) var lags: ResponseLags
    var engagement: EngagementModel
    var lastEngagement = Engagement.abstained(reason: "not_enough_speech")
    private(set) var voice = RecentVoice()
    private var queue: Deque<HopRecord> = []
    /// Hops before this one are no loss: the speaker was not there yet.
    private var presentFrom: Int64

    init(
        name: String, role: String?, consent: ConsentState, joinHop: Int64, configuration: ConversationConfiguration
    ) {
        self.name = name
        self.role = role
        self.consent = consent
        frontier = joinHop
        presentFrom = joinHop
        counts = RollingCounts(windowsSeconds: configuration.countedSeconds)
        lags = ResponseLags(horizonSeconds: configuration.horizonSeconds)
        engagement = EngagementModel(configuration: configuration.engagement)
    }

    /// Whether values of this speaker may be computed and shown.
    var isMeasured: Bool { consent == .granted }

    mutating func comeBack(role: String?, consent: ConsentState, at hop: Int64) {
        self.role = role ?? self.role
        self.consent = consent
        isPresent = true
        presentFrom = max(hop, frontier)
        frontier = max(hop, frontier)
        speechStart = nil
    }

    /// Queues a record; false where its hop is already settled or was delivered before.
    mutating func accept(_ record: HopRecord, settledHops: Int64) -> Bool {
        guard record.index >= settledHops, record.index >= frontier else { return false }
        queue.append(record)
        frontier = record.index + 1
        return true
    }

    /// The record of `hop`; a lost one where the speaker is there but has none; nil where there is no speaker.
    mutating func next(_ hop: Int64) -> HopRecord? {
        if let first = queue.first, first.index == hop { return queue.removeFirst() }
        return isPresent && hop >= presentFrom ? .lost(index: hop) : nil
    }

    /// Changes the consent; without it everything that was measured is forgotten, and with it measuring begins anew.
    mutating func setConsent(_ state: ConsentState, configuration: ConversationConfiguration) {
        consent = state
        counts = RollingCounts(windowsSeconds: configuration.countedSeconds)
        lags = ResponseLags(horizonSeconds: configuration.horizonSeconds)
        engagement = EngagementModel(configuration: configuration.engagement)
        lastEngagement = .abstained(reason: "not_enough_speech")
        voice = RecentVoice()
        speechStart = nil
    }

    /// Counts a settled record; of somebody without consent only whether they speak is kept, for the floor.
    mutating func count(_ record: HopRecord, pauseHops: Int64) {
        isSpeaking = record.isSpeech
        guard isMeasured else { return }
        if record.isSpeech { counts.open.speech += 1 }
        if record.isSpeech, record.isNucleus { counts.open.nuclei += 1 }
        if record.isLost { counts.open.lost += 1 }
        counts.open.pause += Int32(clamping: pauseHops)
        voice.add(record)
    }

    /// Adds a response lag decided at `hop`.
    mutating func addLag(hops: Int, at hop: Int64) {
        guard isMeasured else { return }
        lags.add(lagHops: hops, at: hop)
        engagement.learn(lagMilliseconds: Double(hops * AudioGrid.hopMilliseconds))
    }

    func baseline(_ configuration: EngagementConfiguration) -> Events.Baseline {
        let speech = Double(counts.total.speech) / Double(AudioGrid.hopsPerSecond)
        let turns = Int(counts.total.turns)
        return Events.Baseline(
            speechSeconds: speech, turns: turns,
            isReady: speech >= configuration.settledSpeechSeconds || turns >= configuration.settledTurns)
    }
}

/// Level and F0 of the last second of a speaker.
struct RecentVoice {
    private var records: Deque<HopRecord> = []

    mutating func add(_ record: HopRecord) {
        records.append(record)
        if records.count > AudioGrid.hopsPerSecond { records.removeFirst() }
    }

    func metrics(isSpeaking: Bool) -> VoiceMetrics {
        var energy = 0.0
        var spoken = 0.0
        for record in records where record.isSpeech {
            energy += pow(10, Double(record.levelDb) / 10)
            spoken += 1
        }
        let pitches = records.lazy.filter { $0.f0Hz > 0 && $0.isSpeech }.map { Double($0.f0Hz) }.sorted()
        return VoiceMetrics(
            isSpeaking: isSpeaking, levelDb: spoken > 0 ? 10 * log10(energy / spoken) : nil,
            f0Hz: pitches.isEmpty ? nil : pitches[pitches.count / 2])
    }
}
