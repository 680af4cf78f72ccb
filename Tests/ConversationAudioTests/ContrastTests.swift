import ConversationGenerator
import Testing

/// Conversations that differ in one thing only: the score goes down, and it is said why.
@Suite struct ContrastTests {
    @Test(arguments: Contrast.Kind.allCases)
    func whatChangedIsNamed(kind: Contrast.Kind) throws {
        let voices = try #require(Material.voices, "needs FFmpeg with Flite")
        let contrast = Contrast(kind, seed: 5, voices: voices, analyse: Material.analyse)
        #expect(contrast.score < -2, "\(contrast)")
        #expect(contrast.named == kind.input, "\(contrast)")
    }
}
