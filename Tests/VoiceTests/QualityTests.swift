import Foundation
import MediaTypes
import Testing
import Voice

/// What is said about the channel, and what is kept from disturbing the rest.
@Suite struct QualityTests {
    private func quality(
        of signal: [Float], configuration: VoiceConfiguration = .init()
    ) -> VoiceQuality {
        var analyzer = VoiceAnalyzer(configuration: configuration)
        analyzer.process(signal.span) { _ in }
        analyzer.finish { _ in }
        return analyzer.quality
    }

    @Test func nothingIsKnownBeforeSpeech() {
        #expect(quality(of: []) == VoiceQuality())
        var noise = Noise(seed: 51)
        let silent = quality(of: noise.white(seconds: 5, levelDb: -40))
        #expect(silent.snrDb == nil && silent.speechLevelDb == nil && silent.bandwidthHz == nil)
    }

    @Test(arguments: [15, 25, 40] as [Float])
    func snrIsThatOfTheMixture(snrDb: Float) throws {
        let talk = Signals.talk(seconds: 30, levelDb: -26, floorDb: -26 - snrDb)
        let measured = try #require(quality(of: talk).snrDb)
        #expect((measured - snrDb).magnitude < 3)
    }

    @Test func digitalSilenceIsNoNoise() throws {
        let talk = Signals.talk(seconds: 20, floorDb: -46)
        let gated = try #require(quality(of: talk + [Float](repeating: 0, count: 480_000)).snrDb)
        let whole = try #require(quality(of: talk).snrDb)
        #expect((gated - whole).magnitude < 0.5)
    }

    @Test func speechLevelIsAMedianOfSpeech() throws {
        let talk = Signals.talk(seconds: 30, levelDb: -26)
        let level = try #require(quality(of: talk).speechLevelDb)
        #expect((level + 26).magnitude < 3)
        let quieter = try #require(quality(of: talk.map { $0 * gain(-12) }).speechLevelDb)
        #expect((level - quieter - 12).magnitude < 0.1)
    }

    @Test func relativeLevelDoesNotSeeGain() {
        let talk = Signals.talk(seconds: 20)
        let reference = analyze(talk).records
        let louder = analyze(talk.map { $0 * gain(9) }).records
        let differences = zip(reference, louder).map { ($0.relativeLevelDb - $1.relativeLevelDb).magnitude }
        #expect(differences.allSatisfy { $0 < 0.3 })
        let spoken = reference.dropFirst(500).filter(\.isSpeech).map(\.relativeLevelDb).sorted()
        #expect(spoken[spoken.count / 2].magnitude < 1.5)
        #expect(reference.prefix(50).allSatisfy { $0.relativeLevelDb == 0 })
    }

    @Test func clippedTopsAreCountedAtAnyLevel() {
        let talk = Signals.talk(seconds: 20)
        #expect(quality(of: talk).clippedPercent == 0)
        let peak = talk.map(\.magnitude).max() ?? 1
        let clipped = talk.map { max(-0.3 * peak, min(0.3 * peak, $0)) }
        let share = quality(of: clipped).clippedPercent
        #expect(share > 10)
        #expect(quality(of: clipped.map { $0 * 0.9 / (0.3 * peak) }).clippedPercent >= share)
    }

    @Test func clippingOfTheLastHalfMinuteIsForgottenLater() {
        let talk = Signals.talk(seconds: 20)
        let peak = talk.map(\.magnitude).max() ?? 1
        let clipped = talk.map { max(-0.3 * peak, min(0.3 * peak, $0)) }
        let early = quality(of: clipped)
        #expect((early.recentlyClippedPercent - early.clippedPercent).magnitude < 0.01)
        let late = quality(of: clipped + talk + talk + talk + talk + talk + talk)
        #expect((late.clippedPercent - early.clippedPercent / 7).magnitude < 0.5)
        #expect(late.recentlyClippedPercent < 0.4 * late.clippedPercent)
    }

    /// The crests of smooth waves are flat too.
    @Test(arguments: [50.0, 150, 300, 1000, 3000])
    func smoothCrestsAreNotClipped(hz: Double) {
        #expect(quality(of: Signals.tone(hz: hz, seconds: 2, amplitude: 0.9)).clippedPercent == 0)
    }

    @Test func bandwidthIsThatOfTheSpeech() throws {
        var noise = Noise(seed: 52)
        var last: Float = 0
        // Hiss in the rhythm of the speech fills the upper half of the band.
        let wide = Signals.talk(seconds: 20, floorDb: -80).enumerated().map { index, sample in
            let white = noise.normal()
            defer { last = white }
            return sample + (Signals.isTalking(at: Double(index) / 16_000) ? 0.004 * (white - last) : 0)
        }
        let wideHz = try #require(quality(of: wide).bandwidthHz)
        #expect(wideHz > 7000)
        let narrowHz = try #require(quality(of: lowPassed(wide)).bandwidthHz)
        #expect(narrowHz <= 4000)
    }

    /// A long windowed sinc with its corner at 3.4 kHz.
    private func lowPassed(_ signal: [Float]) -> [Float] {
        let taps = (-60...60).map { offset -> Float in
            let ratio = 2 * 3400.0 / 16_000
            let time = Double(offset)
            let sinc = offset == 0 ? ratio : sin(.pi * ratio * time) / (.pi * time)
            return Float(sinc * (0.54 + 0.46 * cos(.pi * time / 60)))
        }
        return signal.indices.map { index in
            var sum: Float = 0
            for (tap, weight) in taps.enumerated() where signal.indices.contains(index + tap - 60) {
                sum += weight * signal[index + tap - 60]
            }
            return sum
        }
    }

    @Test func withoutConsentNothingIsKept() {
        var configuration = VoiceConfiguration()
        configuration.measuresFeatures = false
        let loud = Signals.talk(seconds: 10).map { max(-0.05, min(0.05, $0)) }
        #expect(quality(of: loud, configuration: configuration) == VoiceQuality())
    }

    /// Hum of -30 dB with harmonics, and an offset, under speech of -26 dB.
    @Test(arguments: [50.0, 60])
    func humAndOffsetDisturbNothing(hz: Double) {
        let talk = Signals.talk(seconds: 30)
        let hum = Signals.harmonics(hz: hz, seconds: 30, harmonics: 1...4, amplitude: 0.037)
        let clean = analyze(talk).records
        let disturbed = analyze(zip(talk, hum).map { $0 + $1 + 0.1 }).records
        // Three seconds to learn it.
        let late = Array(zip(clean, disturbed).dropFirst(300))
        #expect(late.filter { $0.isSpeech != $1.isSpeech }.count < late.count / 50)
        let speech = late.filter { $0.0.isSpeech }
        #expect(speech.filter { ($0.levelDb - $1.levelDb).magnitude > 1 }.count < speech.count / 20)
        let pitchErrors = late.filter {
            ($0.f0Hz > 0) != ($1.f0Hz > 0) || ($0.f0Hz - $1.f0Hz).magnitude > 0.2 * $0.f0Hz
        }
        #expect(pitchErrors.count < late.count / 50)
        let pauses = late.filter { !$0.0.isSpeech }.map { $0.1.levelDb }.sorted()
        #expect(pauses[pauses.count / 2] < -55)
    }

    @Test func hostileValuesLeaveQualityFinite() {
        var signal = Signals.talk(seconds: 20)
        for (index, value) in [Float.nan, .infinity, -.infinity, 1e30, -1e30].enumerated() {
            for place in stride(from: 16_000 + index, to: 160_000, by: 41) { signal[place] = value }
        }
        let measured = quality(of: signal)
        let figures = [measured.snrDb ?? 0, measured.speechLevelDb ?? 0, measured.clippedPercent]
        #expect(figures.allSatisfy { $0.isFinite })
        #expect((0...100).contains(measured.clippedPercent))
    }
}
