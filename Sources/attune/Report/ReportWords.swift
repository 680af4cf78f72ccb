import Events

/// What a report says in sentences.
struct ReportWords {
    let totals: SessionTotals
    let record: CallRecord

    private var measured: [SessionTotals.Speaker] { totals.speakers.filter { $0.metrics != nil } }

    static func name(_ speaker: SessionTotals.Speaker) -> String {
        speaker.role.map { "\(speaker.name) (\($0))" } ?? speaker.name
    }

    /// The call in a few sentences.
    var summary: [String] {
        var sentences: [String] = []
        let names = ReportText.list(totals.speakers.map(Self.name))
        let verb = totals.speakers.count == 1 ? "was" : "were"
        sentences.append("\(names) \(verb) in the call for \(clock(totals.durationSeconds)).")
        let shares = measured.compactMap { speaker in
            speaker.metrics.map { metrics in
                "\(speaker.name) had \(ReportText.percent(metrics.talkRatio)) of the talk in "
                    + ReportText.count(metrics.turns, "turn")
            }
        }
        if !shares.isEmpty { sentences.append(ReportText.list(shares) + ".") }
        if measured.count > 1 {
            sentences.append(
                "The floor changed hands \(ReportText.times(totals.speakerChanges)); "
                    + "\(ReportText.percent(totals.overlapRatio)) of the time in which anybody spoke, two or more spoke at once."
            )
        }
        sentences.append(interruptions)
        sentences += measured.compactMap(engagement(of:)) + abstentions
        let withheld = totals.speakers.filter { $0.metrics == nil }.map(\.name)
        if !withheld.isEmpty { sentences.append("\(ReportText.list(withheld)) did not agree to be measured.") }
        return sentences
    }

    private var interruptions: String {
        let all = record.incursions.filter { $0.overlap.kind == .interruption }
        let pairs = Dictionary(grouping: all) { [$0.speaker, $0.overlap.holder] }
            .sorted { ($1.value.count, $0.key[0]) < ($0.value.count, $1.key[0]) }
        guard !pairs.isEmpty else {
            // A report that was begun late knows their number, and not who it was.
            let earlier = measured.reduce(0) { $0 + min(1_000_000, max(0, $1.metrics?.interruptions ?? 0)) }
            return earlier == 0
                ? "Nobody was interrupted."
                : "There were \(ReportText.count(earlier, "interruption")), all before the lanes of this report begin."
        }
        let texts = pairs.map { pair, incursions in
            let times = incursions.prefix(3).map { ReportText.time($0.overlap.startSeconds) }
            let more = incursions.count > 3 ? " and later" : ""
            return "\(pair[0]) interrupted \(pair[1]) \(ReportText.times(incursions.count)) "
                + "(at \(times.joined(separator: ", "))\(more))"
        }
        return ReportText.list(texts) + "."
    }

    /// Who has no score, together with those who have none for the same reason.
    private var abstentions: [String] {
        let reasons = measured.compactMap { speaker in
            if case .abstained(let reason) = speaker.engagement { (name: speaker.name, reason: reason) } else { nil }
        }
        return Dictionary(grouping: reasons, by: \.reason).sorted { $0.key.rawValue < $1.key.rawValue }.map {
            reason, speakers in
            let verb = speakers.count == 1 ? "has" : "have"
            return "\(ReportText.list(speakers.map(\.name))) \(verb) no engagement score at the end, "
                + "\(ScoreWords.reason(reason))."
        }
    }

    private func engagement(of speaker: SessionTotals.Speaker) -> String? {
        switch speaker.engagement {
        case nil, .abstained: return nil
        case .scored(let score):
            let movers = ScoreWords.movers(score.contributions).prefix(3)
                .map { "\($0.words) (\(ReportText.signed($0.points)))" }
            let moved = movers.isEmpty ? "with everything as usual" : "moved most by: " + movers.joined(separator: ", ")
            return "The engagement of \(speaker.name) at the end is \(ReportText.decimal(score.score, 0)), in 8 of 10 "
                + "cases between \(ReportText.decimal(score.low, 0)) and \(ReportText.decimal(score.high, 0)), \(moved)."
        }
    }

    static func text(of cue: CallRecord.Cue) -> String {
        let who = cue.speaker.map { "\($0): " } ?? ""
        let value = ReportText.decimal(cue.raised.value, 2), limit = ReportText.decimal(cue.raised.limit, 2)
        let words = cue.raised.cue.replacing("_", with: " ")
        return "\(who)\(words) (\(cue.raised.metric) \(value), limit \(limit))"
    }

    /// What a channel's troubles make less certain.
    static func text(of issue: QualityChange.Issue) -> String {
        switch issue {
        case .clipping: "clipped: loudness, and with it a part of both scores, is less certain"
        case .noise:
            "noisy: begin and end of speech, lags and pauses are less certain; a voice this near to the noise "
                + "gives no sentiment"
        case .narrowBand: "telephone band: the colour of the voice is told by less of it"
        case .crosstalk: "another microphone of the room is heard in it; what was recognised as that is not counted"
        case .echo: "another channel is heard in it, as by a loudspeaker; what was recognised as that is not counted"
        case .backgroundVoice: "somebody speaks in the background; what was recognised as that is not counted"
        case .severalVoices:
            "several people speak into it: speech, turns, pitch, pace and scores are of all of them together"
        }
    }

    /// What is unreliable of a speaker, in words; empty where nothing is.
    static func reservations(_ speaker: SessionTotals.Speaker, _ voice: CallRecord.Voice?) -> [String] {
        var texts = (voice?.issues ?? []).sorted { $0.rawValue < $1.rawValue }.map(text(of:))
        if let loss = speaker.audio?.lossPercent, loss >= 1 {
            texts.append("\(ReportText.decimal(loss, 1)) % of the media is missing: talk time and turns are too low")
        }
        for why in (voice?.lagsWithheld ?? []).sorted(by: { $0.rawValue < $1.rawValue }) {
            switch why {
            case .timing: texts.append("the clocks of the two sides may be off: some lags are not told")
            case .loss: texts.append("media is missing around changes of the floor: some lags are not told")
            }
        }
        return texts
    }
}
