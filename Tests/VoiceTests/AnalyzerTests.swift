import CMallocCounter
import MediaTypes
import Testing
import Voice

/// The contract of the analyser: order, cuts, losses, consent, hostile values, memory.
@Suite struct AnalyzerTests {
    @Test func everyHopOnceInOrderAndLabelsAgreeWithChanges() {
        let outcome = analyze(Signals.talk(seconds: 10))
        #expect(outcome.records.map(\.index) == Array(0..<1000))
        #expect(outcome.changes.count >= 8)
        #expect(outcome.records.map(\.isSpeech) == outcome.labels(fromChanges: 1000))
    }

    @Test func theDelayIsFixed() {
        var analyzer = VoiceAnalyzer()
        let delay = Int64(analyzer.delayHops)
        var lastHop: Int64 = -1
        for (index, sample) in Signals.talk(seconds: 3).enumerated() {
            analyzer.process([sample].span) { if case .hop(let record) = $0 { lastHop = record.index } }
            let complete = Int64((index + 1) / 160)
            #expect(lastHop == max(-1, complete - 1 - delay))
        }
    }

    /// Every hop has the tilt of its own spectrum, the last one too, whatever the gain.
    @Test func theTiltTellsLowFromHighAndNotTheGain() {
        let low = Signals.tone(hz: 300, seconds: 1)
        let high = Signals.tone(hz: 2_000, seconds: 1)
        let records = analyze(low + high).records
        #expect(records[5..<95].allSatisfy { $0.spectralTiltDb < -20 })
        #expect(records[105...].allSatisfy { $0.spectralTiltDb > 20 }, "\(records.suffix(3).map(\.spectralTiltDb))")
        let mixed = zip(low, high).map { $0 + 0.5 * $1 }
        let loud = analyze(mixed).records
        let quiet = analyze(mixed.map { $0 / 4 }).records
        for (one, other) in zip(loud, quiet).dropFirst(5) {
            #expect(abs(one.spectralTiltDb + 6) < 1, "\(one.spectralTiltDb)")
            #expect(abs(one.spectralTiltDb - other.spectralTiltDb) < 0.1)
        }
    }

    @Test func aChangeIsToldBeforeTheRecordsItConcerns() {
        var nextRecord: Int64 = 0
        for output in analyze(Signals.talk(seconds: 10)).outputs {
            switch output {
            case .hop(let record): nextRecord = record.index + 1
            case .change(.started(let hop)), .change(.ended(let hop)): #expect(hop >= nextRecord)
            case .lost, .silence, .quality: Issue.record("the pipeline's alone to tell")
            }
        }
    }

    @Test(arguments: 1...6) func cutsDoNotMatter(seed: UInt64) {
        let signal = Signals.talk(seconds: 6)
        let whole = analyze(signal) { signal.count }
        var noise = Noise(seed: seed)
        let largest = [1, 7, 159, 161, 960, 5000][Int(seed) - 1]
        #expect(analyze(signal) { noise.integer(in: 1...largest) } == whole)
    }

    @Test(arguments: [0, 1, 159, 160, 161, 3 * 160, 40 * 160 + 3])
    func shortStreamsAreWholeToo(count: Int) {
        let records = analyze(Array(Signals.talk(seconds: 1).prefix(count))).records
        #expect(records.map(\.index) == Array(0..<Int64(count / 160)))
    }

    @Test func nothingIsTakenAfterTheEnd() {
        var analyzer = VoiceAnalyzer()
        var outputs = 0
        analyzer.finish { _ in outputs += 1 }
        analyzer.process(Signals.talk(seconds: 1).span) { _ in outputs += 1 }
        analyzer.lose(hops: 5) { _ in outputs += 1 }
        analyzer.finish { _ in outputs += 1 }
        #expect(outputs == 0)
    }

    private func withLoss(of hops: Int, at sample: Int, in signal: [Float]) -> Outcome {
        var analyzer = VoiceAnalyzer()
        var outcome = Outcome()
        analyzer.process(signal.span.extracting(0..<sample)) { outcome.outputs.append($0) }
        analyzer.lose(hops: hops) { outcome.outputs.append($0) }
        let rest = sample + hops * 160
        analyzer.process(signal.span.extracting(rest..<signal.count)) { outcome.outputs.append($0) }
        analyzer.finish { outcome.outputs.append($0) }
        return outcome
    }

    /// 4.8 s to 6 s are speech: losses in the middle of it.
    @Test func aShortLossIsBridged() {
        let outcome = withLoss(of: 6, at: 530 * 160 + 50, in: Signals.talk(seconds: 8))
        #expect(outcome.records.map(\.index) == Array(0..<800))
        #expect(outcome.records.filter { $0.isLost }.map(\.index) == Array(530..<536))
        #expect(outcome.records[525..<540].allSatisfy { $0.isSpeech })
        let lost = outcome.records.filter { $0.isLost }
        #expect(lost.allSatisfy { $0.levelDb == -120 && $0.f0Hz == 0 })
    }

    @Test func aLongLossEndsTheSpeechWhereItBegan() {
        let outcome = withLoss(of: 30, at: 530 * 160, in: Signals.talk(seconds: 8))
        #expect(outcome.records.map(\.index) == Array(0..<800))
        // Units end a little before activity does, here too.
        #expect(outcome.changes.contains(.ended(hop: 527)))
        #expect(outcome.records[530..<560].allSatisfy { $0.isLost && !$0.isSpeech })
        #expect(outcome.records.map(\.isSpeech) == outcome.labels(fromChanges: 800))
        #expect(outcome.records[575].isSpeech)
    }

    @Test func lossesInNoiseAreNoSpeech() {
        var noise = Noise(seed: 31)
        var analyzer = VoiceAnalyzer()
        var changes = 0
        let sink: (SpeakerOutput) -> Void = { if case .change = $0 { changes += 1 } }
        for round in 0..<100 {
            analyzer.process(noise.white(seconds: 0.1, levelDb: -40).span, into: sink)
            analyzer.lose(hops: 1 + round % 4, into: sink)
        }
        analyzer.finish(into: sink)
        #expect(changes == 0)
    }

    @Test func withoutConsentOnlySpeechIsDecided() {
        var configuration = VoiceConfiguration()
        configuration.measuresFeatures = false
        let signal = Signals.talk(seconds: 8)
        let bare = analyze(signal, configuration: configuration)
        let full = analyze(signal)
        #expect(bare.changes == full.changes)
        #expect(!bare.changes.isEmpty)
        for record in bare.records {
            #expect(record.levelDb == -120 && record.f0Hz == 0 && record.voicingProbability == 0)
            #expect(record.speechProbability == (record.isSpeech ? 1 : 0))
        }
    }

    @Test func voicedSpeechHasPitch() {
        let records = analyze(Signals.talk(seconds: 10)).records.dropFirst(200)
        let spoken = records.filter { Signals.isTalking(at: Double($0.index) / 100 - 0.05) && $0.isSpeech }
        let voiced = spoken.filter { $0.f0Hz > 0 }
        #expect(Double(voiced.count) > 0.8 * Double(spoken.count))
        #expect(voiced.filter { $0.f0Hz > 95 && $0.f0Hz < 145 }.count > voiced.count * 97 / 100)
        #expect(records.filter { !$0.isSpeech }.allSatisfy { $0.f0Hz == 0 || $0.speechProbability > 0.1 })
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 1e30, -1e30, .leastNonzeroMagnitude])
    func hostileValuesLeaveNoTrace(value: Float) {
        let signal = Signals.talk(seconds: 12)
        var spoilt = signal
        for index in stride(from: 16_000, to: 24_000, by: 37) { spoilt[index] = value }
        let records = analyze(spoilt).records
        #expect(records.allSatisfy { $0.levelDb.isFinite && $0.levelDb >= -120 && $0.levelDb < 10 })
        #expect(records.allSatisfy { (0...1).contains($0.speechProbability) && (0...500).contains($0.f0Hz) })
        #expect(records.allSatisfy { (0...1).contains($0.voicingProbability) })
        let late = Array(zip(records, analyze(signal).records).dropFirst(800))
        #expect(late.filter { $0.isSpeech == $1.isSpeech }.count > late.count * 95 / 100)
    }

    @Test func absurdSettingsAreBroughtIntoRange() {
        var configuration = VoiceConfiguration()
        configuration.minimalPauseMilliseconds = .min
        configuration.minimalSpeechMilliseconds = .max
        configuration.lowestF0Hz = .nan
        configuration.highestF0Hz = -.infinity
        configuration.onThreshold = .nan
        let outcome = analyze(Signals.talk(seconds: 3), configuration: configuration)
        #expect(outcome.records.count == 300)
    }

    @Test(.enabled(if: malloc_counter_counts())) func nothingIsAllocatedPerHop() {
        let signal = Signals.talk(seconds: 100)
        var analyzer = VoiceAnalyzer()
        var hops = 0
        var changes = 0
        let sink: (SpeakerOutput) -> Void = {
            switch $0 {
            case .hop: hops += 1
            case .change: changes += 1
            case .lost, .silence, .quality: break
            }
        }
        analyzer.process(signal.span.extracting(0..<160_000), into: sink)
        analyzer.lose(hops: 3, into: sink)
        hops = 0
        changes = 0
        let before = malloc_counter_of_this_thread()
        analyzer.process(signal.span, into: sink)
        analyzer.lose(hops: 40, into: sink)
        let allocations = malloc_counter_of_this_thread() - before
        #expect(hops >= 10_000)
        #expect(changes >= 80)
        #expect(allocations == 0)
        // The counter counts at all.
        #expect(before > 0)
    }
}
