import DequeModule
import Events
import Glibc
import MediaTypes

/// What stands behind the records of a speaker.
enum SpeakerKind {
    /// Somebody with a track of the own.
    case person
    /// A track on which several speak.
    case mixture
    /// One of these.
    case voice
}

/// What the session knows of one speaker.
struct SpeakerState {
    /// Seconds of scores that are remembered.
    static let scoreMemorySeconds = 300

    let name: String
    /// What to show instead of the name, if something was given.
    var displayName: String?
    private(set) var role: String?
    var consent: ConsentState
    /// What was agreed to beside the voice, and what was refused on purpose, which no declaration undoes.
    private(set) var declaredLanes: ConsentLanes, refusedLanes: ConsentLanes = []
    /// Whether the words are not to be counted even where somebody else hands them in.
    private(set) var refusesCaptions = false
    /// Whether somebody hands in captions of the speaker: then no recogniser is wanted.
    var hasCaptions = false
    /// Spans of words so far.
    var spans = ToldSpans()
    /// What may be measured beside the voice.
    private(set) var lanes: ConsentLanes = []
    /// How the sender is known, where anybody may send to the speaker's port; nil elsewhere.
    var origin: SpeakerOrigin?
    /// What the policy allows; only ever narrowed within a session.
    private(set) var permits: Policy.Permissions
    var isPresent = true
    /// What stands behind the records.
    var kind = SpeakerKind.person
    /// Whether it is a voice that turned out to be another one.
    var isMerged = false
    /// Since when nothing is known of who was there before the daemon was started anew; nil for anybody else.
    var lostSince: Int64?
    /// How the speaker's times compare with those of others.
    var timing = SpeakerTiming()
    /// How much faster the host's clock runs than that of the speaker's sender, parts per million; nil if not known.
    var driftPartsPerMillion: Double?
    /// The voice on its way to being settled.
    var lane: VoiceLane
    /// What else is known of the speaker.
    var evidence: Evidence = [:]
    /// Where the speech that counts begins and ends.
    var bounds = SpeechBounds()
    /// Speech in the channel that does not count, because it is not the speaker's.
    var foreign = ForeignSpeech()
    /// What the picture was last said to be; nil where nothing was said.
    var picture: VideoState.State?
    /// Whether the contours of the face may be told, as was said with the speaker's source, and when they were told
    /// lately, in hops.
    var givesPoints = false, toldPoints: Deque<Int64> = []
    private(set) var isSpeaking = false
    /// When the speaker came first, and the last hop in which speech was heard; in hops of the session.
    let firstHop: Int64
    var spokenHop: Int64 = -1
    /// The last hop in which the microphone brought more than digital silence.
    private(set) var soundHop: Int64 = -1
    /// From when to when, in hops, the mouth has moved as in speech while it brought nothing; nil where it does not.
    var mutedSpeech: Range<Int64>?
    /// Hops in a row that were settled as lost.
    var lostRun: Int64 = 0
    /// Why the lag of a change of the floor to this speaker was not told, and when that was; nil once one is.
    var withheld: (why: LagsWithheld, hop: Int64)?
    /// What is measured; begun anew with every change of consent.
    var measures: SpeakerMeasures

    init(
        name: String, role: String?, consent: ConsentState, lanes: ConsentLanes, joinHop: Int64, settledHops: Int64,
        configuration: ConversationConfiguration
    ) {
        self.name = name
        self.role = role
        self.consent = consent
        declaredLanes = lanes
        let permits = configuration.permissions(role: role)
        self.permits = permits
        firstHop = joinHop
        lane = VoiceLane(joinedHop: joinHop)
        measures = SpeakerMeasures(configuration: configuration, permits: permits, at: settledHops)
    }

    /// Below this level a microphone is muted: rooms are louder.
    private static let silentDb: Float = -75

    /// Whether the microphone has brought nothing for a second before `hop`; records settle a second late.
    func isMuted(at hop: Int64) -> Bool { lane.state == .absent || hop - soundHop > 2 * Int64(AudioGrid.hopsPerSecond) }

    /// Whether values of this speaker may be computed and shown.
    var isMeasured: Bool { consent == .granted && permits.measured }

    /// The side of the conversation the speaker is on.
    var side: Side? { Side(role: role) }

    /// The speaker as others are told.
    var joined: SpeakerJoined { SpeakerJoined(displayName: displayName, role: role, consent: consent, lanes: lanes) }

    /// Takes on a role; what a role once forbade stays forbidden.
    ///
    /// - Returns: whether what was measured so far is to be forgotten, because the policy allows less.
    mutating func take(role: String, configuration: ConversationConfiguration) -> Bool {
        self.role = role
        let narrowed = permits.narrowed(by: configuration.permissions(role: role))
        defer { permits = narrowed }
        return narrowed != permits
    }

    /// The speaker joins again, perhaps in another role. Who has withheld consent does so whatever is declared with
    /// that: only who says so on purpose (`SessionEngine.setConsent`) gives it again.
    ///
    /// - Returns: whether what was measured so far is to be forgotten, because consent or the policy changed.
    mutating func comeBack(
        role: String?, consent: ConsentState, lanes: ConsentLanes, at hop: Int64,
        configuration: ConversationConfiguration
    ) -> Bool {
        let isNarrowed = role.map { take(role: $0, configuration: configuration) } ?? false
        let consent = self.consent == .withheld ? .withheld : consent
        let forgets = isNarrowed || consent != self.consent
        self.consent = consent
        // One source of a speaker may have the voice, another one the picture.
        declaredLanes = isPresent ? declaredLanes.union(lanes) : lanes
        givesPoints = givesPoints && isPresent
        isPresent = true
        lane.rejoin(at: hop)
        bounds = SpeechBounds()
        return forgets
    }

    /// Takes in how the sender is known by now.
    ///
    /// - Parameter isPresumed: whether the consent that was declared is that of whoever sends.
    mutating func identify(_ origin: SpeakerOrigin?, isPresumed: Bool) {
        guard var origin else { return }
        origin.person = origin.person ?? self.origin?.person
        origin.isPresumed = isPresumed && self.origin?.isVouched != true
        origin.isVouched = self.origin?.isVouched ?? false
        origin.decision = self.origin?.decision ?? 0
        origin.laneDecision = self.origin?.laneDecision ?? 0
        self.origin = origin
    }

    /// What may be computed of this speaker.
    var permit: Permit {
        let likeness: Permit = kind == .voice && consent != .withheld ? .likeness : []
        guard isMeasured else { return likeness }
        var permit = likeness.union(.voice)
        if lanes.contains(.words), !hasCaptions { permit.insert(.words) }
        if lanes.contains(.face) { permit.insert(mayGivePoints ? [.face, .outline] : .face) }
        return permit
    }

    /// Whether the contours of the face may be told.
    var mayGivePoints: Bool { givesPoints && isPresent && isMeasured && permits.facePoints && lanes.contains(.face) }

    /// Takes in what was decided before the daemon was started anew.
    mutating func restore(_ known: RememberedSpeaker) {
        refusedLanes = known.refusedLanes
        refusesCaptions = known.refusesCaptions
        permits = permits.narrowed(by: known.permissions)
    }

    /// Takes in what this very speaker agreed to, and so refused, on purpose.
    mutating func decide(_ wanted: Consent) {
        let takesWordsBack = consent == .granted && wanted.state == .granted && declaredLanes.contains(.words)
        refusesCaptions = takesWordsBack && !wanted.lanes.contains(.words)
        declaredLanes = wanted.lanes
        refusedLanes = ConsentLanes.all.subtracting(wanted.lanes)
    }

    /// The speaker takes some lanes back, and leaves the rest as it is.
    mutating func refuse(_ lanes: ConsentLanes) {
        declaredLanes.subtract(lanes)
        refusedLanes.formUnion(lanes)
        if lanes.contains(.words) { refusesCaptions = true }
    }

    /// The speaker agrees to some lanes more.
    mutating func agree(to lanes: ConsentLanes) {
        declaredLanes.formUnion(lanes)
        refusedLanes.subtract(lanes)
        if lanes.contains(.words) { refusesCaptions = false }
    }

    /// Finds anew what may be measured beside the voice.
    ///
    /// - Parameter refusedByOthers: what those refused who may be this person.
    mutating func settleLanes(refusedByOthers: ConsentLanes) {
        lanes = isMeasured ? declaredLanes.subtracting(refusedLanes).subtracting(refusedByOthers) : []
    }

    /// Forgets everything that was measured up to `hop`; measuring begins anew where it is allowed.
    mutating func forget(_ configuration: ConversationConfiguration, at hop: Int64) {
        measures = SpeakerMeasures(configuration: configuration, permits: permits, at: hop)
        bounds = SpeechBounds()
        foreign = ForeignSpeech()
        withheld = nil
        evidence = [:]
        (picture, mutedSpeech) = (nil, nil)
        lane.strip()
    }

    /// Forgets what lanes beside the voice have brought.
    mutating func forget(_ lanes: ConsentLanes, _ configuration: ConversationConfiguration) {
        if lanes.contains(.words) { measures.captions = CaptionWindows(horizonSeconds: configuration.horizonSeconds) }
        if lanes.contains(.face) { (picture, mutedSpeech) = (nil, nil) }
        // Which of them is of which lane is not told apart: what is left comes again.
        evidence = [:]
    }

    /// Counts buckets in which nothing happened.
    mutating func skip(buckets: Int, bucketHops: Int64, isLost: Bool) {
        isSpeaking = false
        if isLost { lostRun += Int64(buckets) * bucketHops }
        measures.skip(buckets: buckets, lostHops: isLost && isMeasured ? Int32(bucketHops) : 0)
    }

    /// Counts a settled record; of somebody without consent only whether they speak is kept, for the floor.
    mutating func count(_ record: HopRecord, pauseHops: Int64) {
        isSpeaking = record.isSpeech
        if isSpeaking { spokenHop = record.index }
        if record.levelDb > Self.silentDb { soundHop = record.index }
        if isMeasured { measures.count(record, pauseHops: pauseHops) }
    }
}

/// What is measured of one speaker.
struct SpeakerMeasures {
    /// Measured from this hop of the session on.
    let since: Int64
    var counts: RollingCounts
    var voice: VoiceWindows
    var recent = RecentVoice()
    var turnVoice = TurnVoiceSums()
    var channel = ChannelWatch()
    private(set) var mixture = VoiceMixture()
    var captions: CaptionWindows
    var incursions = IncursionHabits()
    /// Offsets with which the speaker took the floor.
    var offsets: TransferOffsets
    /// Positive ones of them after a turn of the other side: the speaker's patience.
    var answers: TransferOffsets
    var engagement: EngagementModel
    private(set) var lastEngagement = Engagement.abstained(reason: .notEnoughSpeech)
    /// The sentiment score; nil where the policy does not allow one, and then nothing of it is computed.
    var sentiment: SentimentModel?
    private(set) var lastSentiment = Sentiment.abstained(reason: .noWords)
    private(set) var lastActivation = Activation.abstained(reason: .notEnoughSpeech)
    /// What the last sentiment score was made of.
    var sentimentObservation = SentimentModel.Observation()
    /// Sum and number of the sentiment scores so far, one a second.
    private var sentimentSum = 0.0
    private(set) var sentimentScored = 0
    /// What the last score was made of.
    var observation = EngagementModel.Observation()
    /// Scores of the last seconds, newest last; nil where there was none.
    private(set) var scores: Deque<Double?> = []
    /// Sum and number of the scores so far, one a second.
    private(set) var scoreSum = 0.0, scored = 0
    /// The last hop in which the speaker was heard.
    private(set) var lastHeard: Int64?
    private var wasSpeaking = false
    /// Own speech, in seconds, and turns that were known elsewhere, on which scores rest beside what is counted here.
    var knownSpeechSeconds = 0.0, knownTurns = 0

    /// Measures nothing yet, from `hop` of the session on.
    init(configuration: ConversationConfiguration, permits: Policy.Permissions, at hop: Int64) {
        since = hop
        counts = RollingCounts(configuration, at: hop)
        voice = VoiceWindows(windowsSeconds: configuration.countedSeconds, bucketHops: configuration.bucketHops)
        captions = CaptionWindows(horizonSeconds: configuration.horizonSeconds)
        offsets = TransferOffsets(horizonSeconds: configuration.horizonSeconds)
        answers = TransferOffsets(horizonSeconds: configuration.horizonSeconds)
        engagement = EngagementModel(configuration: configuration.engagement, usesVoice: permits.voiceScores)
        sentiment = permits.sentiment ? SentimentModel(configuration: configuration.engagement) : nil
    }

    mutating func count(_ record: HopRecord, pauseHops: Int64) {
        if record.isSpeech {
            counts.open.speech += 1
            lastHeard = record.index
            if record.isShared {
                counts.open.shared += 1
            } else if record.isNucleus {
                counts.open.nuclei += 1
            }
        }
        if record.isLost { counts.open.lost += 1 }
        if pauseHops > 0 {
            counts.open.pause += Int32(clamping: pauseHops)
            counts.open.pauses += 1
        }
        if wasSpeaking, !record.isSpeech, let slope = recent.finalSlope() {
            counts.open.slope += Int32((slope * 100).rounded())
            counts.open.slopes += 1
            recent.noteEnd(before: record.index, slope: slope)
        }
        wasSpeaking = record.isSpeech
        recent.add(record)
        voice.add(record)
        turnVoice.add(record)
        mixture.push(record)
    }

    /// Windows move on by a bucket.
    mutating func closeBucket() {
        counts.closeBucket()
        voice.closeBucket()
    }

    /// Windows move on by buckets in which nothing happened, or media was lost.
    mutating func skip(buckets: Int, lostHops: Int32) {
        counts.skip(buckets: buckets, lostHops: lostHops)
        for _ in 0..<min(buckets, counts.maxBuckets) { voice.closeBucket() }
        scores = []
    }

    /// Takes in the score of a tick.
    mutating func note(_ engagement: Engagement) {
        lastEngagement = engagement
    }

    /// Scores sentiment where that is allowed.
    mutating func scoreSentiment(_ seen: SentimentModel.Observation) {
        guard sentiment != nil else { return }
        sentimentObservation = seen
        if let activation = sentiment?.activation(seen) { lastActivation = activation }
        if let score = sentiment?.score(seen) { lastSentiment = score }
    }

    /// Mean of the sentiment scores so far; nil before the first.
    var sentimentMean: Double? { sentimentScored > 0 ? sentimentSum / Double(sentimentScored) : nil }

    /// Remembers the score of this second and learns from what it was made of.
    mutating func closeSecond() {
        var value: Double?
        if case .scored(let score) = lastEngagement { value = score.score }
        scores.append(value)
        if scores.count > Self.scoreMemory { scores.removeFirst() }
        if let value {
            scoreSum += value
            scored += 1
        }
        engagement.learn(observation)
        if case .scored(let score) = lastSentiment {
            sentimentSum += score.score
            sentimentScored += 1
        }
        sentiment?.learn(sentimentObservation)
    }

    private static let scoreMemory = SpeakerState.scoreMemorySeconds + 1

    /// Change of the score over the last `seconds`; nil where there was no score then or is none now.
    func scoreChange(seconds: Int) -> Double? {
        guard scores.count > seconds, let now = scores.last ?? nil, let then = scores[scores.count - 1 - seconds]
        else { return nil }
        return now - then
    }
}
