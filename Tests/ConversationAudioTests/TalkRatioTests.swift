import ConversationGenerator
import Testing

@Suite struct TalkRatioTests {
    // Skipped where the recordings are absent.
    @Test(.enabled(if: Material.has("calls"), "needs ../shared/data/calls"))
    func talkRatiosOfACallAreThoseOfTheEnergyOfItsChannels() throws {
        let tracks = try ["agent", "customer"].map { try Material.decode("calls/repairs40-\($0).flac") }
        let reference = TalkRatios(tracks)
        let found = TalkRatios(Material.analyse(tracks))
        #expect(reference.distance(to: found) < 3, "\(reference) \(found)")
    }
}
