import Events

/// Events of every type, with all their fields and with as few as can be.
enum Samples {
    /// The lines of `events`, and those of the types that are not events.
    static let lines = events.enumerated().map { index, event in
        String(decoding: event.line(sequence: index, at: "2026-03-02T09:14:38.701Z"), as: UTF8.self)
    }

    static let totals = SessionTotals(
        session: "s", durationSeconds: 90, speakerChanges: 11, overlapRatio: 0.031,
        balance: .init(entropy: 0.93, gini: 0.21), freedom: 0.7,
        sides: ["host", "guest"].map { side in
            SessionTotals.Side(
                name: side, speakers: ["ana", "eve"], speechSeconds: 47.2, talkRatio: 0.54, turns: 6,
                responseLagMedianMilliseconds: side == "host" ? 340 : nil, responseLags: side == "host" ? 5 : 0)
        },
        entrainment: ["pitch", "loudness", "rate"].map { feature in
            SessionTotals.Entrainment(
                speakers: ["ana", "eve"], feature: feature, exchanges: 11, proximity: -0.4, convergence: 0.1,
                synchrony: -0.2, shamSynchrony: 0.3)
        },
        speakers: [
            SessionTotals.Speaker(
                name: "ana", role: "rep", consent: .granted, metrics: window("session"), engagement: scored,
                meanEngagement: 53.2, scoredSeconds: 61, sentiment: sentiment, meanSentiment: 51.7,
                sentimentSeconds: 58,
                audio: audio),
            SessionTotals.Speaker(
                name: "eve", role: nil, consent: .granted, metrics: WindowMetrics(name: "session"),
                engagement: .abstained(reason: .notEnoughSpeech),
                sentiment: .abstained(reason: .notEnoughSpeech)),
            SessionTotals.Speaker(name: "ben", role: "customer", consent: .withheld, metrics: nil, engagement: nil),
            // Consented, but not measured under the policy.
            SessionTotals.Speaker(name: "dan", role: "guest", consent: .granted, metrics: nil, engagement: nil),
        ])

    private static let scored = Engagement.scored(
        EngagementScore(
            score: 61.4, low: 54.2, high: 68.6, confidence: 0.82, isProvisional: false,
            contributions: [
                Contribution(input: "neutral", points: 50),
                Contribution(input: "talk_ratio", value: 0.5423, usual: 0.48, z: 0.9, points: 4.1),
                Contribution(input: "response_lag", value: 340, usual: 410, z: 0.7, points: 5.2),
                Contribution(input: "speaker_changes", value: 7.5, usual: 6.9, z: -0.3, points: -2.1),
                Contribution(input: "backchannels", value: 1, usual: 0.5, z: 0.3, points: 0.7),
                Contribution(input: "pitch_range", value: 6.4, usual: 6.3, z: 0.1, points: 0.2),
                Contribution(input: "loudness_variation", value: 10.2, usual: 10.1, z: 0.1, points: 0.1),
                Contribution(input: "rate_change", points: 0),
            ]))

    private static let sentiment = Sentiment.scored(
        SentimentScore(
            score: 60.5, low: 44.6, high: 76.4, confidence: 0.31, isProvisional: false, activation: 0.21,
            basis: [.voice, .text],
            contributions: [
                Contribution(input: "neutral", points: 50),
                Contribution(input: "pitch_level", value: 21.25, usual: 20.02, z: 0.24, points: 0.5),
                Contribution(input: "pitch_range", value: 6.4, usual: 6.3, z: 0.04, points: 0.1),
                Contribution(input: "loudness_variation", value: 10.2, usual: 10.1, z: 0.03, points: 0),
                Contribution(input: "spectral_tilt", value: -12.1, usual: -13, z: 0.16, points: -0.1),
                Contribution(input: "rate_change", value: 4.81, usual: 4.5, z: 0, points: 0),
                Contribution(input: "voiced_ratio", value: 0.61, usual: 0.58, z: 0.29, points: -0.1),
                Contribution(input: "text", value: 0.31, points: 10.1),
            ]))

    private static let leaking: QualityChange = {
        var change = QualityChange(issues: [.crosstalk, .echo, .backgroundVoice], audio: audio)
        change.leaks = [.init(from: "ben", levelDb: -23.4, delayMilliseconds: 80)]
        return change
    }()

    private static let audio: AudioQuality = {
        var audio = AudioQuality(lossPercent: 0.4)
        audio.snrDb = 31.2
        audio.clippingPercent = 0.01
        audio.bandwidthHz = 8_000
        return audio
    }()

    private static func window(_ name: String) -> WindowMetrics {
        var window = WindowMetrics(name: name)
        window.speechSeconds = 4.31
        window.talkRatio = 0.5423
        window.pauseRatio = 0.1271
        window.articulationRate = 4.81
        window.speechRate = 4.2
        window.turns = 1
        window.responseLagMedianMilliseconds = 340
        window.responseLags = 1
        window.longestMonologueSeconds = 6.2
        window.backchannels = 1
        window.speakerChangesPerMinute = 7.5
        window.overlapRatio = 0.031
        window.sideTalkRatio = 0.61
        window.pauses = 2
        window.ftoMedianMilliseconds = -120
        window.ftoRangeMilliseconds = 400
        window.patienceMedianMilliseconds = 610
        window.patienceCount = 3
        window.voicedSeconds = 2.84
        window.pitchLevelSemitones = -0.4
        window.pitchRangeSemitones = 6.4
        window.relativeLevelDb = -0.6
        window.loudnessVariationDb = 10.2
        window.intonationSlope = -8.1
        window.intonationSlopes = 3
        window.balance = .init(entropy: 0.93, gini: 0.21)
        window.freedom = 0.7
        window.captions = .init(
            words: 12, wordsPerMinute: 164.2, fillerWords: 1, questions: 1,
            trackers: [.init(tracker: "pricing", count: 2)])
        return window
    }

    private static let tick = Tick(
        windows: ["10s", "30s", "120s", "session"].map(window),
        voice: VoiceMetrics(isSpeaking: true, levelDb: -24.3, relativeLevelDb: 1.8, f0Hz: 182.4),
        engagement: scored, sentiment: sentiment, activation: .estimated(value: 0.21, low: -0.28, high: 0.7),
        baseline: Baseline(
            speechSeconds: 64.2, turns: 9, isReady: true, levelDb: -24, f0Hz: 178.3, articulationRate: 4.5,
            responseLagMilliseconds: 410),
        audio: audio, lagsWithheld: .timing,
        lanes: [
            LaneFields(
                name: "visible", lane: "face",
                fields: [LaneFields.Field("state", text: "live")]
                    + LaneFields.visibleNumbers.map { LaneFields.Field($0, 0.5) })
        ])

    private static let emptyTick = Tick(
        windows: [WindowMetrics(name: "10s")],
        voice: VoiceMetrics(isSpeaking: false, levelDb: nil, relativeLevelDb: nil, f0Hz: nil),
        engagement: .abstained(reason: .notEnoughSpeech), sentiment: nil,
        baseline: Baseline(speechSeconds: 0, turns: 0, isReady: false), audio: AudioQuality(lossPercent: 100))

    private static let abstainingTick: Tick = {
        var tick = emptyTick
        tick.sentiment = .abstained(reason: .noWords)
        tick.activation = .abstained(reason: .notEnoughSpeech)
        return tick
    }()

    private static let started = SessionStarted(noticeID: "n-1", policy: "standard")

    private static func source(_ state: SourceState.State, reason: String? = nil) -> SourceState {
        SourceState(source: "source-1", url: "rtsp://192.0.2.7/rep", state: state, reason: reason)
    }

    private static let snapshot: Snapshot = {
        var session = Snapshot.Session(id: "s", started: started)
        session.sources = [source(.live), source(.connecting, reason: "slow")]
        session.degraded = [thinned, givenUp]
        session.speakers = [
            Snapshot.Speaker(name: "ana", joined: SpeakerJoined(role: "rep", consent: .granted)),
            Snapshot.Speaker(name: "ben", joined: SpeakerJoined(displayName: "Ben", role: nil, consent: .withheld)),
            Snapshot.Speaker(name: "eve", joined: SpeakerJoined(role: "guest", consent: .granted)),
        ]
        session.speakers[0].lastTick = tick
        session.speakers[0].lastTickSeconds = 64
        session.speakers[2].lastTick = abstainingTick
        session.speakers[2].lastTickSeconds = 64
        return Snapshot(
            sessions: [session, Snapshot.Session(id: "empty", started: SessionStarted(noticeID: nil, policy: "self"))],
            more: true)
    }()

    private static let withLanesAndCues: Snapshot = {
        var session = Snapshot.Session(id: "s", started: started)
        let joined = SpeakerJoined(role: "self", consent: .granted, lanes: [.words, .face])
        var room = Snapshot.Speaker(name: "room", joined: SpeakerJoined(role: nil, consent: .unknown))
        room.counted = VoicesCounted(least: 1, most: 2)
        session.speakers = [Snapshot.Speaker(name: "ana", joined: joined), room]
        let raised = CueRaised(
            id: 1, cue: "talk_ratio", severity: "info", metric: "talk_ratio", value: 0.671, limit: 0.65,
            windowSeconds: 120)
        let silence = CueRaised(
            id: 2, cue: "long_silence", severity: "warning", metric: "silence_s", value: 16, limit: 15,
            windowSeconds: nil)
        session.cues = [
            Snapshot.Cue(raised: raised, speaker: "ana", timeSeconds: 152, state: .acknowledged),
            Snapshot.Cue(raised: silence, speaker: nil, timeSeconds: 160),
        ]
        return Snapshot(sessions: [session])
    }()

    static let events: [Event] =
        daemon.map { Event($0) }
        + session.map { Event($0, session: "s", timeSeconds: 80.5) }
        + speaker.map { Event($0, session: "s", speaker: "ana", timeSeconds: 64) }

    private static let daemon: [EventBody] = [
        .hello(Hello(daemonVersion: "0.1.0", epoch: "2k9x", policy: "standard", noticeID: "n-1")),
        .hello(Hello(daemonVersion: "0.1.0", epoch: "2k9x", policy: "eu-work", noticeID: nil)),
        .snapshot(snapshot), .snapshot(Snapshot()), .snapshot(withLanesAndCues),
        .lagged(Lagged(from: 3, to: 9, count: 7, coalesced: 2)),
        .heartbeat(Heartbeat(sessions: 1, subscribers: 2)),
        .error(ErrorLine(code: "invalid_json", message: "the line is no JSON")),
    ]

    private static let session: [EventBody] =
        [
            .cueRaised(
                CueRaised(
                    id: 3, cue: "long_silence", severity: "warning", metric: "silence_s", value: 16, limit: 15,
                    windowSeconds: nil)),
            .cueChanged(CueChange(cue: "too_fast", state: .snoozed, forSeconds: 0.5)),
            .cueChanged(CueChange(cue: "too_fast", state: .raised)),
            .sessionStarted(started), .sessionStarted(SessionStarted(noticeID: nil, policy: "behaviour-only")),
            .sessionEnded(SessionEnded(totals: totals)),
            .sessionEnded(
                SessionEnded(
                    totals: SessionTotals(
                        session: "s", durationSeconds: 0, speakerChanges: 0, overlapRatio: nil, speakers: []))),
            .sourceConnecting(source(.connecting)), .sourceConnecting(source(.connecting, reason: "no call has come")),
            .sourceConnected(source(.live)), .sourceConnected(source(.live, reason: "media flows again")),
            .sourceStalled(source(.stalled, reason: "no media for 2000 ms")),
            .sourceReconnecting(source(.reconnecting)),
            .sourceReconnecting(source(.reconnecting, reason: "end of stream")),
            .sourceEnded(source(.ended, reason: "detached")),
        ] + [thinned, givenUp].map(EventBody.degraded) + [
            .recovered(Recovered(what: .ticks, afterSeconds: 12.7)),
            .recovered(Recovered(what: .tracks, afterSeconds: 0)),
        ]

    private static let thinned = Degraded(what: .ticks, level: 1, tickEvery: 2, reason: .loopLate, load: 1.32)
    private static let givenUp = Degraded(
        what: .tracks, level: 4, tracks: 2, speakers: ["ana", "ben"], reason: .analysisBehind, load: 2)

    /// Contours of a made-up face: rows of as many points as each has.
    static let points: FacePoints = {
        let counts: [FacePoints.Part: Int] = [
            .oval: 18, .browRight: 5, .browLeft: 5, .nose: 5, .nostrils: 5, .eyeRight: 8, .eyeLeft: 8, .lips: 12,
            .mouth: 8,
        ]
        return FacePoints(
            aspectRatio: 1.7778,
            parts: counts.mapValues { count in
                (0..<count).map { FacePoints.Point(x: 0.4 + 0.01 * Double($0), y: 0.3 + 0.005 * Double($0)) }
            })
    }()

    private static let speaker: [EventBody] = [
        .gap(Gap(fromSeconds: 1.2, toSeconds: 1.4, why: .loss)),
        .speakerJoined(SpeakerJoined(role: "rep", consent: .granted)),
        .speakerJoined(SpeakerJoined(role: nil, consent: .unknown)),
        .speakerJoined(SpeakerJoined(displayName: "Ana Ruiz", role: "rep", consent: .granted)),
        .speakerJoined(SpeakerJoined(role: "rep", consent: .granted, lanes: [.words, .face])),
        .speakerLeft(SpeakerLeft(reason: "source ended")),
        .consent(ConsentChange(state: .granted, previous: .granted, lanes: .face, previousLanes: [.words, .face])),
        .consent(ConsentChange(state: .withheld, previous: .granted)),
        .voiceFound(VoiceFound(track: "room")), .voicesCounted(VoicesCounted(least: 2, most: 2)),
        .voicesCounted(VoicesCounted(least: 8, most: 12)), .voiceMerged(VoiceMerged(into: "voice-1")),
        .voiceNamed(VoiceNamed(name: "Ana")),
        .speechStarted(SpeechStarted(startSeconds: 12.34)),
        .speechEnded(SpeechEnded(startSeconds: 12.34, endSeconds: 14.87)),
        .speechRevised(
            SpeechRevised(
                fromSeconds: 12.34, toSeconds: 16.2, speech: [SpeechEnded(startSeconds: 12.34, endSeconds: 14.87)],
                turns: [Turn(startSeconds: 12.34, endSeconds: 14.87, ftoMilliseconds: 340, previousSpeaker: nil)])),
        .speechRevised(SpeechRevised(fromSeconds: 12.34, toSeconds: 14.87, speech: [], turns: [])),
        .overlapStarted(
            OverlapStarted(id: 3, startSeconds: 13.62, holder: "ben", likely: .backchannel, probability: 0.58)),
        .words(
            WordSpan(
                id: "w4", startSeconds: 12.34, endSeconds: 13.87, writer: .recogniser, words: 3, fillers: 0,
                questions: 1, text: "How are you?",
                times: WordSpan.Times(
                    method: .spread, startsSeconds: [12.34, 12.9, 13.3], endsSeconds: [12.9, 13.3, 13.87]))),
        .words(
            WordSpan(
                id: "w5", startSeconds: 20, endSeconds: 21, writer: .captions, words: 2, fillers: 1, questions: 0)),
        .tracker(
            TrackerMet(tracker: "pricing", mentions: 2, startSeconds: 12.34, endSeconds: 13.87, writer: .recogniser)),
        .video(VideoState(state: .covered, previous: .live)), .video(VideoState(state: .live, previous: nil)),
        .facePoints(points),
        .turn(Turn(startSeconds: 12.34, endSeconds: 14.87, ftoMilliseconds: -340, previousSpeaker: "ben")),
        .turn(Turn(startSeconds: 0, endSeconds: 4, ftoMilliseconds: nil, previousSpeaker: nil)),
        .overlap(
            Overlap(
                id: 3, revision: 1, kind: .backchannel, startSeconds: 13.62, endSeconds: 14.11, sharedSeconds: 0.49,
                holder: "ben")),
        .tick(tick), .tick(emptyTick), .tick(abstainingTick),
        .quality(QualityChange(issues: [.clipping, .noise, .narrowBand], audio: audio)),
        .quality(QualityChange(issues: [], audio: AudioQuality(lossPercent: 0))),
        .quality(QualityChange(issues: [], audio: audio, driftPartsPerMillion: -43)),
        .quality(leaking),
        .quality(QualityChange(issues: [.severalVoices], audio: audio)),
        .cueRaised(
            CueRaised(
                id: 1, cue: "talk_ratio", severity: "info", metric: "talk_ratio", value: 0.671, limit: 0.65,
                windowSeconds: 120)),
        .cueRaised(
            CueRaised(
                id: 4, cue: "too_expensive", severity: "info", metric: "mentions", value: 1, limit: 0,
                windowSeconds: 120)),
        .cueChanged(CueChange(id: 1, cue: "talk_ratio", state: .snoozed, forSeconds: 300)),
        .cueChanged(CueChange(id: 1, cue: "talk_ratio", state: .acknowledged)),
        .cueCleared(CueCleared(id: 1, cue: "talk_ratio", reason: .backToNormal, value: 0.598, afterSeconds: 19)),
        .cueCleared(CueCleared(id: 2, cue: "spiel", reason: .consentChanged, value: nil, afterSeconds: 3)),
    ]
}
