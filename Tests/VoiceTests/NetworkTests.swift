import CMallocCounter
import Foundation
import MediaTypes
import Testing

@testable import Voice

@Suite struct NetworkTests {
    /// Log odds of all whole chunks.
    private func logOdds(_ samples: [Float], _ network: SpeechNetwork) -> [Float] {
        var state = SpeechNetworkState()
        var answers: [Float] = []
        samples.withUnsafeBufferPointer { samples in
            guard let start = samples.baseAddress else { return }
            var position = 0
            while position < samples.count {
                position += state.take(start + position, count: min(160, samples.count - position), isSilent: false)
                guard state.isComplete else { continue }
                answers.append(state.evaluate(network))
                state.beginChunk()
            }
        }
        return answers
    }

    // Skipped where the weights have not been fetched.
    @Test(.enabled(if: Weights.areThere, "needs models/: run scripts/models/fetch-vad-weights.py"))
    func givesTheProbabilitiesOfTheOriginal() throws {
        let expected = try Weights.fixture("silero-6.2.3.txt")
        let answers = logOdds(fixtureSignal(400 * 512), try Weights.network())
        try #require(answers.count == expected.count)
        let errors = zip(answers, expected).map { (1 / (1 + exp(-$0)) - $1).magnitude }
        // The two sum in different orders; the cell carries the rounding on.
        #expect(errors.reduce(0, +) / Float(errors.count) < 1e-6)
        #expect(errors.allSatisfy { $0 < 1e-5 })
    }

    /// One step from the state that the original had: the forward pass without what the recurrence makes of rounding.
    @Test(.enabled(if: Weights.areThere, "needs models/: run scripts/models/fetch-vad-weights.py"))
    func aStepFromTheOriginalsStateGivesItsProbability() throws {
        let network = try Weights.network()
        let steps = try Weights.steps()
        #expect(steps.count == 60)
        var state = SpeechNetworkState()
        for (index, step) in steps.enumerated() {
            step.samples.withUnsafeBufferPointer { samples in
                guard let start = samples.baseAddress else { return }
                // The context is the end of a chunk before.
                for _ in 0..<8 { _ = state.take(start, count: 64, isSilent: false) }
                state.beginChunk()
                _ = state.take(start + 64, count: 512, isSilent: false)
            }
            for unit in 0..<128 {
                state.joined[128 + unit] = step.before[unit]
                state.cell[unit] = step.before[128 + unit]
            }
            let logOdds = Double(state.evaluate(network))
            state.beginChunk()
            #expect((1 / (1 + exp(-logOdds)) - Double(step.probability)).magnitude <= 1e-6, "step \(index)")
            for unit in 0..<128 {
                #expect((state.joined[128 + unit] - step.after[unit]).magnitude < 2e-5, "step \(index)")
                #expect((state.cell[unit] - step.after[128 + unit]).magnitude < 2e-5, "step \(index)")
            }
        }
    }

    /// The layers, the order of the weights and the paddings against the textbook, whatever the weights.
    @Test func agreesWithTheDefinitionOfItsLayers() throws {
        let values = Weights.randomValues()
        let samples = Array(fixtureSignal(28_000).suffix(12 * 512))
        let answers = logOdds(samples, try SpeechNetwork(weights: Weights.bytes(values)))
        var definition = NetworkDefinition(values: values.map(Double.init))
        let padded = [Double](repeating: 0, count: 64) + samples.map(Double.init)
        for (chunk, answer) in answers.enumerated() {
            let exact = definition.logOdds(Array(padded[chunk * 512..<chunk * 512 + 576]))
            #expect((Double(answer) - exact).magnitude < 1e-4)
        }
        #expect(answers.count == 12)
    }

    @Test func refusesWhatAreNoWeights() {
        let values = Weights.randomValues()
        let good = Weights.bytes(values)
        #expect(throws: SpeechNetworkError.unknownFormat) { try SpeechNetwork(weights: []) }
        #expect(throws: SpeechNetworkError.unknownFormat) { try SpeechNetwork(weights: Array(good.dropFirst())) }
        #expect(throws: SpeechNetworkError.wrongLength(good.count - 1, expected: good.count)) {
            try SpeechNetwork(weights: Array(good.dropLast()))
        }
        for (index, value) in [(0, Float.nan), (values.count - 1, .infinity)] {
            var damaged = values
            damaged[index] = value
            #expect(throws: SpeechNetworkError.damaged) { try SpeechNetwork(weights: Weights.bytes(damaged)) }
        }
    }

    /// Chunks of the signal that the gate lets through, as seconds.
    private func secondsLetThrough(_ samples: [Float]) -> [Double] {
        var input = HopInput()
        var features = SpeechFeatures()
        var gate = NetworkGate()
        var pending = 0
        var seconds: [Double] = []
        var hop = 0
        for sample in samples where input.add(sample) {
            hop += 1
            features.push(input.hop.base, isSilent: input.isSilent)
            gate.push(snrDb: features.meanSnrDb, knowsNoise: input.isSilent || features.knowsNoise)
            pending += 160
            guard pending >= 512 else { continue }
            pending -= 512
            if gate.decide() { seconds.append(Double(hop) / 100) }
        }
        return seconds
    }

    @Test(arguments: [-75, -50, -25] as [Float])
    func theGateSparesSteadyNoise(levelDb: Float) {
        var noise = Noise(seed: 41)
        let seconds = secondsLetThrough(noise.white(seconds: 60, levelDb: levelDb))
        #expect(seconds.count < 60 * 1000 / 32 / 10)
        // While the noise is unknown everything is looked at.
        #expect(seconds.filter { $0 < 1.5 }.count > 40)
    }

    @Test func theGateSparesSilence() {
        #expect(secondsLetThrough([Float](repeating: 0, count: 160_000)).isEmpty)
    }

    @Test func theGateLetsTalkThrough() {
        let seconds = secondsLetThrough(Signals.talk(seconds: 20, levelDb: -46, floorDb: -66))
        let chunks = stride(from: 0.032, to: 20, by: 0.032).filter { Signals.isTalking(at: $0 - 0.02) }
        let seen = seconds.filter { Signals.isTalking(at: $0 - 0.02) }
        #expect(seen.count > chunks.count * 97 / 100)
    }

    @Test func theFloorFollowsTheLowestAnswersAndForgetsThem() {
        var floor = LogOddsFloor()
        for _ in 0..<50 { floor.push(3) }
        #expect(floor.value == LogOddsFloor.highest)
        for _ in 0..<3 { floor.push(-7) }
        #expect(floor.value == -7)
        for _ in 0..<3 { floor.push(-100) }
        #expect(floor.value > -20)
        for _ in 0..<1000 { floor.push(3) }
        #expect(floor.value == LogOddsFloor.highest)
    }
}

/// The contract of the analyser holds with the network too.
@Suite struct NetworkAnalyzerTests {
    @Test func tellsWhichDetectorRuns() throws {
        #expect(VoiceAnalyzer().detectorKind == .builtIn)
        #expect(VoiceAnalyzer(network: try Weights.random()).detectorKind == .network)
    }

    @Test func everyHopOnceInOrderAtAFixedDelay() throws {
        var analyzer = VoiceAnalyzer(network: try Weights.random())
        #expect(analyzer.delayHops == 38)
        let delay = Int64(analyzer.delayHops)
        var lastHop: Int64 = -1
        for (index, sample) in Signals.talk(seconds: 3).enumerated() {
            analyzer.process([sample].span) {
                guard case .hop(let record) = $0 else { return }
                #expect(record.index == lastHop + 1)
                lastHop = record.index
            }
            #expect(lastHop == max(-1, Int64((index + 1) / 160) - 1 - delay))
        }
        analyzer.finish { if case .hop(let record) = $0 { lastHop = record.index } }
        #expect(lastHop == 299)
    }

    @Test(arguments: 1...5) func cutsDoNotMatter(seed: UInt64) throws {
        let network = try Weights.random()
        let signal = fixtureSignal(80_000)
        let whole = analyze(signal, network: network) { signal.count }
        var noise = Noise(seed: seed)
        let largest = [1, 159, 513, 960, 5000][Int(seed) - 1]
        #expect(analyze(signal, network: network) { noise.integer(in: 1...largest) } == whole)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 1e30, -1e30, -65_537, .leastNonzeroMagnitude])
    func hostileValuesLeaveNoTrace(value: Float) throws {
        let network = try Weights.random()
        let signal = Signals.talk(seconds: 8)
        var spoilt = signal
        for index in stride(from: 16_000, to: 24_000, by: 37) { spoilt[index] = value }
        let records = analyze(spoilt, network: network).records
        #expect(records.allSatisfy { (0...1).contains($0.speechProbability) })
        // The network sees the same signal again; its memory of the values fades.
        let late = zip(records, analyze(signal, network: network).records).dropFirst(600)
        #expect(late.allSatisfy { ($0.speechProbability - $1.speechProbability).magnitude < 0.05 })
    }

    /// What is clipped is a loud sound, and forgotten as one: the peak falls by 1 dB a second to that of the voice.
    @Test(arguments: [-3, 32_768] as [Float])
    func clippedValuesAreForgotten(value: Float) throws {
        let network = try Weights.random()
        let signal = Signals.talk(seconds: 50)
        var spoilt = signal
        for index in stride(from: 16_000, to: 24_000, by: 37) { spoilt[index] = value }
        let both = Array(zip(analyze(spoilt, network: network).records, analyze(signal, network: network).records))
        #expect(both.prefix(600).contains { $0.speechProbability != $1.speechProbability })
        let late = both.dropFirst(4500)
        #expect(late.allSatisfy { ($0.speechProbability - $1.speechProbability).magnitude < 0.001 })
    }

    /// Even weights that drive the sums beyond all numbers give probabilities.
    @Test func absurdWeightsGiveProbabilities() throws {
        let values = Weights.randomValues().map { $0 * 1e30 }
        let network = try SpeechNetwork(weights: Weights.bytes(values))
        let records = analyze(Signals.talk(seconds: 4), network: network).records
        #expect(records.count == 400)
        #expect(records.allSatisfy { (0...1).contains($0.speechProbability) })
    }

    @Test(.enabled(if: malloc_counter_counts())) func nothingIsAllocatedPerHop() throws {
        let signal = Signals.talk(seconds: 100)
        var analyzer = VoiceAnalyzer(network: try Weights.random())
        var hops = 0
        let sink: (SpeakerOutput) -> Void = { if case .hop = $0 { hops += 1 } }
        analyzer.process(signal.span.extracting(0..<160_000), into: sink)
        hops = 0
        let before = malloc_counter_of_this_thread()
        analyzer.process(signal.span, into: sink)
        analyzer.lose(hops: 40, into: sink)
        let allocations = malloc_counter_of_this_thread() - before
        #expect(hops >= 10_000)
        #expect(allocations == 0)
        #expect(before > 0)
    }

    @Test func silenceIsNoSpeechWhateverTheNetworkSays() throws {
        // The last value is the bias of the output: this network always hears speech.
        var values = Weights.randomValues()
        values[values.count - 1] = 20
        let network = try SpeechNetwork(weights: Weights.bytes(values))
        let records = analyze([Float](repeating: 0, count: 32_000), network: network).records
        #expect(records.allSatisfy { $0.speechProbability == 0 && !$0.isSpeech })
        var noise = Noise(seed: 43)
        let heard = analyze(noise.white(seconds: 1, levelDb: -30), network: network).records
        #expect(heard.dropFirst(5).contains { $0.speechProbability > 0.9 })
    }

    // Skipped where the weights have not been fetched.
    @Test(.enabled(if: Weights.areThere, "needs models/: run scripts/models/fetch-vad-weights.py"))
    func findsVowelsInNoise() throws {
        let records = analyze(fixtureSignal(192_000), network: try Weights.network()).records
        func share(_ isRight: (HopRecord) -> Bool, _ isMeant: (Int64) -> Bool) -> Double {
            let meant = records.filter { isMeant($0.index % 200) }
            return Double(meant.filter(isRight).count) / Double(meant.count)
        }
        // Of every two seconds 1.25 are vowels; the edges are left out.
        #expect(share({ $0.isSpeech }, { (20..<115).contains($0) }) > 0.9)
        #expect(share({ !$0.isSpeech }, { (145..<195).contains($0) }) > 0.97)
    }
}
