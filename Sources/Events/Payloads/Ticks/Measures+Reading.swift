// Ticks and totals read back: each the counterpart of its `write(to:)`.

extension Tick {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        var windows: [WindowMetrics] = []
        for (name, window) in try fields.objectsByName("windows") {
            windows.append(try WindowMetrics(name: name, window))
        }
        self.init(
            // Their names are seconds, but for `session`, the widest.
            windows: windows.sorted { Self.width($0.name) < Self.width($1.name) },
            voice: try VoiceMetrics(fields.object("voice")), engagement: try Engagement(fields.object("engagement")),
            sentiment: try fields.optionalObject("sentiment").map(Sentiment.init),
            activation: try fields.optionalObject("activation").map(Activation.init),
            baseline: try Baseline(fields.object("baseline")), audio: try AudioQuality(fields.object("audio")),
            // A reason of a later version is one that is not known here.
            lagsWithheld: try fields.optionalText("lags_withheld").flatMap(LagsWithheld.init),
            lanes: try LaneFields.all(fields))
    }

    private static func width(_ name: String) -> Int { Int(name.dropLast()) ?? .max }
}

extension LaneFields {
    /// Those of a tick.
    fileprivate static func all(_ fields: JSONFields) throws(UnreadableEvent) -> [LaneFields] {
        guard let visible = try fields.optionalObject(visibleName) else { return [] }
        return [try LaneFields(visible: visible)]
    }

    /// What a camera shows.
    init(visible fields: JSONFields) throws(UnreadableEvent) {
        var read = [Field("state", text: try fields.text("state"))]
        for name in Self.visibleNumbers { read.append(Field(name, try fields.optionalNumber(name))) }
        self.init(name: Self.visibleName, lane: "face", fields: read)
    }
}

extension VoiceMetrics {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            isSpeaking: try fields.flag("speaking"), levelDb: try fields.optionalNumber("level_db"),
            relativeLevelDb: try fields.optionalNumber("relative_level_db"), f0Hz: try fields.optionalNumber("f0_hz"))
    }
}

extension Baseline {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            speechSeconds: try fields.number("speech_s"), turns: try fields.integer("turns"),
            isReady: try fields.flag("ready"), levelDb: try fields.optionalNumber("level_db"),
            f0Hz: try fields.optionalNumber("f0_hz"),
            articulationRate: try fields.optionalNumber("articulation_rate_per_s"),
            responseLagMilliseconds: try fields.optionalNumber("response_lag_ms"))
    }
}

extension Contribution {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            input: try fields.text("input"), value: try fields.optionalNumber("value"),
            usual: try fields.optionalNumber("usual"), z: try fields.optionalNumber("z"),
            points: try fields.number("points"))
    }

    static func all(in fields: JSONFields) throws(UnreadableEvent) -> [Contribution] {
        var all: [Contribution] = []
        for part in try fields.objects("contributions") { all.append(try Contribution(part)) }
        return all
    }
}

/// Where scores lie, and how much they are to be relied on.
private let scores = 0.0...100.0, confidences = 0.0...1.0

/// The low and the high end of a score's interval.
private func interval(
    of fields: JSONFields, within range: ClosedRange<Double> = scores
) throws(UnreadableEvent) -> (low: Double, high: Double) {
    let ends = try fields.array("interval")
    guard ends.count == 2, case .number(let low) = ends[0], case .number(let high) = ends[1] else {
        throw UnreadableEvent(field: "interval", expected: "an array of two numbers")
    }
    guard range.contains(low), range.contains(high) else { throw JSONFields.outOfRange("interval", range) }
    return (low, high)
}

extension Engagement {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        guard let score = try fields.optionalNumber("score", in: scores) else {
            self = .abstained(reason: Abstention(rawValue: try fields.text("abstained")))
            return
        }
        let (low, high) = try interval(of: fields)
        self = .scored(
            EngagementScore(
                score: score, low: low, high: high, confidence: try fields.number("confidence", in: confidences),
                isProvisional: try fields.flag("provisional"), contributions: try Contribution.all(in: fields)))
    }
}

extension Sentiment {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        guard let score = try fields.optionalNumber("score", in: scores) else {
            self = .abstained(reason: Abstention(rawValue: try fields.text("abstained")))
            return
        }
        let (low, high) = try interval(of: fields)
        self = .scored(
            SentimentScore(
                score: score, low: low, high: high, confidence: try fields.number("confidence", in: confidences),
                isProvisional: try fields.flag("provisional"), activation: try fields.optionalNumber("activation"),
                basis: try fields.texts("basis").compactMap(SentimentScore.Basis.init),
                contributions: try Contribution.all(in: fields)))
    }
}

extension Activation {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        guard let value = try fields.optionalNumber("value", in: -1...1) else {
            self = .abstained(reason: Abstention(rawValue: try fields.text("abstained")))
            return
        }
        let (low, high) = try interval(of: fields, within: -1...1)
        self = .estimated(value: value, low: low, high: high)
    }
}

extension WindowMetrics {
    init(name: String, _ fields: JSONFields) throws(UnreadableEvent) {
        self.init(name: name)
        speechSeconds = try fields.number("speech_s")
        talkRatio = try fields.optionalNumber("talk_ratio")
        sideTalkRatio = try fields.optionalNumber("side_talk_ratio")
        pauseRatio = try fields.optionalNumber("pause_ratio")
        pauses = try fields.optionalInteger("pauses") ?? 0
        articulationRate = try fields.optionalNumber("articulation_rate_per_s")
        speechRate = try fields.optionalNumber("speech_rate_per_s")
        turns = try fields.integer("turns")
        ftoMedianMilliseconds = try fields.optionalNumber("fto_median_ms")
        ftoRangeMilliseconds = try fields.optionalNumber("fto_iqr_ms")
        responseLagMedianMilliseconds = try fields.optionalNumber("response_lag_median_ms")
        responseLags = try fields.integer("response_lag_n")
        patienceMedianMilliseconds = try fields.optionalNumber("patience_median_ms")
        patienceCount = try fields.optionalInteger("patience_n")
        longestMonologueSeconds = try fields.number("longest_monologue_s")
        backchannels = try fields.integer("backchannels")
        interruptions = try fields.integer("interruptions")
        voicedSeconds = try fields.optionalNumber("voiced_s") ?? 0
        pitchLevelSemitones = try fields.optionalNumber("pitch_level_st")
        pitchRangeSemitones = try fields.optionalNumber("pitch_range_st")
        relativeLevelDb = try fields.optionalNumber("relative_level_db")
        loudnessVariationDb = try fields.optionalNumber("loudness_variation_db")
        intonationSlope = try fields.optionalNumber("intonation_slope_st_per_s")
        intonationSlopes = try fields.optionalInteger("intonation_slope_n") ?? 0
        speakerChangesPerMinute = try fields.optionalNumber("speaker_changes_per_min")
        overlapRatio = try fields.optionalNumber("overlap_ratio")
        balance = try Balance(ifIn: fields)
        freedom = try fields.optionalNumber("freedom")
        captions = try Captions(ifIn: fields)
    }
}

extension WindowMetrics.Balance {
    init?(ifIn fields: JSONFields) throws(UnreadableEvent) {
        guard let entropy = try fields.optionalNumber("balance_entropy") else { return nil }
        self.init(entropy: entropy, gini: try fields.number("balance_gini"))
    }
}

extension WindowMetrics.Captions {
    init?(ifIn fields: JSONFields) throws(UnreadableEvent) {
        guard let words = try fields.optionalInteger("words") else { return nil }
        self.init(
            words: words, wordsPerMinute: try fields.optionalNumber("words_per_min"),
            fillerWords: try fields.integer("filler_words"), questions: try fields.integer("questions"),
            trackers: try fields.optionalCounts("trackers")?.map { .init(tracker: $0.name, count: $0.count) })
    }
}

extension SessionTotals {
    /// Speakers and sides come in the order of their names.
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            session: try fields.text("session"), durationSeconds: try fields.number("duration_s"),
            speakerChanges: try fields.integer("speaker_changes"),
            overlapRatio: try fields.optionalNumber("overlap_ratio"),
            balance: try WindowMetrics.Balance(ifIn: fields), freedom: try fields.optionalNumber("freedom"),
            speakers: [])
        for (name, side) in try fields.objectsByName("sides") { sides.append(try Side(name: name, side)) }
        for pair in try fields.objects("entrainment") { entrainment.append(try Entrainment(pair)) }
        for (name, speaker) in try fields.objectsByName("speakers") {
            speakers.append(try Speaker(name: name, speaker))
        }
    }
}

extension SessionTotals.Speaker {
    init(name: String, _ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            name: name, role: try fields.optionalText("role"), consent: try fields.choice("consent"),
            metrics: fields.has("speech_s") ? try WindowMetrics(name: "session", fields) : nil,
            engagement: try fields.optionalObject("engagement").map(Engagement.init),
            meanEngagement: try fields.optionalNumber("engagement_mean", in: scores),
            scoredSeconds: try fields.optionalInteger("engagement_scored_s") ?? 0,
            sentiment: try fields.optionalObject("sentiment").map(Sentiment.init),
            meanSentiment: try fields.optionalNumber("sentiment_mean", in: scores),
            sentimentSeconds: try fields.optionalInteger("sentiment_scored_s") ?? 0,
            audio: try fields.optionalObject("audio").map(AudioQuality.init))
    }
}

extension SessionTotals.Side {
    init(name: String, _ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            name: name, speakers: try fields.texts("speakers"), speechSeconds: try fields.number("speech_s"),
            talkRatio: try fields.optionalNumber("talk_ratio"), turns: try fields.integer("turns"),
            responseLagMedianMilliseconds: try fields.optionalNumber("response_lag_median_ms"),
            responseLags: try fields.integer("response_lag_n"))
    }
}

extension SessionTotals.Entrainment {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            speakers: try fields.texts("speakers"), feature: try fields.text("feature"),
            exchanges: try fields.integer("exchanges"), proximity: try fields.number("proximity_t"),
            convergence: try fields.number("convergence"), synchrony: try fields.number("synchrony"),
            shamSynchrony: try fields.number("sham_synchrony"))
    }
}
