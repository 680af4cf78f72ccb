@testable import Decode
import Foundation
import TestSupport
import Testing

/// Media with blemishes that are no reason to lose what is right about it.
@Suite(.waiting) struct ForgivingTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TestSignal.write(folder["mono.wav"])
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: folder[name])))
    }

    private func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: folder[name]))
        return folder[name]
    }

    /// A recorder that died, or still writes, has left the sizes at 0.
    @Test func sizesThatWereNeverFilledInDoNotCount() throws {
        var wave = try bytes("mono.wav")
        for place in [4, 40] { wave.replaceSubrange(place..<(place + 4), with: [0, 0, 0, 0]) }
        let received = try read(try write(wave, "zero.wav")).received[0]
        #expect(largestDifference(received.onsets, TestSignal.onsets) < 0.005, "\(received.onsets)")
        try ffmpeg("-i", folder["mono.wav"], "-c:a", "pcm_s16be", folder["whole.au"])
        var audio = try bytes("whole.au")
        audio.replaceSubrange(8..<12, with: [0, 0, 0, 0])
        let other = try read(try write(audio, "zero.au")).received[0]
        #expect(largestDifference(other.onsets, TestSignal.onsets) < 0.005, "\(other.onsets)")
    }

    /// Bare G.711 says what it is by its name alone.
    @Test(arguments: [("mulaw", "ulaw"), ("mulaw", "ul"), ("alaw", "alaw"), ("alaw", "al")])
    func bareSamplesOfTelephoneSystemsAreRead(codec: String, type: String) throws {
        try ffmpeg("-i", folder["mono.wav"], "-ar", "8000", "-f", codec, folder["bare.\(type)"])
        let received = try read(folder["bare.\(type)"]).received[0]
        #expect(largestDifference(received.onsets, TestSignal.onsets) < 0.005, "\(received.onsets)")
    }

    @Test(arguments: [
        ("rtsp://u:pa#s?s@host/x?y#z", "rtsp://u:pa%23s%3Fs@host/x?y#z"), ("rtsp://host/a@b#c", "rtsp://host/a@b#c"),
        ("http://a@b:c#d@h", "http://a@b:c%23d@h"), ("udp://:5000", "udp://:5000"), ("x", "x"),
    ])
    func passwordsMayHaveAnySign(url: String, expected: String) {
        #expect(OpenPlan.withEscapedUserInfo(url) == expected)
    }

    /// The only audio of a transport stream moves to another number in the middle.
    @Test func audioThatMovesToAnotherPIDGoesOn() throws {
        try ffmpeg("-i", folder["mono.wav"], "-c:a", "aac", "-mpegts_start_pid", "0x100", folder["a.ts"])
        try ffmpeg(
            "-i", folder["mono.wav"], "-c:a", "aac", "-mpegts_start_pid", "0x120", "-output_ts_offset", "3",
            folder["b.ts"])
        let reading = try read(try write(try bytes("a.ts") + bytes("b.ts"), "moved.ts"))
        #expect(reading.tracks.count == 1)
        let expected = TestSignal.onsets + TestSignal.onsets.map { $0 + TestSignal.seconds }
        #expect(largestDifference(reading.received[0].onsets, expected) < 0.11, "\(reading.received[0].onsets)")
        #expect(!reading.warnings.contains { $0.contains("option") }, "\(reading.warnings)")
    }

    /// More damage in a row than garbage would be given: what comes after it is still worth having.
    @Test func whatComesAfterALongDamageIsRead() throws {
        try ffmpeg("-i", folder["mono.wav"], "-c:a", "aac", "-ar", "48000", "-f", "flv", folder["one.flv"])
        let one = try bytes("one.flv")
        var damaged = Array(one.prefix(13))
        for lap in 0..<8 {
            var place = 13
            while place + 11 <= one.count {
                let size = Int(one[place + 1]) << 16 | Int(one[place + 2]) << 8 | Int(one[place + 3])
                var tag = Array(one[place..<min(one.count, place + 15 + size)])
                place += 15 + size
                // The description of the codec stays, and comes once.
                guard tag[0] == 8, lap == 0 || tag[12] == 1 else { continue }
                let time = (Int(tag[4]) << 16 | Int(tag[5]) << 8 | Int(tag[6])) + lap * 3_000
                tag.replaceSubrange(
                    4..<7, with: [UInt8(time >> 16 & 0xFF), UInt8(time >> 8 & 0xFF), UInt8(time & 0xFF)])
                if (1..<7).contains(lap) {
                    for index in 13..<(11 + size) { tag[index] = UInt8((index * 97 + lap) & 0xFF) }
                }
                damaged += tag
            }
        }
        let reading = try read(try write(damaged, "damaged.flv"))
        #expect(reading.decodeErrors > 500)
        let onsets = reading.received[0].onsets
        #expect(onsets.contains { abs($0 - 0.5) < 0.1 } && onsets.contains { abs($0 - 21.5) < 0.1 }, "\(onsets)")
    }
}
