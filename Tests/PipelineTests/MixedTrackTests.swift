import Diarisation
import MediaTypes
import Testing

@testable import Pipeline

/// What each voice of a mixed track gets.
@Suite struct MixedTrackTests {
    private static func span(_ voice: Int, _ start: Double, _ end: Double) -> VoiceSpan {
        VoiceSpan(voice: voice, startSample: Int64(start * 16_000), endSample: Int64(end * 16_000))
    }

    /// Pulses of a pitch that wavers with the syllables, four a second.
    private static func voice(_ hz: Double, _ samples: Range<Int>) -> [Float] {
        var phase = 0.0
        return samples.map { index in
            let syllable = Double(index % 4_000) / 4_000
            phase += hz * (1 + 0.05 * syllable) / 16_000
            if phase >= 1 { phase -= 1 }
            return Float((phase - 0.5) * 0.4 * (1 - abs(2 * syllable - 1)))
        }
    }

    /// The records of each voice of a track.
    private func records(_ samples: [Float], _ spans: [VoiceSpan], block: Int = 1_000) -> [[HopRecord]] {
        let track = MixedTrack(spans, start: .zero, detection: .builtIn)
        var pipeline = SpeakerPipeline(start: .zero, measuresFeatures: true)
        var records = [[HopRecord]](repeating: [], count: track.names.count)
        func take(_ output: SpeakerOutput) {
            track.split(output) { if case .hop(let record) = $1 { records[$0].append(record) } }
        }
        var place = 0
        while place < samples.count {
            let part = Array(samples[place..<min(samples.count, place + block)])
            let start = MediaTime(samples: Int64(place))
            track.hear(start: start, samples: part.span)
            pipeline.feed(start: start, samples: part.span) { take($0) }
            place += block
        }
        track.finish()
        pipeline.finish { take($0) }
        return records
    }

    private func median(_ records: some Sequence<HopRecord>) -> Float {
        let pitches = records.filter { $0.f0Hz > 0 }.map(\.f0Hz).sorted()
        return pitches.isEmpty ? 0 : pitches[pitches.count / 2]
    }

    /// A man and a woman in turns: each has the own pitch and nothing of the other one.
    @Test(arguments: [160, 1_000, 7_777]) func eachVoiceIsMeasuredWhereItSpeaksAlone(block: Int) {
        var samples: [Float] = []
        var spans: [VoiceSpan] = []
        for turn in 0..<8 {
            let start = Double(turn) * 4
            samples += Self.voice(turn % 2 == 0 ? 110 : 230, 0..<48_000) + [Float](repeating: 0, count: 16_000)
            spans.append(Self.span(turn % 2, start, start + 3))
        }
        let found = records(samples, spans, block: block)
        #expect(found.count == 2)
        for (voice, hz) in [(0, Float(113)), (1, Float(236))] {
            #expect(found[voice].map(\.index) == Array(0..<Int64(samples.count / 160)))
            let own = found[voice].filter { Int($0.index / 400) % 2 == voice && $0.index % 400 < 300 }
            let others = found[voice].filter { Int($0.index / 400) % 2 != voice }
            #expect(abs(median(own) - hz) < 6, "\(median(own))")
            #expect(own.count { $0.f0Hz > 0 } > 1_000)
            #expect(own.contains { $0.isNucleus })
            #expect(others.allSatisfy { $0.f0Hz == 0 && !$0.isNucleus && !$0.isSpeech && $0.speechProbability == 0 })
            #expect(found[voice].allSatisfy { $0.levelsAhead.isNone })
        }
    }

    @Test func whereTwoSpeakNothingIsMeasured() {
        let samples = Self.voice(110, 0..<160_000)
        let found = records(samples, [Self.span(0, 0, 10), Self.span(1, 4, 6)])
        for record in found[0] where (400..<600).contains(record.index) {
            #expect(record.f0Hz == 0 && record.isShared == record.isSpeech)
        }
        #expect(found[0].contains { $0.isShared } && found[1].contains { $0.isShared })
        #expect(found[0].filter { $0.index < 390 }.allSatisfy { !$0.isShared })
        #expect(found[1].allSatisfy { $0.isSpeech == $0.isShared })
    }

    @Test func shortBreaksAreWithinWhatIsSaidAndBitsAreNone() {
        var splitter = VoiceSplitter([Self.span(0, 1, 2), Self.span(0, 2.1, 3), Self.span(1, 5, 5.05)])
        #expect(splitter.names == ["voice-1", "voice-2"])
        let hops = (0..<Int64(600)).map { hop in (0..<2).map { splitter.speaks($0, at: hop).speaks } }
        #expect(hops.map { $0[0] } == (0..<600).map { (100..<300).contains($0) })
        #expect(!hops.contains { $0[1] })
    }

    @Test func aTrackWithoutVoicesGivesNobodyAnything() {
        #expect(records(Self.voice(110, 0..<16_000), []) == [])
    }

    /// Who speaks turns out otherwise after it was told: for long enough it is told anew, once.
    @Test func whatTurnsOutOtherwiseIsToldOnce() {
        let track = MixedTrack(detection: .builtIn)
        let voices = [track.addVoice(), track.addVoice()]
        track.see([Self.span(0, 1, 3), Self.span(0, 4, 6), Self.span(1, 7, 8)])
        for hop in Int64(0)..<900 {
            let record = HopRecord(
                index: hop, levelDb: -30, speechProbability: 1, f0Hz: 0, voicingProbability: 0,
                isSpeech: hop < 550 || hop > 600, isLost: false)
            track.split(.hop(record)) { _, _ in }
        }
        // The second stretch is the other one's, and one edge is elsewhere by 0.3 s.
        let right = [Self.span(0, 1, 3), Self.span(1, 4, 6), Self.span(1, 6.7, 8)]
        let revised = track.revise(right, in: 0..<850, doubtful: HopRuns())
        #expect(revised.map(\.voice) == voices)
        #expect(revised.first?.hops == HopRuns([100..<300]))
        // Speech is where the voice core hears it.
        #expect(revised.last?.hops == HopRuns([400..<550, 700..<800]))
        #expect(track.revise(right, in: 0..<850, doubtful: HopRuns()).isEmpty)
        // Of whom nobody has heard yet nothing is known.
        let doubtful = track.revise([Self.span(0, 1, 3)], in: 0..<850, doubtful: HopRuns([380..<850]))
        #expect(doubtful.isEmpty)
    }
}
