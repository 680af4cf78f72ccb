import Kit
import TestSupport
import Testing

@Suite struct PrintableTextTests {
    @Test(arguments: HostileText.all)
    func aTextIsOneLineThatNoTerminalObeys(text: String) {
        let line = printable(text)
        #expect(HostileText.isHarmless(line), "\(line)")
        #expect(line.hasPrefix("begin") && line.hasSuffix("end"))
        let json = printableJSON(text)
        #expect(HostileText.isHarmless(json), "\(json)")
    }

    @Test func whatIsEscapedIsSeen() {
        #expect(printable("a\u{1B}[2J\u{9B}\u{202E}\u{2028}\r\n") == #"a\u{1b}[2J\u{9b}\u{202e}\u{2028}\u{d}\u{a}"#)
        #expect(printableJSON("\u{1B}\u{9B}\u{202E}\u{E0041}") == #"\u001b\u009b\u202e\udb40\udc41"#)
    }

    @Test(arguments: [
        "", "call-1/ana", "Zo\u{eb} Müller", "\u{5d0}\u{5d1} \u{65e5}\u{672c} \u{1F600}", "e\u{301} <&>\"'\\",
    ])
    func whatIsHarmlessStays(text: String) {
        #expect(printable(text) == text && printableJSON(text) == text)
    }
}
