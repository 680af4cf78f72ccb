import MediaTypes
import Testing

@testable import Voice

/// The state machine alone, on invented probabilities.
@Suite struct SegmenterTests {
    private func run(
        _ probabilities: [Float], speech: Int = 3, pause: Int = 5, early: Int = 0, late: Int = 0, isNear: Bool = true
    ) -> (labels: [Bool], changes: [SpeechChange], toldAt: [Int]) {
        var segmenter = SpeechSegmenter(
            minimalSpeechHops: speech, minimalPauseHops: pause, onThreshold: 0.6, offThreshold: 0.4,
            earlyHops: early, lateHops: late)
        var labels: [Bool] = []
        var changes: [SpeechChange] = []
        var toldAt: [Int] = []
        for (hop, probability) in probabilities.enumerated() {
            if let change = segmenter.push(probability, isNear: isNear) {
                changes.append(change)
                toldAt.append(hop)
            }
            if hop >= segmenter.delayHops {
                labels.append(segmenter.isSpeech(Int64(hop - segmenter.delayHops)))
            }
        }
        if let change = segmenter.finish() {
            changes.append(change)
            toldAt.append(probabilities.count)
        }
        for hop in labels.count..<probabilities.count { labels.append(segmenter.isSpeech(Int64(hop))) }
        return (labels, changes, toldAt)
    }

    private func pattern(_ text: String) -> [Float] {
        text.map { $0 == "x" ? 0.9 : $0 == "-" ? 0.5 : 0.1 }
    }

    @Test func startsAsSoonAsTheRunIsLongEnoughAndBackdates() {
        let result = run(pattern("..xxxx........"))
        #expect(result.changes == [.started(hop: 2), .ended(hop: 6)])
        #expect(result.toldAt == [4, 10])
    }

    /// Of a near voice the context that the detector sees is taken off, and the pause is that which is left.
    @Test func unitsOfNearVoicesAreShortened() {
        let text = ".xxxxxxx....xxxxxxx...xxxxxxx......"
        let near = run(pattern(text), speech: 4, pause: 7, early: 1, late: 2)
        #expect(near.changes == [.started(hop: 2), .ended(hop: 6), .started(hop: 13), .ended(hop: 27)])
        #expect(near.labels.indices.filter { near.labels[$0] } == Array(2..<6) + Array(13..<27))
        let distant = run(pattern(text), speech: 4, pause: 7, early: 1, late: 2, isNear: false)
        #expect(distant.changes == [.started(hop: 1), .ended(hop: 29)])
    }

    @Test func shortBurstsAreNoSpeech() {
        #expect(run(pattern("..xx...x.xx.......")).changes.isEmpty)
    }

    @Test func shortSilencesAreBridged() {
        #expect(run(pattern(".xxx....xxx......")).changes == [.started(hop: 1), .ended(hop: 11)])
    }

    @Test func silencesOfTheMinimalPauseAreNot() {
        let changes = run(pattern(".xxx.....xxx......")).changes
        #expect(changes == [.started(hop: 1), .ended(hop: 4), .started(hop: 9), .ended(hop: 12)])
    }

    @Test func aBurstInsideAPauseDoesNotProlongSpeech() {
        #expect(run(pattern(".xxx...xx........")).changes == [.started(hop: 1), .ended(hop: 4)])
    }

    @Test func theDecisionWaitsForARunThatMayStillBridgeThePause() {
        let result = run(pattern(".xxx....xx......."))
        #expect(result.changes == [.started(hop: 1), .ended(hop: 4)])
        #expect(result.toldAt == [3, 10])
    }

    @Test func hysteresisHoldsBetweenTheThresholds() {
        #expect(run(pattern("--xxx----------......")).changes == [.started(hop: 2), .ended(hop: 15)])
    }

    @Test func openSpeechEndsWithTheStream() {
        #expect(run(pattern("..xxxx")).changes == [.started(hop: 2), .ended(hop: 6)])
        #expect(run(pattern("..xxxx..")).changes == [.started(hop: 2), .ended(hop: 6)])
        #expect(run(pattern("..xxxx..x")).changes == [.started(hop: 2), .ended(hop: 6)])
        #expect(run(pattern("..xx")).changes.isEmpty)
    }

    /// Against the rules written down directly, over whole sequences at once.
    @Test(arguments: [(1, 1), (1, 4), (3, 5), (5, 2), (8, 20)])
    func agreesWithTheRulesOnRandomSequences(speech: Int, pause: Int) {
        var noise = Noise(seed: UInt64(100 * speech + pause))
        for _ in 0..<200 {
            var probabilities: [Float] = []
            while probabilities.count < 300 {
                let level: Float = [0.1, 0.5, 0.9][noise.integer(in: 0...2)]
                probabilities += Array(repeating: level, count: noise.integer(in: 1...(speech + pause)))
            }
            let expected = labelsByRule(probabilities, speech: speech, pause: pause)
            let result = run(probabilities, speech: speech, pause: pause)
            #expect(result.labels == expected)
            #expect(result.changes == changes(of: expected))
        }
    }

    private func labelsByRule(_ probabilities: [Float], speech: Int, pause: Int) -> [Bool] {
        var active: [Bool] = []
        for probability in probabilities { active.append(probability >= (active.last == true ? 0.4 : 0.6)) }
        active = replaceRuns(of: true, shorterThan: speech, in: active, alsoAtEdges: true)
        return replaceRuns(of: false, shorterThan: pause, in: active, alsoAtEdges: false)
    }

    private func replaceRuns(of value: Bool, shorterThan length: Int, in input: [Bool], alsoAtEdges: Bool)
        -> [Bool]
    {
        var output = input
        var start = 0
        while start < input.count {
            var end = start
            while end < input.count && input[end] == input[start] { end += 1 }
            let isInside = start > 0 && end < input.count
            if input[start] == value && end - start < length && (alsoAtEdges || isInside) {
                for index in start..<end { output[index] = !value }
            }
            start = end
        }
        return output
    }

    private func changes(of labels: [Bool]) -> [SpeechChange] {
        var changes: [SpeechChange] = []
        var last = false
        for (hop, label) in (labels + [false]).enumerated() where label != last {
            changes.append(label ? .started(hop: Int64(hop)) : .ended(hop: Int64(hop)))
            last = label
        }
        return changes
    }
}
