import ConversationGenerator
import Events
import Testing

/// Conversations made of spoken clips at known times, from the samples to the totals. `make conversations` does it
/// with 200 of them.
@Suite struct GeneratedTests {
    @Test(arguments: [Optional<RTPStreams.Payload>.none, .l16, .opus])
    func conversationsAreMeasuredAsTheyWereMade(payload: RTPStreams.Payload?) throws {
        let voices = try #require(Material.voices, "needs FFmpeg with Flite")
        var agreement = Agreement()
        // What is coded takes longer.
        let seeds: ClosedRange<UInt64> =
            switch payload {
            case nil: 1...4
            case .l16: 5...6
            case .opus: 7...7
            }
        for seed in seeds {
            let made = ScriptedConversation(seed: seed, voices: voices)
            let tracks = made.tracks
            let found =
                if let payload {
                    try #require(RTPStreams(tracks, as: payload, seed: seed)).analyse(detection: Material.detection)
                } else {
                    Material.analyse(tracks)
                }
            agreement.compare("seed \(seed)", made, found)
        }
        let misses = agreement.misses(lagMilliseconds: 40, leastF1: 0.75)
        #expect(misses.isEmpty)
        #expect(agreement.backchannels.hits > 0 && agreement.interruptions.hits > 0, "there is something to find")
    }

    /// Two of its four people happen to speak alike for a second: neither is the other's echo.
    @Test func whoSpeaksAlikeForAMomentIsNoEcho() throws {
        let voices = try #require(Material.voices, "needs FFmpeg with Flite")
        let made = ScriptedConversation(seed: 156, voices: voices)
        var agreement = Agreement()
        agreement.compare("seed 156", made, Material.analyse(made.tracks))
        #expect(agreement.worstTalkRatioError < 0.01)
    }

    /// With one packet of twenty missing, of everybody or of one alone, talk ratios stay within 2 points.
    @Test(arguments: [RTPStreams.Payload.l16, .opus])
    func lossLeavesTalkRatiosAlone(payload: RTPStreams.Payload) throws {
        let voices = try #require(Material.voices, "needs FFmpeg with Flite")
        let tracks = ScriptedConversation(seed: 8, voices: voices).tracks
        func found(loss: @escaping (Int) -> Double) throws -> AnalysedConversation {
            try #require(RTPStreams(tracks, as: payload, seed: 8, loss: loss)).analyse(detection: Material.detection)
        }
        let whole = TalkRatios(try found { _ in 0 })
        for ofEverybody in [true, false] {
            let damaged = try found { $0 == 0 || ofEverybody ? 0.05 : 0 }
            let distance = whole.distance(to: TalkRatios(damaged))
            #expect(distance < 2, "\(ofEverybody): \(whole) \(TalkRatios(damaged))")
            let audio = try #require(damaged.totals.speakers.first?.audio)
            // Opus conceals what is lost, but single packets of L16 are gaps.
            #expect(payload == .opus || abs(audio.lossPercent - 5) < 1, "\(audio.lossPercent)")
        }
    }
}
