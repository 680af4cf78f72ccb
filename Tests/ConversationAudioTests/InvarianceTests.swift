import ConversationGenerator
import Testing

/// What says nothing about how anybody takes part must not move a score. `make conversations` prints the figures.
@Suite struct InvarianceTests {
    private func check(_ tracks: [[Float]], under transformations: [Transformation]) throws {
        // Room for 12 dB more: it is not clipping that is to be measured.
        let tracks = tracks.map { $0.map { $0 / 2 } }
        let reference = Material.analyse(tracks)
        for transformation in transformations {
            let transformed = Material.analyse(try tracks.map { try transformation.apply(to: $0) })
            for speaker in Deviation(of: transformed, from: reference, tempo: transformation.tempo).speakers {
                let what = "\(transformation.name), \(speaker)"
                #expect(speaker.ticks > 20, "\(what)")
                // In a call of two minutes at another tempo a window of 30 s shows other words.
                #expect(abs(speaker.meanScore) <= (transformation.tempo == 1 ? 2 : 3), "\(what)")
                #expect(abs(speaker.talkRatioPoints) <= 1, "\(what)")
            }
        }
    }

    @Test func scoresOfAGeneratedCallStay() throws {
        let voices = try #require(Material.voices, "needs FFmpeg with Flite")
        var plan = ConversationPlan()
        plan.speakers = 2...2
        plan.seconds = 120...120
        plan.ipusPerTurn = 1...2
        try check(ScriptedConversation(seed: 1, voices: voices, plan: plan).tracks, under: Transformation.all)
    }
}
