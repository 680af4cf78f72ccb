import ConversationGenerator
import Foundation
import Pipeline
import Reports
import Statistics

/// The tables.
struct Measurements {
    let voices: [Voice]
    let detection: SpeechDetection
    /// Recordings that are no part of the project; what is absent is left out.
    let data: URL

    func analyse(_ tracks: [[Float]]) -> AnalysedConversation {
        AnalysedConversation(tracks: tracks, detection: detection)
    }

    func tracks(_ made: ScriptedConversation) -> [[Float]] {
        (0..<made.speakers).map { made.track(of: $0) }
    }

    private func has(_ file: String) -> Bool {
        FileManager.default.fileExists(atPath: data.appending(path: file).path)
    }

    /// The real call, a track per side.
    private func call() throws -> [[Float]]? {
        guard has("calls/repairs40-customer.flac") else { return nil }
        return try ["agent", "customer"].map {
            try FFmpeg.samples(["-i", data.appending(path: "calls/repairs40-\($0).flac").path])
        }
    }

    /// Conversations made of clips at known times.
    func generated(_ misses: inout [String]) -> String {
        var table = Table(
            "generated conversations", "n", "speaker changes wrong", "talk ratio, worst, points",
            "lag medians: median, 90 % within, ms", "F1 interruptions", "F1 backchannels")
        func add(_ name: String, _ seeds: ClosedRange<UInt64>, _ analyse: ([[Float]], UInt64) -> AnalysedConversation?)
        {
            var agreement = Agreement()
            for seed in seeds {
                let made = ScriptedConversation(seed: seed, voices: voices)
                guard let found = analyse(tracks(made), seed) else { continue }
                agreement.compare("seed \(seed)", made, found)
            }
            let lags = agreement.lagErrorsMilliseconds.map(abs).sorted()
            table.add(
                name, "\(agreement.conversations)", "\(agreement.wrongChanges.count)",
                figure(100 * agreement.worstTalkRatioError),
                "\(figure(agreement.lagBiasMilliseconds, 0)), ±\(figure(lags[lags.count * 9 / 10], 0))",
                figure(agreement.interruptions.f1, 3), figure(agreement.backchannels.f1, 3))
            misses += agreement.misses().map { "\(name): \($0)" }
        }
        add("tracks", 1...200) { tracks, _ in analyse(tracks) }
        add("live RTP, L16", 1...200) { RTPStreams($0, as: .l16, seed: $1)?.analyse(detection: detection) }
        add("live RTP, Opus", 1...3) { RTPStreams($0, as: .opus, seed: $1)?.analyse(detection: detection) }
        return table.text
    }

    /// What says nothing about how anybody takes part.
    func invariance(_ misses: inout [String]) throws -> String {
        var table = Table(
            "whole call", "engagement of the call, points", "between two ticks: mean, worst", "talk ratio, points")
        var plan = ConversationPlan()
        plan.speakers = 2...2
        plan.seconds = 480...480
        let made = ScriptedConversation(seed: 1, voices: voices, plan: plan)
        for (call, tracks) in [("generated call", tracks(made)), ("real call", try call() ?? [])] {
            guard !tracks.isEmpty else { continue }
            // Calls reach full scale, and twice that is cut off: there must be room for 12 dB more, or it is the
            // clipping that is measured.
            let tracks = tracks.map { $0.map { $0 / 2 } }
            let reference = analyse(tracks)
            func add(_ name: String, _ deviation: Deviation) {
                let name = "\(call), \(name)"
                let means = deviation.speakers.map { abs($0.meanScore) }.max() ?? 0
                let ratios = deviation.speakers.map { abs($0.talkRatioPoints) }.max() ?? 0
                table.add(
                    name, figure(means),
                    "\(figure(deviation.speakers.map(\.meanTick).max() ?? 0)), "
                        + figure(deviation.speakers.map(\.worstTick).max() ?? 0, 1), figure(ratios))
                if means > 2 { misses.append("\(name): engagement moves by \(figure(means, 1))") }
                if ratios > 1 { misses.append("\(name): the talk ratio moves by \(figure(ratios, 1))") }
            }
            var found: [String: AnalysedConversation] = [:]
            for transformation in Transformation.all {
                let transformed = analyse(try tracks.map { try transformation.apply(to: $0) })
                found[transformation.name] = transformed
                add(transformation.name, Deviation(of: transformed, from: reference, tempo: transformation.tempo))
            }
            if let low = found[Transformation.opus12.name], let high = found[Transformation.opus64.name] {
                add("Opus 12 against 64 kbit/s", Deviation(of: low, from: high))
            }
        }
        return "The larger of the two speakers' differences.\n\n" + table.text
    }

    /// Conversations that differ in one thing.
    func contrasts(_ misses: inout [String]) -> String {
        var table = Table("the second speaker", "pairs", "score lower", "by, median", "named rightly")
        let seeds = 1...6 as ClosedRange<UInt64>
        for kind in Contrast.Kind.allCases {
            let pairs = seeds.map { Contrast(kind, seed: $0, voices: voices, analyse: analyse) }
            let lower = pairs.count { $0.score < 0 }
            let named = pairs.count { $0.named == kind.input }
            table.add(
                kind.rawValue, "\(pairs.count)", "\(lower)", figure(median(pairs.map { -$0.score }) ?? 0, 1),
                "\(named) (`\(kind.input)`)")
            if lower < pairs.count { misses.append("\(kind.rawValue): \(pairs.count - lower) scores not lower") }
            for (seed, pair) in zip(seeds, pairs) where pair.named != kind.input {
                let own = figure(pair.points[kind.input] ?? 0, 1)
                let other = figure(pair.points[pair.named] ?? 0, 1)
                misses.append("\(kind.rawValue), seed \(seed): \(kind.input) \(own), but \(pair.named) \(other)")
            }
        }
        return table.text
    }

    /// Talk ratios of recordings.
    func talkRatios(_ misses: inout [String]) throws -> String {
        var table = Table("recording", "talk ratios by reference, %", "measured, %", "largest difference")
        func add(_ name: String, _ reference: TalkRatios, _ found: TalkRatios) {
            func list(_ ratios: TalkRatios) -> String { ratios.points.map { figure($0, 1) }.joined(separator: ", ") }
            table.add(name, list(reference), list(found), figure(reference.distance(to: found), 1))
        }
        if let call = try call() {
            let reference = TalkRatios(call)
            let found = TalkRatios(analyse(call))
            add("call, by energy", reference, found)
            if reference.distance(to: found) > 3 { misses.append("talk ratio of the call") }
        }
        let folder = data.appending(path: "meetings")
        for name in (try? LabelledMeeting.names(in: folder)) ?? [] {
            let meeting = try LabelledMeeting(name, in: folder)
            add("meeting \(name), by labels", meeting.ratios, TalkRatios(analyse(meeting.tracks)))
        }
        return """
            The meetings are mixed: a speaker's track is what is labelled as that speaker's alone, often a few seconds.
            Their labels bridge pauses and quiet stretches, so they are shown without a limit.

            \(table.text)
            """
    }
}
