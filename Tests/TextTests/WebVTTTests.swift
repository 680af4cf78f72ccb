import SeededNumbers
import Testing

@testable import Text

@Suite struct WebVTTTests {
    @Test func cuesAreReadWithTheirVoices() throws {
        let captions = try WebVTT.captions(
            in: """
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
                """, speaker: "eve")
        #expect(captions.map(\.speaker) == ["Ana", "Ben Smith", "Ana", "eve"])
        #expect(captions.map(\.text) == ["Good morning & welcome", "Hello, there", "Hi", "nobody named"])
        #expect(captions.map(\.startSeconds) == [1, 3603.25, 3603.25, 9])
        #expect(captions.map(\.endSeconds) == [2.5, 3604, 3604, 9.5])
        #expect(Set(captions.map(\.id)).count == 4 && captions.allSatisfy { !$0.isPartial })
    }

    @Test(arguments: [
        ("", "does not begin with WEBVTT"), ("1\n00:01.000 --> 00:02.000\nx", "does not begin with WEBVTT"),
        ("WEBVTT\n\n00:01 -> \n00:0x.000 --> 00:02.000\nx", "line 4: expected times"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\n<v A>x", "line 3: a line of captions must start"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nx", "line 4: nobody is named"),
        ("WEBVTT\n\n00:01.000 -->\nx", "line 3: expected times"),
    ])
    func whatCannotBeReadIsNamedByItsLine(text: String, reason: String) {
        let error = #expect(throws: CaptionError.self) { try WebVTT.captions(in: text) }
        #expect(error?.description.contains(reason) == true, "\(error.map(String.init(describing:)) ?? "")")
    }

    @Test(arguments: ["<", "<v", "<v>", "<v ", "&", "&amp", "<<>>", "a < b", "<v A>", "</v></v>", "<v A><v B>x"])
    func brokenTagsAreNoHarm(payload: String) throws {
        let captions = try WebVTT.captions(in: "WEBVTT\n\n00:01.000 --> 00:02.000\n\(payload)\n", speaker: "eve")
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
            if let captions = try? WebVTT.captions(in: text, speaker: "eve") {
                read += 1
                for caption in captions { #expect(caption.startSeconds < caption.endSeconds) }
            }
        }
        #expect(read > 100)
    }

    @Test(arguments: [
        ("", 0.0, 1.0, "x"), (String(repeating: "a", count: 65), 0, 1, "x"), ("a", -1, 1, "x"), ("a", 1, 1, "x"),
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
