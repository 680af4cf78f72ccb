import Decode
import Foundation
import Glibc
import TestSupport
import Testing

/// The test signal in many wrappings, made once.
enum Fixtures {
    static let folder = Result { try make() }

    private static func make() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        // Shared by all tests, so it goes with the process.
        atexit { try? Fixtures.folder.get().remove() }
        try TestSignal.write(folder["mono.wav"])
        try TestSignal.write(folder["stereo.wav"], rateHz: 44_100, channels: 2)
        let encodings: [(String, [String])] = [
            ("signal.flac", []), ("signal.opus", ["-c:a", "libopus"]), ("signal.ogg", ["-c:a", "libvorbis"]),
            ("signal.mp3", ["-c:a", "libmp3lame"]), ("signal.m4a", ["-c:a", "aac"]),
            ("signal.webm", ["-c:a", "libopus"]), ("signal.aiff", []), ("signal.au", []), ("signal.caf", []),
            ("mulaw.wav", ["-c:a", "pcm_mulaw", "-ar", "8000"]), ("alac.m4a", ["-c:a", "alac"]),
            ("opus.mp4", ["-c:a", "libopus"]), ("mp3.mp4", ["-c:a", "libmp3lame"]),
            ("float.wav", ["-c:a", "pcm_f32le"]), ("adpcm.wav", ["-c:a", "adpcm_ms"]),
            ("lossless.ts", ["-c:a", "s302m", "-strict", "-2", "-ac", "2"]),
            ("aac.ts", ["-c:a", "aac"]), ("mp2.ts", ["-c:a", "mp2"]), ("aac.mka", ["-c:a", "aac"]),
            ("aac.flv", ["-c:a", "aac"]), ("signal.aac", ["-c:a", "aac"]), ("signal.ac3", []),
        ]
        for (name, options) in encodings {
            try ffmpeg(["-i", folder["mono.wav"]] + options + [folder[name]])
        }
        let video = ["-f", "lavfi", "-i", "testsrc=d=3:s=64x64:r=25"]
        try ffmpeg(
            video + [
                "-i", folder["mono.wav"], "-i", folder["stereo.wav"], "-map", "0", "-map", "1", "-map", "2",
            ]
                + ["-c:v", "mpeg4", "-c:a:0", "flac", "-c:a:1", "libopus", "-metadata:s:a:0", "language=eng"]
                + ["-metadata:s:a:1", "title=Guest", folder["two.mkv"]])
        try ffmpeg(
            ["-i", folder["stereo.wav"], "-c:a", "aac", folder["stereo.m4a"]])
        return folder
    }
}

/// Largest difference between two equally long lists; infinite where they are not.
func largestDifference(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { abs($0 - $1) }.max() ?? 0
}

@Suite(.waiting) struct ContainerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try Fixtures.folder.get() }

    /// Formats that are lossless or say how much priming they carry: onsets within 5 ms, length within a
    /// frame.
    @Test(arguments: [
        "mono.wav", "signal.flac", "signal.opus", "signal.ogg", "signal.mp3", "signal.m4a", "signal.webm",
        "signal.aiff", "signal.au", "signal.caf", "mulaw.wav", "alac.m4a", "opus.mp4", "mp3.mp4", "float.wav",
        "adpcm.wav", "lossless.ts",
    ])
    func onsetsAreWhereTheyWere(name: String) throws {
        let reading = try read(folder[name])
        let received = try #require(reading.received.first)
        #expect(largestDifference(received.onsets, TestSignal.onsets) < 0.005, "\(received.onsets)")
        #expect(received.jumps.isEmpty, "\(received.jumps)")
        #expect(abs(Double(received.count) / 16_000 - TestSignal.seconds) < 0.025)
        #expect(reading.decodeErrors == 0 && reading.warnings.isEmpty)
    }

    /// Exact for formats whose length is exact.
    @Test(arguments: ["mono.wav", "stereo.wav", "signal.flac", "signal.opus", "signal.mp3", "mulaw.wav"])
    func lengthIsExact(name: String) throws {
        let count = try read(folder[name]).received[0].count
        #expect(abs(count - 48_000) <= 1)
    }

    /// Formats that do not declare the encoder's delay: late by that delay, the same for every onset.
    @Test(arguments: [
        ("aac.ts", 1024), ("aac.mka", 1024), ("aac.flv", 1024), ("signal.aac", 1024), ("mp2.ts", 481),
        ("signal.ac3", 256),
    ])
    func undeclaredDelayIsAllThatIsLate(name: String, delaySamples: Int) throws {
        let delay = Double(delaySamples) / 48_000
        let onsets = try read(folder[name]).received[0].onsets
        #expect(largestDifference(onsets, TestSignal.onsets.map { $0 + delay }) < 0.005, "\(onsets)")
    }

    @Test func everyAudioStreamIsATrack() throws {
        let reading = try read(folder["two.mkv"])
        #expect(reading.tracks.map(\.codecName) == ["flac", "opus"])
        #expect(reading.tracks.map(\.streamIndex) == [1, 2])
        #expect(reading.tracks.map(\.index) == [0, 1])
        #expect(reading.tracks.map(\.language) == ["eng", nil])
        #expect(reading.tracks.map(\.title) == [nil, "Guest"])
        #expect(reading.tracks.map(\.channelCount) == [1, 2])
        #expect(largestDifference(reading.received[0].onsets, TestSignal.onsets) < 0.01)
        let mixed = [
            TestSignal.onsets(channel: 0)[0], TestSignal.onsets(channel: 1)[0], TestSignal.onsets[1],
        ]
        #expect(largestDifference(reading.received[1].onsets, mixed) < 0.01)
    }

    @Test(arguments: ["stereo.wav", "stereo.m4a"])
    func channelsAreSplit(name: String) throws {
        let reading = try read(folder[name], InputOptions(splitsChannels: true))
        #expect(reading.tracks.map(\.channel) == [0, 1])
        for channel in 0..<2 {
            let onsets = reading.received[channel].onsets
            #expect(largestDifference(onsets, TestSignal.onsets(channel: channel)) < 0.005, "\(onsets)")
        }
    }

    /// The mean, whatever the sample format: a tone on one of two channels has half its level.
    @Test(arguments: ["stereo.wav", "stereo.m4a"])
    func mixIsTheMean(name: String) throws {
        let mix = try read(folder[name]).received[0].samples
        let peak = mix[Int(0.6 * 16_000)..<Int(0.7 * 16_000)].map(abs).max() ?? 0
        #expect(abs(peak - 0.25) < 0.02)
    }

    @Test(arguments: ["mono.wav", "stereo.wav", "mulaw.wav", "signal.aiff", "float.wav"])
    func bothLibrariesGiveTheSame(name: String) throws {
        let bySoundFile = try read(folder[name]).received[0]
        // NUT holds the same samples, and libsndfile does not read it.
        let copy = folder["copy-\(name).nut"]
        try ffmpeg("-i", folder[name], "-c", "copy", copy)
        let byFFmpeg = try read(copy).received[0]
        #expect(bySoundFile.samples.count == byFFmpeg.samples.count)
        let difference = zip(bySoundFile.samples, byFFmpeg.samples).map { abs($0 - $1) }.max() ?? 1
        #expect(difference < 1e-6, "\(difference)")
    }

    /// An eight-channel microphone array in AAC.
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: Recordings.eightChannels), "needs ../shared/data")
    )
    func eightChannelsAreEightTracks() throws {
        let reading = try read(Recordings.eightChannels, InputOptions(splitsChannels: true))
        #expect(reading.tracks.count == 8)
        #expect(Set(reading.received.map(\.count)).count == 1)
        #expect(reading.received.allSatisfy { $0.samples.contains { abs($0) > 0.001 } })
    }

    /// Audio that begins long after the video, beyond what is analysed at first.
    @Test func lateAudioIsFound() throws {
        try ffmpeg(
            "-f", "lavfi", "-i", "testsrc=d=12:s=64x64:r=25", "-itsoffset", "8", "-i", folder["mono.wav"],
            "-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100", "-f", "flv", "-flvflags", "no_metadata",
            folder["late.flv"])
        let received = try read(folder["late.flv"]).received[0]
        // MP3 in FLV does not declare its delay of 1105 samples.
        let expected = TestSignal.onsets.map { $0 + 8 + 1105.0 / 44_100 }
        #expect(largestDifference(received.onsets, expected) < 0.03, "\(received.onsets)")
    }

    @Test func leftoverOptionsAreNamed() throws {
        let reading = try read(folder["signal.opus"], InputOptions(demuxerOptions: ["no_such_option": "1"]))
        #expect(reading.warnings.contains { $0.contains("no_such_option") })
    }
}

/// Evaluation recordings beside the checkout; tests that need them are skipped where they are absent.
enum Recordings {
    static let eightChannels = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("../shared/data/misc/whisperkit/8_Channel_ID.m4a").standardizedFileURL.path
}
