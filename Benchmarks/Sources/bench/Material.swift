import Decode
import Foundation
import MediaTypes
import Pipeline

/// The audio that the benchmarks work on.
struct Material {
    /// Ten minutes of speech almost without pauses, 16 kHz mono.
    let speech: [Float]
    /// Ten minutes of somebody who speaks a fifth of the time, over a faint noise floor.
    let fifth: [Float]
    /// The continuous speech as Ogg Opus, 24 kbit/s.
    let opusFile: String

    static let seconds = 600

    /// CPU seconds per hour of audio, from those for all of it.
    static func perHour(_ cpuSeconds: Double) -> Double { cpuSeconds * 3600 / Double(seconds) }

    /// Made from the two tracks of the demo's call, which together hardly pause.
    init(call: String, scratch: String) throws {
        let tracks = try ["anna", "ben"].map { try Self.samples(of: "\(call)/\($0).wav") }
        let dialogue = zip(tracks[0], tracks[1]).map { $0 + $1 }
        let count = Self.seconds * AudioGrid.sampleRateHz
        speech = (0..<count).map { dialogue[$0 % dialogue.count] }
        var state: UInt32 = 1
        fifth = (0..<count).map { index in
            state = state &* 1_664_525 &+ 1_013_904_223
            let noise = (Float(state >> 8) / Float(1 << 24) - 0.5) * 0.0006
            let second = index / AudioGrid.sampleRateHz
            return second % 60 < 12 ? dialogue[index % dialogue.count] : noise
        }
        opusFile = scratch + "/speech.opus"
        try run([
            "ffmpeg", "-nostdin", "-y", "-stream_loop", "-1", "-i", "\(call)/anna.wav", "-stream_loop", "-1", "-i",
            "\(call)/ben.wav", "-filter_complex", "amix=normalize=0", "-t", "\(Self.seconds)", "-ac", "1", "-c:a",
            "libopus", "-b:a", "24k", opusFile,
        ])
    }

    private static func samples(of file: String) throws -> [Float] {
        var input = try TrackInput(file, channel: nil)
        var samples: [Float] = []
        while try input.read({ _, block in for index in block.indices { samples.append(block[index]) } }) != .end {}
        return samples
    }
}
