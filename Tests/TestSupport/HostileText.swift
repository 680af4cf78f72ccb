/// What peers, servers and files may put into a name, a reason or an error to take over the terminal, the log or the
/// page of who reads it. Every way out is tried with all of them.
package enum HostileText {
    /// The texts; each holds the word `begin` and the word `end` around what is hostile.
    package static let all = hostile.map { "begin\($0)end" }

    private static let hostile = [
        "\u{1B}[2J\u{1B}]0;title\u{07}",  // clears the screen, sets the title
        "\u{1B}]52;c;cm0=\u{1B}\\",  // writes the clipboard
        "\u{9B}31m\u{9D}0;title\u{9C}\u{90}q",  // the same controls in one character each (C1)
        "\nerror: forged\n", "\r\nforged", "\roverwritten", "\u{0B}\u{0C}\u{85}", "\u{2028}x\u{2029}",
        "\u{08}\u{08}\u{08}\u{7F}", "\0", "\t",
        "\u{202E}gpj.exe\u{202C}", "\u{2066}x\u{2069}\u{200F}\u{200E}\u{061C}",  // turned round
        "\u{200B}\u{FEFF}\u{AD}\u{2060}",  // not to be seen
        "\u{E0001}\u{E0041}",  // tags
        "e\u{301}\u{1B}[1m\u{301}", "\u{1F468}\u{200D}\u{1F469}",  // within a grapheme
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x", "&amp;&#27;", "<\u{301}b>",
        "=cmd()", "+1", "-1", "@x", "%n%s%@", "\\u{1b}", "$(reboot)`reboot`",
    ]

    /// Whether a text holds a character that a terminal obeys or a reader can't see; line feeds are looked for, too.
    package static func isHarmless(_ line: some StringProtocol) -> Bool {
        line.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }
}
