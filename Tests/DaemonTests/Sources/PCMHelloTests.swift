import ControlAPI
import Decode
import SeededNumbers
import Testing

@testable import Daemon

@Suite struct PCMHelloTests {
    private static let whole =
        #"{"format":"f32le","rate":44100,"channels":2,"session":"s","consent":"granted","notice_id":"n","priority":"high","#
        + #""tracks":[{"track":0,"speaker":"a","role":"rep"},{"track":1,"speaker":"b","consent":"withheld"}]}"#

    @Test func everyFieldIsTakenOver() throws {
        let hello = try PCMHello(parsing: Array(Self.whole.utf8))
        #expect(hello.format == PCMFormat(.f32le, rateHz: 44_100, channelCount: 2))
        #expect(
            hello.request
                == AttachRequest(
                    url: "pcm:f32le/44100/2", session: "s",
                    tracks: [
                        AttachRequest.Track(track: 0, speaker: "a", role: "rep"),
                        AttachRequest.Track(track: 1, speaker: "b", role: nil, consent: "withheld"),
                    ], consent: "granted", noticeID: "n", priority: "high"))
    }

    @Test func itsVoicesMayBeToldApart() throws {
        let line =
            #"{"format":"s16le","rate":16000,"channels":2,"session":"s","consent":"granted","speaker":"room","voices":"auto"}"#
        let request = try PCMHello(parsing: Array(line.utf8)).request
        #expect(try AttachValidation.tracks(of: request).map(\.voices) == [VoicesWanted(count: nil)])
    }

    /// Damaged hellos are taken or refused, with a reason; numbers stay within their bounds.
    @Test func damagedHellosAreRefusedInWords() {
        var random = SeededRandom(seed: 5)
        var refused = 0
        for _ in 0..<5_000 {
            var line = Array(Self.whole.utf8)
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0..<line.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line[place] = UInt8.random(in: 0...255, using: &random)
                case 1: line.remove(at: place)
                default: line.insert(line.randomElement(using: &random) ?? 0, at: place)
                }
            }
            do throws(Problem) {
                let hello = try PCMHello(parsing: line)
                #expect(PCMFormat.rates.contains(hello.format.rateHz))
                #expect(PCMFormat.channelCounts.contains(hello.format.channelCount))
            } catch {
                refused += 1
                #expect(!error.detail.isEmpty && error.status == 422)
            }
        }
        #expect(refused > 1_000)
    }

    @Test func identifiersOfCallsAreUUIDs() {
        let text = "40325ec2-5efd-4bd3-805f-53576e581d13"
        #expect(CallIdentifier(text[...])?.description == text)
        #expect(CallIdentifier(text.uppercased()[...]) == CallIdentifier(text[...]))
        #expect(CallIdentifier("40325ec25efd4bd3805f53576e581d13") == CallIdentifier(text[...]))
        for bad in ["", "x", text + "0", "40325ec2-5efd-4bd3-805f-53576e581d1g"] {
            #expect(CallIdentifier(bad[...]) == nil)
        }
        #expect(CallIdentifier(bytes: [1, 2, 3]) == nil)
    }
}
