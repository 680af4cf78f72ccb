import RTP
import SeededNumbers
import Testing

@Suite struct SessionDescriptionTests {
    @Test func readsWhatASenderWrites() throws {
        let text = """
            v=0\r
            o=- 0 0 IN IP4 127.0.0.1\r
            s=No Name\r
            c=IN IP4 127.0.0.1\r
            t=0 0\r
            a=tool:libavformat\r
            m=audio 5004 RTP/AVP 97\r
            b=AS:24\r
            a=rtpmap:97 opus/48000/2\r
            a=fmtp:97 sprop-stereo=1; useinbandfec=1;usedtx=1\r
            a=ptime:20\r

            """
        let stream = try #require(try SessionDescription(parsing: text).streams.first)
        #expect(stream.address == "127.0.0.1")
        #expect(stream.port == 5_004)
        #expect(stream.packetMilliseconds == 20)
        #expect(stream.payloads.keys.sorted() == [97])
        #expect(stream.payloads[97]?.parameters == ["sprop-stereo": "1", "useinbandfec": "1", "usedtx": "1"])
        #expect(stream.formats[97] == .opus)
    }

    @Test func keepsStreamsApart() throws {
        let text = """
            c=IN IP6 2001:db8::1
            m=audio 5000 RTP/AVP 0 8 101
            a=rtpmap:101 telephone-event/8000
            m=video 6000 RTP/AVP 96
            c=IN IP4 not-read
            a=rtpmap:96 VP8/90000
            m=audio 0 RTP/AVP 0
            m=audio 5002/2 RTP/AVPF 96 10
            c=IN IP4 224.2.36.42/127
            a=rtpmap:96 L16/16000
            """
        let streams = try SessionDescription(parsing: text).streams
        #expect(streams.map(\.port) == [5_000, 5_002])
        #expect(streams.map(\.address) == ["2001:db8::1", "224.2.36.42"])
        #expect(streams[0].formats.keys.sorted() == [0, 8])
        #expect(streams[0].payloads[101]?.encodingName == "telephone-event")
        #expect(streams[1].formats[96] == AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1))
        #expect(streams[1].formats[10] == AudioFormat(codec: .l16, clockRateHz: 44_100, channels: 2))
    }

    @Test(arguments: [
        ("v=1", 1), ("c=IN IP4 example.org", 1), ("c=IN IP4 1.2.3.256", 1), ("c=IN IP6 1::2::3", 1),
        ("c=IN IP4 1.2.3.4\nm=audio x RTP/AVP 0", 2), ("m=audio 5004 RTP/AVP", 1),
        ("m=audio 70000 RTP/AVP 0", 1), ("m=audio 5004 RTP/SAVPF 0", 1), ("m=audio 5004 RTP/AVP 128", 1),
        ("m=audio 5004 RTP/AVP 0", 1), ("c=IN IP4 1.2.3.4\nm=audio 5004 RTP/AVP 96", 2),
        ("c=IN IP4 1.2.3.4\nm=audio 5004 RTP/AVP 96\na=rtpmap:96 nothing", 2),
        ("c=IN IP4 1.2.3.4\nm=audio 5004 RTP/AVP 96\na=rtpmap:opus/48000", 2),
        ("c=IN IP4 1.2.3.4\nm=audio 5004 RTP/AVP 96\na=rtpmap:96 L16/7000", 3), ("", 0),
        ("m=video 5004 RTP/AVP 96", 0),
    ])
    func namesTheLine(text: String, line: Int) throws {
        let error = try #require(throws: SDPError.self) { try SessionDescription(parsing: text) }
        #expect(error.line == line)
        #expect(!error.remedy.isEmpty)
        #expect(!error.description.contains("\n"))
    }

    /// What a receiver can do without is left out, and told.
    @Test(arguments: [
        ("m=audio 5004 RTP/AVP 120\r\na=rtpmap:120 opus/48000/2 \r\n", 120, AudioCodec.opus, 0),
        ("m=audio 5004 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000 \n", 0, .pcmu, 0),
        ("m=audio 5004 RTP/AVP 96\na=rtpmap:96  opus/48000/2\n", 96, .opus, 0),
        ("m=audio 5004 RTP/AVP 8\t\n", 8, .pcma, 0), (" m = audio 5004 RTP/AVP 8\n", 8, .pcma, 0),
        ("m=audio 5004 RTP/AVP 0 9\na=rtpmap:9 G722/16000\n", 9, .g722, 0),
        ("m=audio 5004 RTP/AVP 0 96\na=rtpmap:96 opus/16000\n", 96, .opus, 0),
        ("m=audio 5004 RTP/AVP 0 96\na=rtpmap:96 AppleLossless\n", 0, .pcmu, 1),
        ("m=audio 5004 RTP/AVP 96\na=rtpmap:96 opus\n", 96, .opus, 0),
        ("m=audio 5004 RTP/AVP 96\na=rtpmap:96 opus/48000/2\na=fmtp:96 \n", 96, .opus, 1),
        ("m=audio 5004 RTP/AVP 0\na=ptime:20 \n", 0, .pcmu, 0), ("m=audio 5004 RTP/AVP 0\na=ptime:0\n", 0, .pcmu, 1),
        ("m=audio 5004 RTP/AVP 0 x 300\n", 0, .pcmu, 2), ("m=Audio 5004 rtp/avp 0\n", 0, .pcmu, 0),
        ("m=audio 5004 RTP/AVP 0 96\na=RTPMAP:96 L16/7000\n", 0, .pcmu, 1),
    ])
    func blemishesAreForgiven(text: String, type: UInt8, codec: AudioCodec, warnings: Int) throws {
        let description = try SessionDescription(parsing: "v=0\nc=IN IP4 127.0.0.1\n" + text)
        #expect(description.streams[0].formats[type]?.codec == codec)
        #expect(description.warnings.count == warnings, "\(description.warnings)")
    }

    @Test func isBounded() throws {
        let long = String(repeating: "a=x\n", count: 20_000)
        #expect(throws: SDPError.self) { try SessionDescription(parsing: long) }
    }

    @Test func survivesMutations() {
        let text =
            "v=0\nc=IN IP6 ::1%lo\nm=audio 5004/2 RTP/AVP 96 0\na=rtpmap:96 opus/48000/2\na=fmtp:96 a=1;b\n"
            + "a=ptime:20.5\nm=audio 1 RTP/AVP 10\nc=IN IP4 224.0.0.1/127/3\n"
        let original = Array(text.utf8)
        var random = SeededRandom(seed: 1)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch random.next() % 3 {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
                }
            }
            if (try? SessionDescription(parsing: String(decoding: bytes, as: UTF8.self))) != nil {
                accepted += 1
            }
        }
        #expect(accepted > 0 && accepted < 20_000)
    }
}

@Suite struct RTPURLTests {
    @Test func withoutCodecTakesWhatGatewaysSend() throws {
        let stream = try RTPStreamDescription(url: "rtp://127.0.0.1:5004")
        #expect(stream.address == "127.0.0.1")
        #expect(stream.port == 5_004)
        #expect(stream.formats[0]?.codec == .pcmu)
        #expect(stream.formats[8]?.codec == .pcma)
        #expect(stream.formats[10] == AudioFormat(codec: .l16, clockRateHz: 44_100, channels: 2))
        #expect(stream.formats[11] == AudioFormat(codec: .l16, clockRateHz: 44_100, channels: 1))
        #expect((96...127).allSatisfy { stream.formats[$0] == .opus })
        #expect(stream.formats[9]?.codec == .g722)
        #expect(stream.formats[13]?.codec == .comfortNoise)
        #expect(stream.formats.count == 38)
    }

    @Test func takesTheInterfaceOfAMulticastGroup() throws {
        let stream = try RTPStreamDescription(url: "rtp://239.1.2.3:5004?interface=eth0.7")
        #expect(stream.interface == "eth0.7")
        #expect(stream.formats[96] == .opus)
        #expect(throws: RTPURLError.self) { try RTPStreamDescription(url: "rtp://239.1.2.3:5004?interface=a/b") }
        #expect(throws: RTPURLError.self) { try RTPStreamDescription(url: "rtp://239.1.2.3:5004?interface=") }
    }

    @Test func takesCodecAndPayloadType() throws {
        let l16 = try RTPStreamDescription(url: "rtp://[::1]:6000?codec=l16&pt=98&rate=16000&channels=2")
        #expect(l16.address == "::1")
        #expect(l16.formats == [98: try #require(AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 2))])
        #expect(
            try RTPStreamDescription(url: "RTP://[2001:db8::1%eth0]:1?codec=pcmu").formats.keys.sorted() == [
                0
            ])
        #expect(try RTPStreamDescription(url: "rtp://0.0.0.0:1?codec=l16").formats.keys.sorted() == [11])
        #expect(try RTPStreamDescription(url: "rtp://0.0.0.0:1?codec=opus").formats.count == 32)
        #expect(
            try RTPStreamDescription(url: "rtp://0.0.0.0:1?codec=opus&channels=1&pt=111").formats[111]?
                .channels == 1)
    }

    @Test(arguments: [
        ("http://1.2.3.4:5", RTPURLError.Part.scheme), ("rtp://host:5", .address), ("rtp://[::1:5", .address),
        ("rtp://[1:2:3:4:5:6:7:8:9]:5", .address), ("rtp://[::g]:5", .address), ("rtp://", .address),
        ("rtp://1.2.3.4", .port), ("rtp://1.2.3.4:-1", .port), ("rtp://1.2.3.4:65536", .port),
        ("rtp://[::1]", .port),
        ("rtp://1.2.3.4:5/x", .port), ("rtp://1.2.3.4:5?codec=mp3", .codec),
        ("rtp://1.2.3.4:5?rate=8000", .codec),
        ("rtp://1.2.3.4:5?codec=pcmu&pt=128", .payloadType), ("rtp://1.2.3.4:5?codec=l16&rate=1", .rate),
        ("rtp://1.2.3.4:5?codec=opus&rate=16000", .rate),
        ("rtp://1.2.3.4:5?codec=opus&channels=3", .channels),
        ("rtp://1.2.3.4:5?codec=l16&channels=9", .channels), ("rtp://1.2.3.4:5?x=1", .query),
        ("rtp://1.2.3.4:5?codec=opus&codec=opus", .query),
    ])
    func namesThePart(url: String, part: RTPURLError.Part) throws {
        let error = try #require(throws: RTPURLError.self) { try RTPStreamDescription(url: url) }
        #expect(error.part == part)
        #expect(!error.remedy.isEmpty)
    }
}
