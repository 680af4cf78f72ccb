import SeededNumbers
import Testing

@testable import Text

@Suite struct CueFileTests {
    @Test func cuesAreReadWithTheirVoices() throws {
        let captions = CueFile.read(
            """
            \u{FEFF}WEBVTT - a call

            STYLE
            ::cue(v) { color: red }

            NOTE nobody reads this

            intro
            00:01.000 --> 00:02.500 align:start
            <v Ana>Good <i>morning</i> &amp; welcome</v>

            01:00:03.250 --> 01:00:04.000
            <v.loud Ben Smith>Hello,
            there <v Ana>Hi

            00:09.000 --> 00:09.500
            nobody named
            """, speaker: "eve"
        ).captions
        #expect(captions.map(\.speaker) == ["Ana", "Ben Smith", "Ana", "eve"])
        #expect(captions.map(\.text) == ["Good morning & welcome", "Hello, there", "Hi", "nobody named"])
        #expect(captions.map(\.startSeconds) == [1, 3603.25, 3603.25, 9])
        #expect(captions.map(\.endSeconds) == [2.5, 3604, 3604, 9.5])
        #expect(Set(captions.map(\.id)).count == 4 && captions.allSatisfy { !$0.isPartial })
    }

    @Test(arguments: [
        ("", "there is no cue"), ("WEBVTT\n\n00:01 -> \n00:0x.000 --> 00:02.000\nx", "line 4: expected times"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\n<v A>x", "line 3: a line of captions must start"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nx", "line 4: nobody is named"),
        ("WEBVTT\n\n00:01.000 -->\nx", "line 3: expected times"),
    ])
    func whatCannotBeReadIsNamedByItsLineAndNoMoreIsLost(text: String, reason: String) {
        let reading = CueFile.read(text)
        #expect(reading.captions.isEmpty)
        #expect(reading.problems.count == 1 && reading.problems[0].contains(reason), "\(reading.problems)")
        let more = CueFile.read(text + "\n\n00:05.000 --> 00:06.000\n<v A>good")
        #expect(more.captions.map(\.text) == ["good"])
    }

    @Test(arguments: [
        "WEBVTT\n\n1\n00:00:10.000 --> 00:00:13.000\nAna Silva: hello how are you\n\n2\n00:15.000 --> 00:18.000\nBen: fine",
        "1\r\n00:00:10,000 --> 00:00:13,000\r\nAna Silva: hello how are you\r\n\r\n2\r\n00:00:15,000 --> 00:00:18,000\r\nBen: fine\r\n",
        "1\n00:00:10,000 --> 00:00:13,000\nAna Silva: hello how are you\n2\n00:00:15,000 --> 00:00:18,000\nBen: fine\n",
        "WEBVTT\n\n00:10.000 --> 00:13.000\nAna Silva: hello how\nare you\nBen: fine",
    ])
    func namesStandInFrontOfTheText(text: String) {
        #expect(CueFile.isOne(text))
        let captions = CueFile.read(text, speaker: "somebody").captions
        #expect(captions.map(\.speaker) == ["Ana Silva", "Ben"])
        #expect(captions.map(\.text) == ["hello how are you", "fine"])
    }

    @Test func aColonAloneIsNoName() {
        let text = (0..<6).map { "00:0\($0).000 --> 00:0\($0).900\n" + ($0 == 3 ? "Look: a cat" : "word \($0)") }
        let captions = CueFile.read("WEBVTT\n\n" + text.joined(separator: "\n\n"), speaker: "eve").captions
        #expect(captions.map(\.speaker) == Array(repeating: "eve", count: 6))
        #expect(captions[3].text == "Look: a cat")
    }

    @Test func whatRollsUpCountsOnce() {
        let captions = CueFile.read(
            """
            WEBVTT

            00:10.000 --> 00:12.000
            <v ana>hello how are you

            00:12.000 --> 00:14.000
            <v ana>hello how are you
            i am fine today

            00:14.000 --> 00:16.000
            <v ana>i am fine today
            thanks for asking

            00:16.000 --> 00:17.000
            <v ana>yes

            00:17.000 --> 00:18.000
            <v ana>yes

            00:18.000 --> 00:19.000
            <v ana>so I

            00:19.000 --> 00:20.000
            <v ana>so I think we go

            00:40.000 --> 00:41.000
            <v ana>so I think we go
            """
        ).captions
        #expect(
            captions.map(\.text) == [
                "hello how are you", "i am fine today", "thanks for asking", "yes", "yes", "so I", "think we go",
                "so I think we go",
            ])
    }

    @Test(arguments: [
        ("&#39;", "'"), ("&#x27;", "'"), ("&#X2019;", "\u{2019}"), ("&apos;", "'"), ("&quot;", "\""),
        ("&amp;lt;", "&lt;"),
        ("&rsquo;", "\u{2019}"), ("&eacute;", "é"), ("&#146;", "\u{2019}"), ("&nbsp;", " "), ("a&lrm;b", "ab"),
        ("&#0;", "&#0;"), ("&#xD800;", "&#xD800;"), ("&unknown;", "&unknown;"), ("& so", "& so"),
        ("&#999999999999;", "&#999999999999;"),
    ])
    func referencesOfHTMLAreCharacters(text: String, expected: String) throws {
        #expect(try Caption(speaker: "a", startSeconds: 0, endSeconds: 1, text: text).text == expected)
    }

    @Test(arguments: [
        "[00:01:05] Ana Silva: hello how are you\n[00:01:09] Ben: fine",
        "00:01:05 Ana Silva: hello how are you\n00:01:09 Ben: fine",
        "[Ana Silva] 00:01:05\nhello how are you\n\n[Ben] 00:01:09\nfine",
        "Ana Silva  01:05\nhello how\nare you\n\nBen  01:09\nfine",
        "00:01:05\n\nAna Silva: hello how are you\n\n00:01:09\nBen: fine",
    ])
    func transcriptsOfMeetingToolsAreRead(text: String) {
        #expect(Transcript.isOne(text) && !CueFile.isOne(text))
        let captions = Transcript.read(text).captions
        #expect(captions.map(\.speaker) == ["Ana Silva", "Ben"])
        #expect(captions.map(\.text) == ["hello how are you", "fine"])
        #expect(captions.map(\.startSeconds) == [65, 69])
        #expect(captions[0].endSeconds > 66 && captions[0].endSeconds <= 69)
    }

    @Test(arguments: ["<", "<v", "<v>", "<v ", "&", "&amp", "<<>>", "a < b", "<v A>", "</v></v>", "<v A><v B>x"])
    func brokenTagsAreNoHarm(payload: String) throws {
        let captions = CueFile.read("WEBVTT\n\n00:01.000 --> 00:02.000\n\(payload)\n", speaker: "eve").captions
        #expect(captions.count <= 1)
    }

    /// Files with bytes changed, doubled and missing are read or refused, and nothing else.
    @Test func mutatedFilesAreNoHarm() {
        let original = Array(
            "WEBVTT\n\nNOTE x\n\n1\n00:01.000 --> 00:02.000 line:0\n<v Ana>A &amp; <i>b</i></v>\n\n00:03.000 --> 00:04.5\n- c\n"
                .utf8)
        var random = SeededRandom(seed: 7)
        var read = 0
        for _ in 0..<3_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for reading in [CueFile.read(text, speaker: "eve"), Transcript.read(text, speaker: "eve")] {
                if !reading.captions.isEmpty { read += 1 }
                for caption in reading.captions { #expect(caption.startSeconds < caption.endSeconds) }
            }
        }
        #expect(read > 100)
    }

    @Test(arguments: [
        ("", 0.0, 1.0, "x"), (String(repeating: "a", count: 1_025), 0, 1, "x"), ("a", -1, 1, "x"), ("a", 1, 1, "x"),
        ("a", 2, 1, "x"), ("a", .nan, 1, "x"),
        ("a", 0, .infinity, "x"), ("a", 0, 601, "x"), ("a", 1e9, 1e9 + 1, "x"),
        ("a", 0, 1, String(repeating: "x", count: 4097)),
    ])
    func aCaptionIsBounded(speaker: String, start: Double, end: Double, text: String) {
        #expect(throws: CaptionError.self) {
            try Caption(speaker: speaker, startSeconds: start, endSeconds: end, text: text)
        }
    }
}
