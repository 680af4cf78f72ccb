import ConversationGenerator
import Reports
import Statistics

/// What gets into channels that is not their owner's.
extension Measurements {
    /// One conversation with something in its channels against the same without.
    private struct Comparison {
        var talkRatioPoints: Double
        var overlapPoints: Double
        var speakerChanges: Int
        var lagsMilliseconds: [Double]
        var doubleTalk: (all: Int, kept: Int)
    }

    /// Leaks and backgrounds in conversations made of clips, each against the same conversation without.
    func leaks(_ misses: inout [String]) -> String {
        var table = Table(
            "generated conversations, 2 to 3 people", "n", "talk ratio: 90 % within, worst, points",
            "overlap: 90 % within, worst, points", "speaker changes: more than one off", "lag medians: 90 % within, ms",
            "double talk kept, %", "F1 interruptions", "F1 backchannels")
        var plan = ConversationPlan()
        plan.speakers = 2...3
        func add(
            _ name: String, _ seeds: ClosedRange<UInt64>,
            _ spoilt: (Leakage, [[Float]], ScriptedConversation) -> [[Float]]
        ) {
            var agreement = Agreement()
            let compared = seeds.map { seed in
                let made = ScriptedConversation(seed: seed, voices: voices, plan: plan)
                let clean = tracks(made)
                let reference = analyse(clean)
                let found = analyse(spoilt(Leakage(seed: seed), clean, made))
                agreement.compare("seed \(seed)", made, found)
                return compare(found, reference, made)
            }
            func spread(_ values: [Double], _ places: Int) -> String {
                let sorted = values.map(abs).sorted()
                guard let worst = sorted.last else { return "–" }
                return "±\(figure(sorted[sorted.count * 9 / 10], places)), \(figure(worst, places))"
            }
            let double = compared.reduce((all: 0, kept: 0)) {
                ($0.all + $1.doubleTalk.all, $0.kept + $1.doubleTalk.kept)
            }
            let kept = 100 * Double(double.kept) / Double(max(1, double.all))
            let wrong = compared.count { abs($0.speakerChanges) > 1 }
            table.add(
                name, "\(compared.count)", spread(compared.map(\.talkRatioPoints), 1),
                spread(compared.map(\.overlapPoints), 1), "\(wrong)",
                spread(compared.flatMap(\.lagsMilliseconds), 0), figure(kept, 1),
                figure(agreement.interruptions.f1, 3), figure(agreement.backchannels.f1, 3))
            func limit(_ what: String, _ values: [Double], _ most: Double) {
                let beyond = values.count { abs($0) > most }
                if beyond > 0 {
                    misses.append("\(name): \(what) beyond \(figure(most, 0)) in \(beyond) of \(values.count)")
                }
            }
            limit("talk ratio", compared.map(\.talkRatioPoints), 2)
            limit("overlap", compared.map(\.overlapPoints), 2)
            limit("lag", compared.flatMap(\.lagsMilliseconds), 100)
            if wrong > 0 { misses.append("\(name): speaker changes in \(wrong)") }
            if kept < 90 { misses.append("\(name): \(figure(kept, 1)) % of double talk kept") }
        }
        add("nothing else in them", 1...200) { _, tracks, _ in tracks }
        add("the others leak in", 1...200) { leak, tracks, _ in leak.leaked(tracks) }
        add("somebody talks in the background", 1...200) { leak, tracks, made in
            leak.overheard(tracks, voice: voices[made.speakers % voices.count])
        }
        return """
            Others in the microphone: 20 to 40 dB below their own channel, up to 400 ms late, dry or in a room (RT60 0.25 or
            0.5 s), in everybody's channel or in one; or a voice without a channel, 20 to 40 dB below the own one, all the
            time. Each against the same conversation without.

            \(table.text)
            """
    }

    private func compare(
        _ found: AnalysedConversation, _ reference: AnalysedConversation, _ made: ScriptedConversation
    ) -> Comparison {
        let hops = SpeechGrid(made)
        let (grid, clean) = (SpeechGrid(found, hops: hops.count), SpeechGrid(reference, hops: hops.count))
        let pairs = Array(zip(found.totals.speakers, reference.totals.speakers))
        return Comparison(
            talkRatioPoints: pairs.map { 100 * (($0.metrics?.talkRatio ?? 0) - ($1.metrics?.talkRatio ?? 0)) }
                .max { abs($0) < abs($1) } ?? 0,
            overlapPoints: 100 * (grid.overlapRatio - clean.overlapRatio),
            speakerChanges: found.totals.speakerChanges - reference.totals.speakerChanges,
            lagsMilliseconds: pairs.compactMap { found, reference in
                guard let lag = found.metrics?.responseLagMedianMilliseconds,
                    let usual = reference.metrics?.responseLagMedianMilliseconds
                else { return nil }
                return lag - usual
            },
            doubleTalk: hops.doubleTalk(keptIn: grid))
    }
}
