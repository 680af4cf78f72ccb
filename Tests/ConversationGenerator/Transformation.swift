import Foundation
import Glibc

/// Something done to a whole call that says nothing about how anybody takes part in it.
public struct Transformation: Sendable {
    /// What is done.
    public let name: String
    /// By how much the call becomes faster.
    public let tempo: Double
    private let steps: [[String]]
    /// By how much the pitch becomes higher.
    private let pitchSemitones: Double

    private init(_ name: String, tempo: Double = 1, pitchSemitones: Double = 0, _ steps: [String]...) {
        self.name = name
        self.tempo = tempo
        self.steps = steps
        self.pitchSemitones = pitchSemitones
    }

    private static func pitch(_ name: String, _ semitones: Double) -> Transformation {
        Transformation(name, pitchSemitones: semitones)
    }

    private static func filter(_ name: String, tempo: Double = 1, _ filter: String) -> Transformation {
        Transformation(name, tempo: tempo, ["-af", filter])
    }

    /// Level, pitch (the resonances stay), tempo, telephone bandwidth, lossy coding.
    public static let all = [
        filter("level -12 dB", "volume=-12dB"),
        filter("level +12 dB", "volume=12dB"),
        pitch("pitch -6 semitones", -6), pitch("pitch +6 semitones", 6),
        filter("tempo × 0.8", tempo: 0.8, "atempo=0.8"),
        filter("tempo × 1.25", tempo: 1.25, "atempo=1.25"),
        filter("8 kHz", "aresample=8000,aresample=16000"),
        opus12, opus64,
    ]
    /// Opus at 12 kbit/s.
    public static let opus12 = Transformation("Opus 12 kbit/s", ["-c:a", "libopus", "-b:a", "12k", "-f", "ogg"], [])
    /// Opus at 64 kbit/s.
    public static let opus64 = Transformation("Opus 64 kbit/s", ["-c:a", "libopus", "-b:a", "64k", "-f", "ogg"], [])

    /// The samples as they are afterwards.
    ///
    /// - Throws: `ToolFailure`.
    public func apply(to samples: [Float]) throws -> [Float] {
        if pitchSemitones != 0 {
            let factor = pow(2, pitchSemitones / 12)
            return PitchMarks(samples).rendered { Int((Double($0) / factor).rounded()) }
        }
        let raw = ["-f", "f32le", "-ar", "16000", "-ac", "1", "-i", "-"]
        guard steps.count > 1 else { return try FFmpeg.samples(raw + (steps.first ?? []), input: samples) }
        let file = FileManager.default.temporaryDirectory.appending(path: "attune-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try FFmpeg.convert(raw + steps[0] + [file], input: samples)
        return try FFmpeg.samples(["-i", file])
    }
}
