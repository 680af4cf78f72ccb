import Foundation
import MediaTypes
import Testing
import Voice

/// What is speech and what is not, through the whole analyser.
@Suite struct DetectorTests {
    @Test func digitalSilenceIsNoSpeech() {
        let outcome = analyze([Float](repeating: 0, count: 160_000))
        #expect(outcome.changes.isEmpty)
        #expect(
            outcome.records.allSatisfy { $0.speechProbability == 0 && $0.levelDb == -120 && $0.f0Hz == 0 })
    }

    @Test func aConstantOffsetIsSilence() {
        #expect(analyze([Float](repeating: 0.25, count: 80_000)).changes.isEmpty)
    }

    @Test(arguments: [-80, -60, -40, -20, -10] as [Float])
    func steadyNoiseIsNoSpeech(levelDb: Float) {
        var noise = Noise(seed: 21)
        #expect(analyze(noise.white(seconds: 10, levelDb: levelDb)).changes.isEmpty)
    }

    @Test(arguments: [50.0, 60, 100, 120])
    func humIsNoSpeech(hz: Double) {
        var noise = Noise(seed: 22)
        let hum = Signals.harmonics(hz: hz, seconds: 10, harmonics: 1...5, amplitude: 0.02)
        #expect(analyze(hum.map { $0 + 1e-4 * noise.normal() }).changes.isEmpty)
    }

    /// An unmuted microphone: noise after digital silence is still noise.
    @Test func noiseAfterDigitalSilenceIsNoSpeech() {
        var noise = Noise(seed: 23)
        var signal = [Float](repeating: 0, count: 48_000)
        signal += noise.white(seconds: 5, levelDb: -45)
        signal += [Float](repeating: 0, count: 16_000)
        signal += noise.white(seconds: 5, levelDb: -45)
        #expect(analyze(signal).changes.isEmpty)
    }

    /// Silence is skipped once nothing but silence is remembered: after that it leaves the same behind, however long.
    @Test func nothingOfLongSilenceIsRemembered() throws {
        let talk = Signals.talk(seconds: 4)
        func outcomes(silentHops: Int) -> [HopRecord] {
            let first = talk.count / 160 + silentHops
            let outcome = analyze(talk + [Float](repeating: 0, count: silentHops * 160) + talk)
            return outcome.records.dropFirst(first).map { record in
                var record = record
                record.index -= Int64(first)
                return record
            }
        }
        let short = outcomes(silentHops: 40)
        #expect(short.contains { $0.isSpeech } && short.contains { $0.f0Hz > 0 } && short.contains { $0.isNucleus })
        for hops in [41, 47, 100, 1_000] { #expect(outcomes(silentHops: hops) == short) }
    }

    @Test(arguments: [-50, -35, -20, -9] as [Float])
    func findsTalkAtAnyLevel(levelDb: Float) {
        let records = analyze(Signals.talk(seconds: 12, levelDb: levelDb, floorDb: levelDb - 40)).records
        // The first spurt may be spent on learning the noise.
        let judged = records.dropFirst(200)
        let right = judged.filter { $0.isSpeech == Signals.isTalking(at: Double($0.index) / 100 + 0.005) }
        #expect(Double(right.count) / Double(judged.count) > 0.92)
    }

    @Test func theGainOfTheChannelDoesNotMatter() {
        let signal = Signals.talk(seconds: 8, levelDb: -20, floorDb: -60)
        let loud = analyze(signal).records
        let quiet = analyze(signal.map { $0 / 16 }).records
        #expect(loud.map(\.isSpeech) == quiet.map(\.isSpeech))
        let differences = zip(loud, quiet).map { ($0.levelDb - $1.levelDb - 24.08).magnitude }
        #expect(differences.allSatisfy { $0 < 0.05 })
    }

    @Test func levelIsThatOfTheHop() {
        let tone = Signals.tone(hz: 1000, seconds: 1, amplitude: 0.5)
        let signal = [Float](repeating: 0, count: 1600) + tone
        let records = analyze(signal).records
        #expect(records[9].levelDb == -120)
        // Amplitude 0.5 is -6.02 dB, a sine 3.01 dB less than a square wave.
        #expect((records[50].levelDb + 9.03).magnitude < 0.05)
    }
}
