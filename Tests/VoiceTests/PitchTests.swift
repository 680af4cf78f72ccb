import Foundation
import MediaTypes
import Testing

@testable import Voice

/// The pitch tracker alone, every hop taken as a candidate for voice.
@Suite struct PitchTests {
    /// - Parameter pauseSeconds: for so long nobody speaks at first.
    private func track(
        _ samples: [Float], _ parameters: PitchParameters = PitchParameters(), tellsSilence: Bool = true,
        pauseSeconds: Double = 0
    ) -> [PitchEstimate] {
        var input = HopInput()
        var tracker = PitchTracker(parameters: parameters, age: PitchTracker.windowHops)
        var estimates: [PitchEstimate] = []
        for sample in samples where input.add(sample) {
            tracker.append(input.hop.base, isSilent: tellsSilence && input.isSilent)
            let analyzed = estimates.count - PitchTracker.windowHops
            estimates.append(tracker.analyze(mayBeVoiced: Double(analyzed) >= pauseSeconds * 100))
        }
        // Entry i answers for hop i - delay.
        return Array(estimates.dropFirst(PitchTracker.windowHops + PitchTracker.delayHops))
    }

    private func cents(_ estimate: PitchEstimate, from hz: Double) -> Double {
        estimate.f0Hz > 0 ? 1200 * (log2(Double(estimate.f0Hz)) - log2(hz)) : .infinity
    }

    @Test(arguments: [62.0, 75, 98, 130, 180, 247, 320, 405, 495])
    func tones(hz: Double) {
        let inner = track(Signals.tone(hz: hz, seconds: 1)).dropFirst(8).dropLast(4)
        #expect(inner.count > 60)
        #expect(inner.allSatisfy { abs(cents($0, from: hz)) < 10 && $0.voicingProbability > 0.7 })
    }

    @Test(arguments: [62.0, 75, 98, 130, 180, 247, 320, 405, 495])
    func pulseTrains(hz: Double) {
        let inner = track(Signals.harmonics(hz: hz, seconds: 1, harmonics: 1...200)).dropFirst(8).dropLast(4)
        #expect(inner.count > 60)
        #expect(inner.allSatisfy { abs(cents($0, from: hz)) < 10 && $0.voicingProbability > 0.7 })
    }

    /// The voice of a child or a shout: what is above the ceiling is unvoiced, and not told as half of it.
    @Test(arguments: [520.0, 600, 690])
    func highVoices(hz: Double) {
        let signal = Signals.harmonics(hz: hz, seconds: 1, harmonics: 1...8)
        #expect(track(signal).dropFirst(8).dropLast(4).allSatisfy { $0.f0Hz == 0 }, "not halved")
        var parameters = PitchParameters()
        parameters.maxHz = 700
        let inner = track(signal, parameters).dropFirst(8).dropLast(4)
        #expect(inner.allSatisfy { abs(cents($0, from: hz)) < 15 })
    }

    @Test(arguments: [520.0, 740, 850])
    func aboveTheCeilingNothingIsVoiced(hz: Double) {
        let inner = track(Signals.harmonics(hz: hz, seconds: 1, harmonics: 1...8)).dropFirst(8).dropLast(4)
        #expect(inner.allSatisfy { $0.f0Hz == 0 })
    }

    /// A telephone takes the fundamental away; the pitch stays.
    @Test(arguments: [(85.0, 4), (110, 3), (150, 2), (210, 2)])
    func missingFundamental(hz: Double, firstHarmonic: Int) {
        let signal = Signals.harmonics(hz: hz, seconds: 1, harmonics: firstHarmonic...30)
        let inner = track(signal).dropFirst(8).dropLast(4)
        #expect(inner.count > 60)
        #expect(inner.allSatisfy { abs(cents($0, from: hz)) < 20 })
    }

    @Test func whiteNoiseIsUnvoiced() {
        var noise = Noise(seed: 11)
        let estimates = track(noise.white(seconds: 4, levelDb: -20))
        #expect(estimates.filter { $0.f0Hz > 0 }.count < estimates.count / 10)
    }

    /// A voice of 150 Hz beside a motor with a pitch of its own, nearly as loud and heard alone for a second.
    @Test func aMotorIsTakenOut() {
        var noise = Noise(seed: 3)
        let voice = [Float](repeating: 0, count: 16_000) + Signals.harmonics(hz: 150, seconds: 3, harmonics: 1...30)
        let motor = Signals.harmonics(hz: 107, seconds: 4, harmonics: 1...6, amplitude: 0.07)
        let mixed = zip(zip(voice, motor), noise.white(seconds: 4, levelDb: -40)).map { $0.0 + $0.1 + $1 }
        let spoken = track(mixed, pauseSeconds: 1).dropFirst(110).dropLast(10)
        let right = spoken.filter { abs(cents($0, from: 150)) < 50 }
        #expect(right.count > spoken.count * 9 / 10, "\(right.count) of \(spoken.count)")
    }

    /// Pulses of 101 Hz in syllables, as the detector hears them: who speaks from the first moment on is no noise.
    @Test func aVoiceFromTheStartIsNoNoise() {
        let pulses: [Float] = (0..<32_000).map { place in
            if place % 4_000 < 3_000, place % 158 < 8 { return 0.488 }
            return Float((place * 7_919 % 101 - 50) / 40) / 32_768
        }
        let pitches = analyze(pulses).records.map(\.f0Hz).filter { $0 > 0 }
        #expect(pitches.count > 80)
        #expect(pitches.allSatisfy { $0 < 150 }, "\(pitches.max() ?? 0)")
    }

    /// What is far below the voice changes nothing.
    @Test func faintNoiseChangesNothing() {
        let talk = Signals.talk(seconds: 6, floorDb: -60)
        let inner = track(talk, pauseSeconds: 0.8).dropFirst(90)
        #expect(inner.contains { $0.f0Hz > 0 })
        #expect(Array(inner) == Array(track(talk).dropFirst(90)))
    }

    /// Values belong to their hop: a glide is neither late nor early by as much as half a hop.
    @Test func aGlideIsTimeCompensated() {
        var phase = 0.0
        let glide = (0..<32_000).map { index in
            phase += 2 * .pi * (120 * pow(2, Double(index) / 32_000)) / 16_000
            return Float(0.2 * (sin(phase) + 0.5 * sin(2 * phase) + 0.3 * sin(3 * phase)))
        }
        let inner = track(glide).enumerated().dropFirst(10).dropLast(6)
        let offsets = inner.map { hop, estimate in
            cents(estimate, from: 120 * pow(2, (Double(hop) + 0.5) * 160 / 32_000))
        }
        // The glide climbs 6 cents per hop.
        #expect(abs(offsets.reduce(0, +) / Double(offsets.count)) < 2)
    }

    @Test func nothingIsVoicedWhereNobodyLooks() {
        var tracker = PitchTracker(parameters: PitchParameters(), age: PitchTracker.windowHops)
        var input = HopInput()
        for sample in Signals.tone(hz: 150, seconds: 0.5) where input.add(sample) {
            tracker.append(input.hop.base, isSilent: input.isSilent)
            #expect(tracker.analyze(mayBeVoiced: false) == .unvoiced)
        }
    }

    /// Hops of silence that are skipped count like those that are not.
    @Test func silenceIsSkippedWithoutATrace() {
        let voice = Signals.vowels(seconds: 0.3)
        for hops in [1, 4, 5, 6, 7, 30] {
            let signal = voice + [Float](repeating: 0, count: hops * 160) + voice
            #expect(track(signal) == track(signal, tellsSilence: false))
        }
    }
}
