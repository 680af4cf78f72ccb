import Testing

@testable import attune

@Suite struct SpeakerNameTests {
    @Test(
        arguments: [
            ("anna", "anna", nil), ("anna:rep", "anna", "rep"), ("Dr. Lee: Support", "Dr. Lee: Support", nil),
            (#"a\:b:rep"#, "a:b", "rep"), (#"a\=b"#, "a=b", nil), (#"a\b"#, #"a\b"#, nil), ("a:b:c", "a", "b:c"),
            ("Dr. Lee: Support:rep", "Dr. Lee: Support", "rep"),
        ] as [(String, String, String?)])
    func aRoleStandsBehindAColonWithoutASpace(text: String, name: String, role: String?) {
        let parsed = SpeakerName(text)
        #expect(parsed?.name == name)
        #expect(parsed?.role == role)
    }

    @Test(arguments: ["", ":rep", "anna:"])
    func whatNamesNobodyIsRefused(text: String) { #expect(SpeakerName(text) == nil) }

    @Test func whatAnEqualsSignMeansCanBeSaid() {
        #expect(SpeakerName.atEquals("a=b=c").map { [$0.name, $0.value] } == ["a", "b=c"])
        #expect(SpeakerName.atEquals(#"a\=b=c"#).map { [$0.name, $0.value] } == [#"a\=b"#, "c"])
        #expect(SpeakerName.atEquals("a=") == nil)
        #expect(SpeakerName.atEquals("a") == nil)
    }
}
