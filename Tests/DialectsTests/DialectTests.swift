import Foundation
import Testing

@testable import Dialects

/// Messages after the samples that the makers of each system publish.
@Suite struct DialectTests {
    private func take(_ text: String, _ reader: inout DialectReader) throws -> WireEvent {
        let bytes = Array(text.utf8)
        return try reader.take(bytes.span, isText: true)
    }

    private func take(_ bytes: [UInt8], _ reader: inout DialectReader) throws -> WireEvent {
        try reader.take(bytes.span, isText: false)
    }

    private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    private static let start = """
        {"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1",\
        "tracks":["inbound","outbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},\
        "customParameters":{"FirstName":"Jane","Remo":"\\"}{"}},"streamSid":"MZ1"}
        """

    private func media(_ track: String, chunk: Int, at milliseconds: Int, _ bytes: [UInt8]) -> String {
        """
        {"event":"media","sequenceNumber":"\(chunk + 2)","media":{"track":"\(track)","chunk":"\(chunk)",\
        "timestamp":"\(milliseconds)","payload":"\(base64(bytes))"},"streamSid":"MZ1"}
        """
    }

    @Test func bothTracksOfTwilioAreVoices() throws {
        var reader = DialectReader(.twilio)
        #expect(try take(#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#, &reader) == .nothing)
        #expect(try take(media("inbound", chunk: 1, at: 0, [1]), &reader) == .early)
        #expect(try take(Self.start, &reader) == .nothing)
        #expect(reader.voices.map(\.label) == ["inbound", "outbound"])
        #expect(reader.voices[0].format == WireFormat(.mulaw, rateHz: 8_000))
        let bytes = (0..<160).map { UInt8($0) }
        let first = try take(media("outbound", chunk: 1, at: 5, bytes), &reader)
        #expect(first == .media(WireMedia(voice: 1, voiceCount: 1, sequence: 0, timestamp: 40)))
        #expect(reader.audio == bytes)
        // The sender's milliseconds are rounded; what comes after another is contiguous.
        let second = try take(media("outbound", chunk: 2, at: 26, bytes), &reader)
        #expect(second == .media(WireMedia(voice: 1, voiceCount: 1, sequence: 1, timestamp: 200)))
        // One is missing, and then it comes.
        let fourth = try take(media("outbound", chunk: 4, at: 65, bytes), &reader)
        #expect(fourth == .media(WireMedia(voice: 1, voiceCount: 1, sequence: 3, timestamp: 520)))
        let third = try take(media("outbound", chunk: 3, at: 45, bytes), &reader)
        #expect(third == .media(WireMedia(voice: 1, voiceCount: 1, sequence: 2, timestamp: 360)))
        let fifth = try take(media("outbound", chunk: 5, at: 85, bytes), &reader)
        #expect(fifth == .media(WireMedia(voice: 1, voiceCount: 1, sequence: 4, timestamp: 680)))
        #expect(try take(#"{"event":"dtmf","dtmf":{"digit":"1"}}"#, &reader) == .nothing)
        #expect(try take(#"{"event":"stop","stop":{}}"#, &reader) == .end)
    }

    @Test func whatIsNotAnnouncedIsRefused() throws {
        var reader = DialectReader(.twilio)
        _ = try take(Self.start, &reader)
        #expect(throws: DialectError.unannounced("third")) { try take(media("third", chunk: 1, at: 0, [1]), &reader) }
        #expect(throws: DialectError.secondStart) { try take(Self.start, &reader) }
    }

    @Test func dialectsOfTwilioAreToldApart() throws {
        var telnyx = DialectReader(.twilio)
        _ = try take(
            #"{"event":"start","sequence_number":"1","start":{"media_format":{"encoding":"PCMA","sample_rate":8000}}}"#,
            &telnyx)
        _ = try take(#"{"event":"media","media":{"track":"inbound","chunk":"7","payload":"AAE="}}"#, &telnyx)
        #expect(telnyx.voices == [WireVoice(label: "inbound", format: WireFormat(.alaw, rateHz: 8_000))])
        var exotel = DialectReader(.twilio)
        _ = try take(
            #"{"event":"start","start":{"account_sid":"a","media_format":{"encoding":"base64","sample_rate":"8000"}}}"#,
            &exotel)
        _ = try take(#"{"event":"media","media":{"chunk":2,"timestamp":"10","payload":"AQIDBA=="}}"#, &exotel)
        #expect(exotel.voices[0].format == WireFormat(.s16be, rateHz: 8_000))
        #expect(exotel.audio == [2, 1, 4, 3])
        var plivo = DialectReader(.twilio)
        _ = try take(
            """
            {"event":"start","sequenceNumber":0,"start":{"callId":"c","tracks":["inbound"],\
            "mediaFormat":{"encoding":"audio/x-l16;rate=16000","sampleRate":16000}}}
            """, &plivo)
        #expect(plivo.voices[0].format == WireFormat(.s16be, rateHz: 16_000))
        var voximplant = DialectReader(.twilio)
        _ = try take(#"{"event":"start","start":{"tag":"t","mediaFormat":{"encoding":"PCM16"}}}"#, &voximplant)
        _ = try take(#"{"event":"media","media":{"tag":"t","chunk":0,"payload":"AAAA"}}"#, &voximplant)
        #expect(voximplant.voices == [WireVoice(label: "t", format: WireFormat(.s16be, rateHz: 16_000))])
    }

    @Test func packetsOfJitsiKeepTheirNumbers() throws {
        var reader = DialectReader(.jitsi)
        _ = try take(
            #"{"event":"start","start":{"tag":"a-1","customParameters":{"endpointId":"ana"}}}"#, &reader)
        let event = try take(
            #"{"event":"media","media":{"tag":"a-1","chunk":65535,"timestamp":4294967040,"payload":"+P/+"}}"#, &reader)
        #expect(event == .media(WireMedia(voice: 0, voiceCount: 1, sequence: 0, timestamp: 4_294_967_040)))
        #expect(reader.voices == [WireVoice(label: "a-1", name: "ana", format: WireFormat(.opus, rateHz: 48_000))])
    }

    @Test func rawSamplesAreWhatTheAddressOrAMessageSays() throws {
        var stereo = DialectReader(
            .raw, separateChannels: 2, format: try DialectAddress(target: "/raw/t?rate=8000&channels=2").format)
        let event = try take([1, 2, 3, 4, 5, 6, 7, 8, 9], &stereo)
        #expect(event == .media(WireMedia(voice: 0, voiceCount: 2, sequence: 0, timestamp: 0)))
        #expect(stereo.audio == [2, 1, 6, 5, 4, 3, 8, 7])
        #expect(try take(#"{"muted":true}"#, &stereo) == .absence(voice: nil, .mute))
        #expect(try take(#"{"muted": false}"#, &stereo) == .absence(voice: nil, nil))
        var asterisk = DialectReader(.raw)
        #expect(try take([1, 2], &asterisk) == .early)
        _ = try take("MEDIA_START connection_id:1 channel:WebSocket/1 format:ulaw optimal_frame_size:160", &asterisk)
        #expect(try take([1, 2], &asterisk) == .media(WireMedia(voice: 0, voiceCount: 1, sequence: 0, timestamp: 0)))
        #expect(asterisk.voices[0].format == WireFormat(.mulaw, rateHz: 8_000))
        var vonage = DialectReader(.raw)
        _ = try take(#"{"event":"websocket:connected","content-type":"audio/l16;rate=24000"}"#, &vonage)
        _ = try take([1, 2], &vonage)
        #expect(vonage.voices[0].format == WireFormat(.s16be, rateHz: 24_000))
        var odd = DialectReader(.raw)
        #expect(throws: DialectError.unknownRate(7_000)) { try take(#"{"sample_rate":7000}"#, &odd) }
    }

    @Test func botsTellWhoSpeaksAndWhen() throws {
        var recall = DialectReader(.recall)
        let heard = try take(
            """
            {"event":"audio_separate_raw.data","data":{"data":{"buffer":"AQA=","timestamp":{"relative":1.5,"absolute":\
            "2026-11-28T10:00:00Z"},"participant":{"id":16778240,"name":"An\\u00e4","is_host":true}},"bot":{"id":"b"}}}
            """, &recall)
        #expect(heard == .media(WireMedia(voice: 0, voiceCount: 1, sequence: 0, timestamp: 24_000)))
        #expect(
            recall.voices == [WireVoice(label: "16778240", name: "Anä", format: WireFormat(.s16be, rateHz: 16_000))])
        let left = #"{"event":"participant_events.leave","data":{"data":{"participant":{"id":16778240}}}}"#
        #expect(try take(left, &recall) == .left(voice: 0))
        var attendee = DialectReader(.attendee)
        func chunk(_ number: Int) -> String {
            """
            {"bot_id":"b","trigger":"realtime_audio.per_participant","data":{"participant_uuid":"p1","chunk":"AAAAAA==",\
            "sample_rate":8000,"timestamp_ms":1703123456789,"sequence":\(number)}}
            """
        }
        _ = try take(chunk(4), &attendee)
        // Two are missing: their time is left out, too.
        #expect(
            try take(chunk(7), &attendee) == .media(WireMedia(voice: 0, voiceCount: 1, sequence: 3, timestamp: 6)))
        var vexa = DialectReader(.vexa)
        var message: [UInt8] = [3, 0, 0, 0] + withUnsafeBytes(of: Double(1_000).bitPattern.littleEndian, Array.init)
        message += [2, 0, 0, 0] + Array("Bo".utf8)
        for value in [Float(0.5), -1, .nan] {
            message += withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
        }
        #expect(
            try take(message, &vexa) == .media(WireMedia(voice: 0, voiceCount: 1, sequence: 0, timestamp: 16_000)))
        #expect(vexa.voices[0].name == "Bo")
        #expect(vexa.audio == [0x3F, 0xFF, 0x80, 0x01, 0, 0])
        #expect(throws: DialectError.self) { try take([1, 2, 3], &vexa) }
    }

    @Test func silenceThatIsDeclaredForLongIsAMute() throws {
        var reader = DialectReader(.acs)
        _ = try take(#"{"kind":"AudioMetadata","audioMetadata":{"sampleRate":16000,"encoding":"PCM"}}"#, &reader)
        func data(_ milliseconds: Int, isSilent: Bool) -> String {
            """
            {"kind":"AudioData","audioData":{"timestamp":"1970-01-01T00:00:0\(milliseconds / 1_000).\
            \(String(1_000 + milliseconds % 1_000).dropFirst())Z","participantRawID":"8:acs:1","data":"\
            \(base64([UInt8](repeating: 0, count: 640)))","silent":\(isSilent)}}
            """
        }
        #expect(
            try take(data(40, isSilent: false), &reader)
                == .media(WireMedia(voice: 0, voiceCount: 1, sequence: 0, timestamp: 640)))
        var events: [WireEvent] = []
        for step in 3..<40 { events.append(try take(data(20 * step, isSilent: true), &reader)) }
        #expect(events.count { $0 == .absence(voice: 0, .mute) } == 1)
        #expect(events[24] == .absence(voice: 0, .mute))
        #expect(try take(data(900, isSilent: false), &reader) == .absence(voice: 0, nil))
    }

    @Test func genesysIsAnswered() throws {
        var reader = DialectReader(.genesys, separateChannels: 2)
        _ = try take(
            """
            {"version":"2","type":"open","seq":1,"serverseq":0,"id":"e160e428-53e2-487c-977d-96989bf5c99d","position":\
            "PT0S","parameters":{"conversationId":"c","media":[{"type":"audio","format":"PCMU","channels":["external"],\
            "rate":8000},{"type":"audio","format":"PCMU","channels":["external","internal"],"rate":8000}]}}
            """, &reader)
        let replies = reader.takeReplies()
        #expect(replies.count == 1 && replies[0].contains(#""type":"opened""#))
        #expect(replies[0].contains(#""channels":["external","internal"]"#) && replies[0].contains(#""clientseq":1"#))
        #expect((try? JSONSerialization.jsonObject(with: Data(replies[0].utf8))) != nil)
        #expect(
            try take([1, 2, 3, 4], &reader) == .media(WireMedia(voice: 0, voiceCount: 2, sequence: 0, timestamp: 0)))
        #expect(reader.audio == [1, 3, 2, 4])
        #expect(reader.voices.map(\.label) == ["external", "internal"])
        // Half a second was thrown away: packets are missing for it.
        _ = try take(
            #"{"type":"discarded","seq":2,"parameters":{"start":"PT0.1S","discarded":"PT0.5S"}}"#, &reader)
        #expect(
            try take([1, 2], &reader) == .media(WireMedia(voice: 0, voiceCount: 2, sequence: 1_001, timestamp: 4_002)))
        #expect(try take(#"{"type":"paused","seq":3,"parameters":{}}"#, &reader) == .absence(voice: nil, .pause))
        let resumed = #"{"type":"resumed","seq":4,"parameters":{"start":"PT1S","discarded":"PT2S"}}"#
        #expect(try take(resumed, &reader) == .absence(voice: nil, nil))
        #expect(
            try take([1, 2], &reader) == .media(WireMedia(voice: 0, voiceCount: 2, sequence: 1_002, timestamp: 20_003)))
        _ = try take(#"{"type":"ping","seq":5,"parameters":{}}"#, &reader)
        #expect(reader.takeReplies()[0].contains(#""type":"pong""#))
        #expect(try take(#"{"type":"close","seq":6,"parameters":{}}"#, &reader) == .end)
    }

    @Test func audioOfZoomIsOfItsUser() throws {
        var reader = DialectReader(.zoom)
        let event = try take(
            #"{"msg_type":14,"content":{"user_id":16778240,"user_name":"Ana","data":"AQA=","timestamp":2000}}"#, &reader
        )
        #expect(event == .media(WireMedia(voice: 0, voiceCount: 1, sequence: 0, timestamp: 32_000)))
        #expect(reader.voices[0].label == "16778240")
        #expect(try take(#"{"msg_type":12,"timestamp":1}"#, &reader) == .nothing)
    }

    @Test(arguments: [true, false])
    func theByteOrderOfZoomIsFound(isBig: Bool) throws {
        var reader = DialectReader(.zoom)
        for packet in 0..<60 {
            var bytes: [UInt8] = []
            for index in 0..<320 {
                let sample = Int16(8_000 * sin(Double(packet * 320 + index) / 12))
                bytes += withUnsafeBytes(of: isBig ? sample.bigEndian : sample.littleEndian, Array.init)
            }
            _ = try take(#"{"msg_type":14,"content":{"user_id":1,"data":"\#(base64(bytes))","timestamp":1}}"#, &reader)
            let first = Int16(bitPattern: UInt16(reader.audio[0]) << 8 | UInt16(reader.audio[1]))
            #expect(first == Int16(8_000 * sin(Double(packet * 320) / 12)), "packet \(packet)")
        }
        #expect(reader.format?.encoding == (isBig ? .s16be : .s16le))
    }

    @Test(arguments: [
        ("/twilio/abc", Dialect.twilio, "abc"), ("/recall?token=a%2Bb", .recall, "a+b"),
        ("/raw//x?rate=8000", .raw, "x"),
    ])
    func addressesAreUnderstood(target: String, dialect: Dialect, token: String) throws {
        let address = try DialectAddress(target: target)
        #expect(address.dialect == dialect)
        #expect(address.token == token)
    }

    @Test(arguments: [
        "/", "/zoom/x", "/twilio/x/y", "/nothing/x", "/raw/x?rate=7", "/raw/x?channels=9", "/raw/x?format=mp3",
    ])
    func otherAddressesAreRefused(target: String) {
        #expect(throws: DialectAddressError.self) { try DialectAddress(target: target) }
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"event""#, #"{"event":}"#, #"{"event":"media","media":{"payload":"!!"}}"#,
        #"{"event":"media","media":{"payload":"AA=A"}}"#, #"{"event":"media"}"#, #"{"a":[[[{]}"#, "{\"event\":\"media",
        String(repeating: "[", count: 10_000), #"{"a":"# + String(repeating: "[", count: 10_000) + "}",
    ])
    func garbageIsRefused(text: String) throws {
        var reader = DialectReader(.twilio)
        _ = try take(Self.start, &reader)
        #expect(throws: DialectError.self) { try take(text, &reader) }
    }

    @Test func reasonsFitIntoACloseFrame() {
        for error in [
            DialectError.malformed, .garbledPayload, .binary, .text, .tooManyVoices, .secondStart,
            .unknownEncoding(String(repeating: "x", count: 500)), .unknownRate(.min),
            .unannounced(String(repeating: "x", count: 500)),
        ] {
            #expect(error.description.utf8.count <= 123, "\(error)")
        }
    }

    @Test func aStreamHasNoMorePeopleThanItMay() throws {
        var reader = DialectReader(.attendee)
        func message(_ number: Int) -> String {
            #"{"trigger":"realtime_audio.per_participant","data":{"participant_uuid":"\#(number)","chunk":"AAAA"}}"#
        }
        for number in 0..<DialectReader.maxVoices { _ = try take(message(number), &reader) }
        #expect(throws: DialectError.tooManyVoices) { try take(message(64), &reader) }
    }
}
