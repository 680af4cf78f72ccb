import Events
import MediaTypes
import Testing

@testable import Conversation

/// What the channel does to a voice, from the record to the events.
@Suite struct ChannelTests {
    private static let clean: VoiceQuality = {
        var quality = VoiceQuality()
        quality.snrDb = 30
        quality.bandwidthHz = 8_000
        return quality
    }()

    /// Somebody who speaks all the time; `quality` holds from each second on.
    private func play(
        seconds: Int, consent: ConsentState = .granted, quality: (Int) -> VoiceQuality
    ) -> (events: [Event], totals: SessionTotals) {
        var engine = SessionEngine(id: "s")
        let speaker = engine.join(name: "a", role: nil, consent: consent, at: 0)
        let script = Script(name: "a", ipus: [0...Double(seconds)])
        for hop in 0..<Int64(seconds * 100) {
            if hop % 100 == 0 { engine.note(speaker: speaker, quality(Int(hop) / 100)) }
            var record = script.record(hop)
            record.relativeLevelDb = 3
            engine.play(speaker: speaker, record)
        }
        let totals = engine.finish()
        return (engine.takeEvents(), totals)
    }

    private func changes(_ events: [Event]) -> [(time: Double, issues: [QualityChange.Issue])] {
        events.compactMap { event in
            if case .quality(let change) = event.body { (event.timeSeconds ?? -1, change.issues) } else { nil }
        }
    }

    @Test func ticksAndTotalsCarryTheFigures() throws {
        let (events, totals) = play(seconds: 20) { second in
            var quality = Self.clean
            quality.clippedPercent = Float(second) / 100
            quality.recentlyClippedPercent = 0.25
            return quality
        }
        let tick = try #require(events.ticks(of: "a").last)
        #expect(tick.audio.snrDb == 30 && tick.audio.bandwidthHz == 8_000 && tick.audio.clippingPercent == 0.25)
        #expect(tick.audio.lossPercent == 0)
        #expect(abs((tick.voice.relativeLevelDb ?? 0) - 3) < 1e-6)
        let audio = try #require(totals.speakers.first?.audio)
        #expect(abs((audio.clippingPercent ?? 0) - 0.19) < 1e-6)
        #expect(changes(events).isEmpty)
    }

    @Test func whatIsNotKnownIsNull() throws {
        let events = play(seconds: 2) { _ in VoiceQuality() }.events
        let line = try #require(events.last { $0.body.typeName == "tick" }).line(sequence: 1, at: "")
        let audio = #""audio":{"snr_db":null,"loss_pct":0,"clipping_pct":0,"bandwidth_hz":null}"#
        #expect(String(decoding: line, as: UTF8.self).contains(audio))
    }

    /// What is said of the channel holds from its own hop on, however far a speaker is ahead.
    @Test func figuresWaitForTheirHop() {
        var configuration = ConversationConfiguration()
        configuration.skewHops = nil
        var engine = SessionEngine(id: "s", configuration: configuration)
        let a = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        let b = engine.join(name: "b", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(300) {
            if hop == 150 { engine.note(speaker: a, Self.clean) }
            engine.play(speaker: a, Script(name: "a", ipus: []).record(hop))
        }
        for hop in 0..<Int64(300) { engine.play(speaker: b, Script(name: "b", ipus: []).record(hop)) }
        #expect(engine.takeEvents().ticks(of: "a").map(\.audio.snrDb) == [nil, 30, 30])
    }

    @Test func issuesAreToldWithHysteresisAndAtMostEveryTenSeconds() {
        let events = play(seconds: 60) { second in
            var quality = Self.clean
            switch second {
            case 0..<12: quality.snrDb = 9
            // No longer an issue's begin, not yet its end.
            case 12..<20: quality.snrDb = 12
            case 20..<40: quality.snrDb = 14
            // A flutter: what is left of it after ten seconds is told.
            case 40..<50: quality.recentlyClippedPercent = second % 2 == 0 ? 2 : 0.1
            default: quality.bandwidthHz = 3_500
            }
            return quality
        }.events
        let told = changes(events)
        #expect(told.map(\.time) == [5, 21, 41, 51])
        #expect(told.map(\.issues) == [[.noise], [], [.clipping], [.narrowBand]])
    }

    @Test func withoutConsentNothingIsTold() {
        let (events, totals) = play(seconds: 20, consent: .withheld) { _ in
            var quality = Self.clean
            quality.snrDb = 0
            return quality
        }
        #expect(Set(events.map(\.body.typeName)) == ["speaker.joined", "speaker.left"])
        #expect(totals.speakers.first?.audio == nil)
    }

    @Test func takenBackConsentForgetsTheChannel() {
        var engine = SessionEngine(id: "s")
        let speaker = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        engine.note(speaker: speaker, Self.clean)
        _ = engine.setConsent(name: "a", to: .withheld)
        engine.note(speaker: speaker, Self.clean)
        _ = engine.setConsent(name: "a", to: .granted)
        for hop in 0..<Int64(100) { engine.play(speaker: speaker, Script(name: "a", ipus: []).record(hop)) }
        #expect(engine.takeEvents().ticks(of: "a").map(\.audio.snrDb) == [nil])
    }

    /// The drift of the sender's clock is told once it is known, without any speech, and when it has changed much.
    @Test func driftIsToldOnceAndAfterAChange() {
        var engine = SessionEngine(id: "s")
        let speaker = engine.join(name: "a", role: nil, consent: .granted, at: 0)
        for hop in 0..<Int64(6_000) {
            switch hop {
            case 500: engine.setClockDrift(of: "a", partsPerMillion: -43)
            // Too little to be told, and then enough, too soon after the first.
            case 600: engine.setClockDrift(of: "a", partsPerMillion: -30)
            case 1_000: engine.setClockDrift(of: "a", partsPerMillion: 20)
            case 3_000: engine.setClockDrift(of: "a", partsPerMillion: nil)
            default: break
            }
            engine.play(speaker: speaker, Script(name: "a", ipus: []).record(hop))
        }
        let told = engine.takeEvents().compactMap { event -> (Double, Double?)? in
            if case .quality(let change) = event.body {
                (event.timeSeconds ?? -1, change.driftPartsPerMillion)
            } else {
                nil
            }
        }
        #expect(told.map(\.0) == [6, 16])
        #expect(told.map(\.1) == [-43, 20])
    }
}
