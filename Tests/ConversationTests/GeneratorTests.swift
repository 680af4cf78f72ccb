import Events
import SeededNumbers
import Testing

@testable import Conversation

/// A made-up conversation and the truth about it.
struct GeneratedConversation {
    var scripts: [Script]
    var seconds = 0.0
    /// Speakers of the turns in order.
    var holders: [Int] = []
    /// Response lags per speaker, ms.
    var lags: [[Double]]
    /// Begins of what was put inside others' turns: speaker and second.
    var backchannels: [(speaker: Int, start: Double)] = []
    var interruptions: [(speaker: Int, start: Double)] = []

    /// Turns of one to four IPUs with pauses between; the next speaker comes after a gap, with a slip, or by an
    /// interruption; listeners give backchannels inside long turns. All times are whole hops.
    init(seed: UInt64, turns: Int = 24) {
        var random = SeededRandom(seed: seed)
        let speakers = Int.random(in: 2...6, using: &random)
        scripts = (0..<speakers).map { Script(name: "s\($0)", ipus: []) }
        lags = scripts.map { _ in [] }
        var time = 1.0
        var holder = Int.random(in: 0..<speakers, using: &random)
        var interrupts = false
        for _ in 0..<turns {
            holders.append(holder)
            let start = time
            var end = start
            for ipu in 0..<Int.random(in: 1...4, using: &random) {
                if ipu > 0 { end += Self.draw(0.25...0.8, &random) }
                // Who interrupts goes on for a second after the other has stopped.
                let length = ipu == 0 && interrupts ? Self.draw(2.3...4, &random) : Self.draw(1.2...3.5, &random)
                scripts[holder].ipus.append(end...(end + length))
                end += length
            }
            addBackchannels(during: start...end, holder: holder, using: &random)
            let next = (holder + Int.random(in: 1..<speakers, using: &random)) % speakers
            interrupts = false
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where end - start > 2.5:
                interrupts = true
                time = end - Self.draw(0.5...1.1, &random)
                interruptions.append((next, time))
            case 1: time = end - Self.draw(0.05...0.2, &random)
            default: time = end + Self.draw(0.2...1.5, &random)
            }
            lags[next].append(max(0, (time - end) * 1000))
            holder = next
        }
        // The last floor transfer was drawn, but nobody took it; an interruption needs its interrupter.
        lags[holder].removeLast()
        interruptions.removeAll { $0.start == time }
        seconds = (scripts.flatMap(\.ipus).map(\.upperBound).max() ?? 0) + 4
    }

    /// Seconds in whole hops.
    private static func draw(_ range: ClosedRange<Double>, _ random: inout SeededRandom) -> Double {
        (Double.random(in: range, using: &random) * 100).rounded() / 100
    }

    private mutating func addBackchannels(
        during turn: ClosedRange<Double>, holder: Int, using random: inout SeededRandom
    ) {
        // Not near the begin, where the speaker before may still be heard, and not so near the end that the floor
        // changes soon after.
        var time = turn.lowerBound + 1.5
        while time + 3.5 < turn.upperBound, Bool.random(using: &random) {
            let speaker = (holder + Int.random(in: 1..<scripts.count, using: &random)) % scripts.count
            let length = Self.draw(0.3...0.8, &random)
            let isFree = !scripts[speaker].ipus.contains { $0.overlaps((time - 1)...(time + length + 1)) }
            if isFree {
                scripts[speaker].ipus.append(time...(time + length))
                backchannels.append((speaker, time))
            }
            time += Self.draw(1.5...3, &random)
        }
    }
}

@Suite struct GeneratorTests {
    private struct Counts {
        var hits = 0, missed = 0, wrong = 0
        var f1: Double { Double(2 * hits) / Double(max(1, 2 * hits + missed + wrong)) }

        mutating func compare(_ truth: [(speaker: Int, start: Double)], _ found: [(speaker: Int, start: Double)]) {
            let matched = truth.count { one in
                found.contains { $0.speaker == one.speaker && abs($0.start - one.start) < 0.1 }
            }
            hits += matched
            missed += truth.count - matched
            wrong += found.count - matched
        }
    }

    /// What the floor, the windows and the classification say of 200 conversations is what was put into them.
    @Test func generatedConversationsAreMeasuredAsTheyWereMade() {
        var backchannels = Counts()
        var interruptions = Counts()
        for seed in 1...200 as ClosedRange<UInt64> {
            let made = GeneratedConversation(seed: seed, turns: 8)
            let (events, totals, _) = play(made.scripts, seconds: made.seconds)
            #expect(totals.speakerChanges == made.holders.count - 1, "seed \(seed)")
            let speech = made.scripts.map { $0.ipus.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }
            for (index, speaker) in totals.speakers.enumerated() {
                let ratio = speech[index] / speech.reduce(0, +)
                #expect(abs((speaker.metrics?.talkRatio ?? 0) - ratio) < 0.01, "seed \(seed)")
                let lags = made.lags[index].sorted()
                guard !lags.isEmpty else { continue }
                let median = (lags[(lags.count - 1) / 2] + lags[lags.count / 2]) / 2
                #expect(
                    abs((speaker.metrics?.responseLagMedianMilliseconds ?? -1) - median) < 30,
                    "seed \(seed), speaker \(index)")
            }
            var last: [Int: (kind: Overlap.Kind, speaker: Int, start: Double)] = [:]
            for event in events {
                guard case .overlap(let overlap) = event.body, let name = event.speaker else { continue }
                last[overlap.id] = (overlap.kind, Int(name.dropFirst()) ?? -1, overlap.startSeconds)
            }
            func found(_ kind: Overlap.Kind) -> [(speaker: Int, start: Double)] {
                last.values.filter { $0.kind == kind }.map { ($0.speaker, $0.start) }
            }
            backchannels.compare(made.backchannels, found(.backchannel))
            interruptions.compare(made.interruptions, found(.interruption))
        }
        #expect(backchannels.hits > 100 && interruptions.hits > 100, "there is something to find")
        #expect(backchannels.f1 > 0.97, "\(backchannels)")
        #expect(interruptions.f1 > 0.95, "\(interruptions)")
    }
}
