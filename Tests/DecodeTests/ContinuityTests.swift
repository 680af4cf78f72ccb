import Decode
import Foundation
import TestSupport
import Testing

@Suite(.waiting) struct ContinuityTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TestSignal.write(folder["mono.wav"])
        try TestSignal.write(folder["other.wav"], rateHz: 32_000, channels: 2)
    }

    @Test(arguments: ["flac", "libopus"])
    func gapInTimestampsIsVisible(codec: String) throws {
        try ffmpeg("-i", folder["mono.wav"], "-c:a", codec, folder["whole.mka"])
        try ffmpeg(
            "-i", folder["whole.mka"], "-c", "copy", "-bsf:a", "noise=drop='between(pts*tb,1,1.4)'",
            folder["gap.mka"])
        let received = try read(folder["gap.mka"]).received[0]
        #expect(received.jumps.count == 1)
        let jump = try #require(received.jumps.first)
        #expect(jump.to - jump.from > 0.3 && jump.to - jump.from < 0.5)
        #expect(largestDifference(received.onsets, TestSignal.onsets) < 0.005, "\(received.onsets)")
        #expect(abs(Double(received.samples.count) / 16_000 - TestSignal.seconds) < 0.025)
    }

    /// One transport stream after another, with another rate and layout, whose clock starts again.
    @Test func changedParametersGoOn() throws {
        try ffmpeg("-i", folder["mono.wav"], "-c:a", "mp2", folder["a.ts"])
        try ffmpeg("-i", folder["other.wav"], "-c:a", "mp2", folder["b.ts"])
        let joined = try join("a.ts", "b.ts")
        let received = try read(joined).received[0]
        #expect(received.longJumps.isEmpty, "\(received.jumps)")
        let second = TestSignal.seconds + TestSignal.onsets[0]
        let expected =
            TestSignal.onsets + [second, second + TestSignal.channelShift, TestSignal.seconds + 1.7]
        // MPEG audio is late by its own 481 samples, and the last frame of each part is padded.
        #expect(largestDifference(received.onsets, expected) < 0.06, "\(received.onsets)")
    }

    /// The same in formats of radio stations: frames of AAC, and an Ogg stream chained to another.
    @Test(arguments: [("aac", "aac"), ("libvorbis", "ogg"), ("flac", "ogg"), ("libopus", "ogg")])
    func changedParametersOfAStationGoOn(codec: String, type: String) throws {
        try ffmpeg("-i", folder["mono.wav"], "-c:a", codec, folder["a.\(type)"])
        try ffmpeg("-i", folder["other.wav"], "-c:a", codec, folder["b.\(type)"])
        let received = try read(try join("a.\(type)", "b.\(type)")).received[0]
        let second = TestSignal.seconds + TestSignal.onsets[0]
        let expected =
            TestSignal.onsets + [second, second + TestSignal.channelShift, TestSignal.seconds + 1.7]
        // AAC without a container says nothing of its encoder's delay, which is 21 to 64 ms for each part.
        #expect(largestDifference(received.onsets, expected) < 0.11, "\(received.onsets)")
    }

    /// The same with a clock that goes on two seconds later.
    @Test func changedParametersAfterAGap() throws {
        try ffmpeg("-i", folder["mono.wav"], "-c:a", "mp2", folder["a.ts"])
        try ffmpeg("-i", folder["other.wav"], "-c:a", "mp2", "-output_ts_offset", "5", folder["b.ts"])
        let received = try read(try join("a.ts", "b.ts")).received[0]
        #expect(received.longJumps.count == 1, "\(received.jumps)")
        let expected = TestSignal.onsets + [5.5, 5.9, 6.7]
        #expect(largestDifference(received.onsets, expected) < 0.06, "\(received.onsets)")
    }

    @Test func channelsThatComeAndGoKeepTheirTracks() throws {
        try ffmpeg("-i", folder["other.wav"], "-c:a", "mp2", folder["a.ts"])
        try ffmpeg("-i", folder["mono.wav"], "-c:a", "mp2", "-output_ts_offset", "3", folder["b.ts"])
        let reading = try read(try join("a.ts", "b.ts"), InputOptions(splitsChannels: true))
        #expect(reading.tracks.count == 2)
        #expect(abs(Double(reading.received[0].count) / 16_000 - 6) < 0.1)
        #expect(abs(Double(reading.received[1].count) / 16_000 - 3) < 0.1)
    }

    @Test(arguments: ["flac", "ogg", "mp3", "ts"])
    func damageIsSkippedAndCounted(type: String) throws {
        try ffmpeg(
            "-f", "lavfi", "-i", "anoisesrc=d=20:r=48000:a=0.3:s=1", folder["noise.\(type)"])
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder["noise.\(type)"])))
        for index in bytes.count / 2..<bytes.count / 2 + 5000 { bytes[index] ^= 0x5A }
        try Data(bytes).write(to: URL(fileURLWithPath: folder["damaged.\(type)"]))
        let whole = try read(folder["noise.\(type)"])
        let damaged = try read(folder["damaged.\(type)"])
        #expect(whole.decodeErrors == 0)
        #expect(Double(damaged.received[0].samples.count) > 0.97 * Double(whole.received[0].samples.count))
        let isNoticed = damaged.decodeErrors > 0 || !damaged.received[0].jumps.isEmpty
        // MPEG audio frames carry no checksum by default: damage there mostly decodes to noise.
        #expect(isNoticed || type == "mp3")
    }

    private func join(_ names: String...) throws -> String {
        var bytes = Data()
        for name in names { bytes += try Data(contentsOf: URL(fileURLWithPath: folder[name])) }
        try bytes.write(to: URL(fileURLWithPath: folder["joined.ts"]))
        return folder["joined.ts"]
    }
}

extension Received {
    /// Jumps longer than what FFmpeg's guess of one timestamp at a seam can be off by.
    fileprivate var longJumps: [(from: Double, to: Double)] { jumps.filter { $0.to - $0.from > 0.02 } }
}
