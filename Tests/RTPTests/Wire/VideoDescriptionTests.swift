import SeededNumbers
import Testing

@testable import RTP

/// Sections of pictures: what can be looked at is found, and whatever is wrong with them, the sound is as it was.
@Suite struct VideoDescriptionTests {
    private static let audio = "c=IN IP4 192.0.2.1\nm=audio 5004 RTP/AVP 0\n"

    private func videos(_ lines: String) throws -> [Result<RTPVideoDescription, RTPVideoRefusal>] {
        let description = try SessionDescription(parsing: Self.audio + lines)
        #expect(description.streams.map(\.port) == [5_004])
        return description.videos
    }

    @Test func picturesOfBothCodecsAreFound() throws {
        let found = try videos(
            """
            m=video 5006 RTP/AVPF 96 97 98
            a=rtpmap:96 H264/90000
            a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IACg==,aM4=
            a=rtpmap:97 rtx/90000
            a=fmtp:97 apt=96
            a=rtpmap:98 h264/90000
            m=video 0 RTP/AVP 96
            a=rtpmap:96 VP8/90000
            m=video 00/2 RTP/AVP 96
            m=video 5008 RTP/AVP 100
            c=IN IP6 2001:db8::1
            a=rtpmap:100 vp8/90000
            """)
        #expect(
            found == [
                .success(
                    RTPVideoDescription(
                        address: "192.0.2.1", port: 5_006, payload: .h264, types: [96, 98],
                        parameterSets: [0, 0, 0, 1, 0x67, 0x42, 0, 0x0A, 0, 0, 0, 1, 0x68, 0xCE])),
                .success(RTPVideoDescription(address: "2001:db8::1", port: 5_008, payload: .vp8, types: [100])),
            ])
    }

    @Test(arguments: [
        ("m=video 5006 RTP/AVP 96\na=rtpmap:96 H265/90000\n", "only H265; send H264 or VP8"),
        ("m=video 5006 RTP/AVP 96\na=rtpmap:96 H264/8000\n", "only H264"),
        ("m=video 5006 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=2\n", "only H264"),
        ("m=video 5006 RTP/AVP 31\n", "nothing that has a name"),
        ("m=video 5006 RTP/SAVP 96\na=rtpmap:96 VP8/90000\n", "RTP/SAVP is not taken"),
        ("m=video 5006 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n", "is not taken"),
        ("m=video x RTP/AVP 96\na=rtpmap:96 VP8/90000\n", "incomplete"), ("m=video 5006\n", "incomplete"),
        ("m=video 5006 RTP/AVP 96\nc=IN IP4 camera.example\na=rtpmap:96 VP8/90000\n", "no numeric address"),
    ])
    func whatCannotBeLookedAtIsSaid(lines: String, reason: String) throws {
        let found = try videos(lines)
        guard found.count == 1, case .failure(let refusal) = found[0] else {
            Issue.record("\(found)")
            return
        }
        #expect(refusal.description.contains(reason), "\(refusal)")
        let warnings = try SessionDescription(parsing: Self.audio + lines).warnings
        #expect(warnings == ["line 3: the pictures of m=video 0 are not looked at: \(refusal.description)"])
    }

    @Test func parameterSetsThatAreNoneAreLeftOut() throws {
        for sets in ["%%%%", "Z0IACg==,", "Z0IACg==,!", String(repeating: "Z0IACgAA,", count: 2_000)] {
            let found = try videos(
                "m=video 5006 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=\(sets)\n")
            let bytes = try #require(try found.first?.get()).parameterSets
            #expect(bytes.isEmpty || sets == "Z0IACg==,", "\(sets.prefix(20))")
        }
    }

    @Test func whateverIsWrittenTheSoundIsFound() throws {
        var random = SeededRandom(seed: 31)
        let lines = [
            "m=video 5006 RTP/AVP 96", "m=video", "m=video 1/2 RTP/AVP 96 300 -1", "c=IN IP4", "c=IN IP6 ::2",
            "a=rtpmap:96 H264/90000", "a=rtpmap:96", "a=rtpmap:96 /", "a=fmtp:96 =;=;packetization-mode",
            "a=fmtp:999 x",
            "a=", "a=rtpmap:96 VP8/99999999999999999999",
        ]
        for _ in 0..<500 {
            var text = "m=video 5006 RTP/AVP 96\n"
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                text += (lines.randomElement(using: &random) ?? "") + "\n"
            }
            _ = try videos(text)
        }
    }
}
