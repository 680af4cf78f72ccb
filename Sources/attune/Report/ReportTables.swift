import Events
import Statistics

/// The tables of a report.
struct ReportTables {
    struct Row {
        var name: String
        var values: [String]
        var usual: String
    }

    struct Bars {
        var name: String
        var colour: String
        /// In a box of a unit of width per bar and of 100 units of height.
        var path: String
        var width: Int
        var text: String
        var from: String, to: String
    }

    struct Moment {
        var seconds: String, time: String
        var who: String
        var text: String
    }

    struct Moves {
        struct Row {
            var seconds: String, time: String
            var score: String, interval: String, sure: String
            var words: String
        }
        var name: String
        var rows: [Row]
    }

    let totals: SessionTotals
    let record: CallRecord

    var measured: [SessionTotals.Speaker] { totals.speakers.filter { $0.metrics != nil } }

    /// What was measured of each, with where others were found, as far as that was published.
    var metrics: [Row] {
        func row(_ name: String, _ usual: String = "", _ value: (WindowMetrics) -> String?) -> Row? {
            let values = measured.map { $0.metrics.flatMap(value) ?? ReportText.none }
            return values.allSatisfy { $0 == ReportText.none } ? nil : Row(name: name, values: values, usual: usual)
        }
        func captions(_ value: @escaping (WindowMetrics.Captions) -> String?) -> (WindowMetrics) -> String? {
            { $0.captions.flatMap(value) }
        }
        return [
            row("talk", "43 : 57 is often quoted for sales calls (Gong)") { ReportText.percent($0.talkRatio) },
            row("speech") { "\(ReportText.decimal($0.speechSeconds, 1)) s" },
            row("turns") { "\($0.turns)" },
            row("longest monologue") { "\(ReportText.decimal($0.longestMonologueSeconds, 1)) s" },
            row(
                "response lag (median)",
                "means of 135 ms face to face, 487 ms in video calls (Boland et al., 2022)"
            ) { metrics in
                metrics.responseLagMedianMilliseconds.map {
                    "\(ReportText.decimal($0, 0)) ms (of \(metrics.responseLags))"
                }
            },
            row("patience (median)", "trainers recommend 600 to 1,000 ms (Gong)") { metrics in
                metrics.patienceMedianMilliseconds.map {
                    "\(ReportText.decimal($0, 0)) ms (of \(metrics.patienceCount ?? 0))"
                }
            },
            row("pauses within turns") { "\(ReportText.percent($0.pauseRatio)) (\($0.pauses))" },
            row("interrupted others") { "\($0.interruptions)" },
            row("backchannels given") { "\($0.backchannels)" },
            row("articulation rate") { $0.articulationRate.map { "\(ReportText.decimal($0, 1)) syllables/s" } },
            row("pitch range") { $0.pitchRangeSemitones.map { "\(ReportText.decimal($0, 1)) semitones" } },
            row("questions", "", captions { "\($0.questions)" }),
            row(
                "fillers", "2 to 3 per 100 words (Bortfeld et al., 2001)",
                captions { captions in
                    let share = captions.words > 0 ? 100 * Double(captions.fillerWords) / Double(captions.words) : 0
                    return "\(captions.fillerWords) (\(ReportText.decimal(share, 1)) per 100 words)"
                }),
            row(
                "words per minute", "190 to 230 in English conversation (Tauroza & Allison, 1990)",
                captions { $0.wordsPerMinute.map { ReportText.decimal($0, 0) } }),
        ].compactMap(\.self)
    }

    /// How lags and pauses are spread.
    var distributions: [Bars] {
        measured.enumerated().flatMap { index, speaker -> [Bars] in
            guard let voice = record.voices[speaker.name] else { return [] }
            return [
                bars(
                    "\(speaker.name) takes the floor after", voice.transfers, -1...3, index,
                    "below 0 both spoke at once"),
                bars("\(speaker.name) pauses within turns for", voice.pauses, 0...3, index, "from 0.2 s on"),
            ].compactMap(\.self)
        }
    }

    private func bars(
        _ name: String, _ values: [Double], _ range: ClosedRange<Double>, _ index: Int, _ note: String
    ) -> Bars? {
        guard !values.isEmpty else { return nil }
        let bins = Int(((range.upperBound - range.lowerBound) * 5).rounded())
        var counts = [Int](repeating: 0, count: bins)
        // What lies beyond is in the outermost bar.
        for value in values {
            let place = (max(range.lowerBound, min(range.upperBound, value)) - range.lowerBound) * 5
            counts[min(bins - 1, Int(place))] += 1
        }
        let most = counts.max() ?? 1
        let path = counts.enumerated().filter { $0.element > 0 }.map { bin, count in
            let height = ReportText.decimal(100 * Double(count) / Double(most), 1)
            return "M\(bin).08 100v-\(height)h0.84v\(height)z"
        }.joined()
        let sorted = values.sorted()
        func quantile(_ share: Double) -> String {
            ReportText.decimal(Quantiles.interpolated(share, count: sorted.count) { sorted[$0] } ?? 0, 2)
        }
        return Bars(
            name: name, colour: ReportTimeline.colour(index), path: path, width: bins,
            text: "median \(quantile(0.5)) s, half of them from \(quantile(0.25)) to \(quantile(0.75)) s, "
                + "\(values.count) in all; \(note)",
            from: "\(ReportText.decimal(range.lowerBound, 0)) s", to: "\(ReportText.decimal(range.upperBound, 0)) s")
    }

    /// Backchannels that a list can hold beside what is rarer; all are in the lanes.
    private static let maxBackchannels = 60

    private var backchannels: Int { record.incursions.count { $0.overlap.kind == .backchannel } }

    private var showsBackchannels: Bool { backchannels <= Self.maxBackchannels }

    /// What the list of moments leaves out; nil where that is nothing.
    var omission: String? {
        showsBackchannels ? nil : "\(backchannels) backchannels are not listed; they are in the lanes above."
    }

    /// Who spoke into whose turn, and the cues, in the order of their times.
    var moments: [Moment] {
        let told = showsBackchannels ? [Overlap.Kind.interruption, .backchannel] : [.interruption]
        let incursions = record.incursions.filter { told.contains($0.overlap.kind) }.map {
            incursion -> (Double, Moment) in
            let overlap = incursion.overlap
            let text =
                overlap.kind == .interruption
                ? "interrupts \(overlap.holder): both speak for \(ReportText.decimal(overlap.sharedSeconds, 1)) s, then "
                    + "\(overlap.holder) stops"
                : "gives a backchannel to \(overlap.holder)"
            return (overlap.startSeconds, moment(overlap.startSeconds, incursion.speaker, text))
        }
        let cues = record.cues.map { cue -> (Double, Moment) in
            let end = cue.endSeconds.map { " until \(ReportText.time($0))" } ?? ""
            return (cue.startSeconds, moment(cue.startSeconds, "cue", ReportWords.text(of: cue) + end))
        }
        return (incursions + cues).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func moment(_ seconds: Double, _ who: String, _ text: String) -> Moment {
        Moment(seconds: ReportText.decimal(seconds, 2), time: ReportText.time(seconds), who: who, text: text)
    }

    /// What moved the engagement of each, at round times.
    var moves: [Moves] {
        let duration = totals.durationSeconds
        let step = [15, 30, 60, 120, 300, 600, 1_200, 1_800].first { duration / $0 <= 15 } ?? 3_600
        return measured.compactMap { speaker in
            // What came from the daemon's history does not tell what moved it.
            let scores = (record.voices[speaker.name]?.engagement ?? []).filter { $0.confidence != nil }
            guard !scores.isEmpty else { return nil }
            // Of long sessions ticks are stored in a slower rhythm.
            let oldest = min(60, max(5, 2 * duration / Double(scores.count)))
            let rows = stride(from: step, through: duration, by: step).compactMap { seconds -> Moves.Row? in
                guard let score = scores.last(where: { $0.seconds <= seconds }), seconds - score.seconds < oldest else {
                    return nil
                }
                return row(score, at: seconds)
            }
            return rows.isEmpty ? nil : Moves(name: speaker.name, rows: rows)
        }
    }

    private func row(_ score: CallRecord.Score, at seconds: Double) -> Moves.Row {
        let words = ScoreWords.movers(score.contributions).prefix(4)
            .map { "\($0.words) \(ReportText.signed($0.points))" }
        let sure = score.confidence.map { "\(ReportText.decimal($0 * 100, 0)) %" } ?? ReportText.none
        return Moves.Row(
            seconds: ReportText.decimal(seconds, 0), time: ReportText.time(seconds),
            score: ReportText.decimal(score.score, 0),
            interval: "\(ReportText.decimal(score.low, 0)) to \(ReportText.decimal(score.high, 0))",
            sure: score.isProvisional ? sure + ", provisional" : sure,
            words: words.isEmpty ? "as usual" : words.joined(separator: ", "))
    }
}
