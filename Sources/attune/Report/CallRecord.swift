import Events

/// What a report needs of a session's events, in the order of their times.
struct CallRecord: Sendable {
    /// A score of a speaker with its interval.
    struct Score: Sendable {
        var seconds: Double
        var score: Double, low: Double, high: Double
        /// Nil where the daemon's history gave the score, which has neither that nor contributions.
        var confidence: Double?
        var isProvisional: Bool
        var contributions: [Contribution]
        /// How far apart such scores may lie at the most, seconds, where that is more than ticks do.
        var rhythmSeconds = 0.0
    }

    /// A stretch of session time, seconds.
    struct Span: Sendable, Equatable {
        var start: Double, end: Double
        var seconds: Double { end - start }
    }

    /// What is known of one speaker.
    struct Voice: Sendable {
        var speech: [Span] = []
        var turns: [Turn] = []
        var gaps: [Gap] = []
        var engagement: [Score] = [], sentiment: [Score] = []
        var issues: Set<QualityChange.Issue> = []
        var lagsWithheld: Set<LagsWithheld> = []
        var seen = SeenMeans()

        /// Takes in that the speaker spoke otherwise than was told.
        fileprivate mutating func take(_ revised: SpeechRevised) {
            let (from, to) = (revised.fromSeconds, revised.toSeconds)
            speech.removeAll { $0.start < to && $0.end > from }
            speech += revised.speech.map { Span(start: $0.startSeconds, end: $0.endSeconds) }
            speech.sort { $0.start < $1.start }
            turns.removeAll { $0.startSeconds < to && $0.endSeconds > from }
            turns += revised.turns
            turns.sort { $0.startSeconds < $1.startSeconds }
        }
    }

    /// A cue, and when it was over, if it was.
    struct Cue: Sendable {
        var raised: CueRaised
        var speaker: String?
        var startSeconds: Double
        var endSeconds: Double?
    }

    /// Speech of one inside the turn of another, as it turned out.
    struct Incursion: Sendable {
        var speaker: String
        var overlap: Overlap
    }

    /// Phrases of a tracker that somebody said.
    struct Mention: Sendable {
        var speaker: String
        var met: TrackerMet
    }

    private(set) var voices: [String: Voice] = [:]
    private(set) var mentions: [Mention] = []
    private(set) var cues: [Cue] = []
    private var overlaps: [Int: Incursion] = [:]
    /// The notice and the policy of the session, as far as they were told.
    private(set) var started: SessionStarted?

    /// Speech inside others' turns, in the order of its begin.
    var incursions: [Incursion] {
        overlaps.values.sorted { ($0.overlap.startSeconds, $0.overlap.id) < ($1.overlap.startSeconds, $1.overlap.id) }
    }

    /// Takes in an event of the session.
    mutating func take(_ event: Event) {
        switch event.body {
        case .sessionStarted(let started): self.started = started
        case .cueRaised(let cue):
            cues.append(Cue(raised: cue, speaker: event.speaker, startSeconds: event.timeSeconds ?? 0))
        case .cueCleared(let cleared):
            guard let index = cues.lastIndex(where: { $0.raised.id == cleared.id }) else { return }
            cues[index].endSeconds = event.timeSeconds
        default:
            guard let speaker = event.speaker else { return }
            take(event.body, of: speaker, at: event.timeSeconds ?? 0)
        }
    }

    private mutating func take(_ body: EventBody, of speaker: String, at seconds: Double) {
        switch body {
        case .speechEnded(let speech):
            voices[speaker, default: Voice()].speech.append(
                Span(start: speech.startSeconds, end: speech.endSeconds))
        case .speechRevised(let revised): voices[speaker, default: Voice()].take(revised)
        case .turn(let turn): voices[speaker, default: Voice()].turns.append(turn)
        case .tracker(let met): mentions.append(Mention(speaker: speaker, met: met))
        case .gap(let gap): voices[speaker, default: Voice()].gaps.append(gap)
        case .quality(let quality): voices[speaker, default: Voice()].issues.formUnion(quality.issues)
        case .overlap(let overlap):
            // A later revision says what it turned out to be.
            if let known = overlaps[overlap.id], known.overlap.revision > overlap.revision { return }
            overlaps[overlap.id] = Incursion(speaker: speaker, overlap: overlap)
        case .consent: forget(speaker)
        case .tick(let tick):
            take(StoredReport.Score(speaker: speaker, timeSeconds: seconds, engagement: tick.engagement))
            if let why = tick.lagsWithheld { voices[speaker, default: Voice()].lagsWithheld.insert(why) }
            for lane in tick.lanes where lane.name == LaneFields.visibleName {
                voices[speaker, default: Voice()].seen.take(lane)
            }
            guard case .scored(let score) = tick.sentiment else { return }
            voices[speaker, default: Voice()].sentiment.append(
                Score(
                    seconds: seconds, score: score.score, low: score.low, high: score.high,
                    confidence: score.confidence, isProvisional: score.isProvisional,
                    contributions: score.contributions))
        default: break
        }
    }

    /// Takes in an engagement score.
    mutating func take(_ stored: StoredReport.Score) {
        guard case .scored(let score) = stored.engagement else { return }
        voices[stored.speaker, default: Voice()].engagement.append(
            Score(
                seconds: stored.timeSeconds, score: score.score, low: score.low, high: score.high,
                confidence: score.confidence, isProvisional: score.isProvisional,
                contributions: score.contributions))
    }

    /// Takes in scores of a speaker that are older than all that are there.
    mutating func prepend(_ scores: [Score], of speaker: String, to kind: WritableKeyPath<Voice, [Score]>) {
        let first = voices[speaker]?[keyPath: kind].first?.seconds ?? .infinity
        let older = scores.filter { $0.seconds < first }
        guard !older.isEmpty else { return }
        voices[speaker, default: Voice()][keyPath: kind].insert(contentsOf: older, at: 0)
    }

    /// Whoever takes consent back, or gives it anew, begins with nothing.
    private mutating func forget(_ speaker: String) {
        voices[speaker] = nil
        cues.removeAll { $0.speaker == speaker }
        mentions.removeAll { $0.speaker == speaker }
        overlaps = overlaps.filter { $0.value.speaker != speaker && $0.value.overlap.holder != speaker }
    }

    /// Stretches in which two or more spoke at once.
    var together: [Span] {
        let edges = voices.values.flatMap(\.speech).flatMap { [($0.start, 1), ($0.end, -1)] }.sorted(by: <)
        var spans: [Span] = []
        var speaking = 0
        var start = 0.0
        for (seconds, step) in edges {
            if speaking == 1, step == 1 { start = seconds }
            if speaking == 2, step == -1, seconds > start { spans.append(Span(start: start, end: seconds)) }
            speaking += step
        }
        return spans
    }
}

extension CallRecord.Voice {
    /// Pauses between the stretches of speech of a turn, seconds.
    var pauses: [Double] {
        let ordered = speech.sorted { $0.start < $1.start }
        var pauses: [Double] = []
        var index = 0
        for turn in turns.sorted(by: { $0.startSeconds < $1.startSeconds }) {
            while index < ordered.count, ordered[index].start < turn.startSeconds - 0.001 { index += 1 }
            while index + 1 < ordered.count, ordered[index + 1].end <= turn.endSeconds + 0.001 {
                pauses.append(ordered[index + 1].start - ordered[index].end)
                index += 1
            }
        }
        return pauses.filter { $0 > 0 }
    }

    /// What lay between the end of the other's voice and the begin of this one's, seconds; below 0 both spoke.
    var transfers: [Double] { turns.compactMap { $0.ftoMilliseconds.map { Double($0) / 1_000 } } }
}
