import SeededNumbers
import Testing

@testable import Dialects

/// Whatever the bytes: no trap, no more than was sent, and time stamps that stay whole.
@Suite struct MutationTests {
    private static let seeds: [(Dialect, [[UInt8]])] = [
        (
            .twilio,
            [
                Array(
                    #"{"event":"start","start":{"tracks":["inbound"],"mediaFormat":{"encoding":"PCMU","sampleRate":8000}}}"#
                        .utf8),
                Array(
                    #"{"event":"media","media":{"track":"inbound","chunk":"9","timestamp":"180","payload":"AAECAw=="}}"#
                        .utf8),
            ]
        ),
        (.jitsi, [Array(#"{"event":"media","media":{"tag":"t","chunk":7,"timestamp":960,"payload":"+P/+"}}"#.utf8)]),
        (
            .raw,
            [
                Array("MEDIA_START format:slin16 ptime:20".utf8), [1, 2, 3, 4],
                Array(#"{"muted":true,"rate":16000}"#.utf8),
            ]
        ),
        (
            .recall,
            [
                Array(
                    #"{"event":"audio_separate_raw.data","data":{"data":{"buffer":"AAAA","timestamp":{"relative":1e3},"participant":{"id":1,"name":"\u00e4"}}}}"#
                        .utf8)
            ]
        ),
        (
            .attendee,
            [
                Array(
                    #"{"trigger":"realtime_audio.mixed","data":{"chunk":"AAAA","sample_rate":16000,"sequence":4}}"#.utf8
                )
            ]
        ),
        (.vexa, [[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x59, 0x40, 1, 0, 0, 0, 0x41, 0, 0, 0, 0x3F]]),
        (
            .genesys,
            [
                Array(
                    #"{"type":"open","id":"a","seq":1,"parameters":{"media":[{"format":"PCMU","channels":["external","internal"]}]}}"#
                        .utf8),
                [1, 2, 3, 4], Array(#"{"type":"discarded","seq":2,"parameters":{"discarded":"PT1.5S"}}"#.utf8),
            ]
        ),
        (
            .acs,
            [
                Array(
                    #"{"kind":"AudioData","audioData":{"timestamp":"2026-11-28T10:00:00.5Z","data":"AAAA","silent":true}}"#
                        .utf8)
            ]
        ),
        (.zoom, [Array(#"{"msg_type":14,"content":{"user_id":1,"data":"AAAA","timestamp":20}}"#.utf8)]),
    ]

    @Test(arguments: 0..<40)
    func mutatedMessagesAreReadOrRefused(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for (dialect, messages) in Self.seeds {
            var reader = DialectReader(dialect, separateChannels: 2)
            for _ in 0..<200 {
                guard var message = messages.randomElement(using: &random) else { continue }
                for _ in 0..<Int.random(in: 0...4, using: &random) where !message.isEmpty {
                    let place = Int.random(in: message.indices, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: message[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: message.remove(at: place)
                    case 2: message.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    default: message.append(contentsOf: message[..<place])
                    }
                }
                let isText = Bool.random(using: &random) || message.first == UInt8(ascii: "{")
                guard let event = try? reader.take(message.span, isText: isText) else { continue }
                if case .media(let media) = event {
                    #expect(media.voiceCount >= 1)
                    #expect(reader.voices.indices.contains(media.voice + media.voiceCount - 1))
                    #expect(reader.audio.count <= message.count)
                }
                #expect(reader.voices.count <= DialectReader.maxVoices)
            }
        }
    }
}
