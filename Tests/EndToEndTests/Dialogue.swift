import Foundation
import SeededNumbers
import TestSupport

/// Half a minute of two people who take turns: bursts of voice-like tones of 1.4 s, every 4 s, alternating.
enum Dialogue {
    /// Writes each of them to a file of its own.
    ///
    /// - Returns: the paths.
    static func write(_ folder: TemporaryFolder) throws -> [String] {
        try zip(["a", "b"], files).map { name, bytes in
            let path = folder.path + "/\(name).wav"
            try bytes.write(to: URL(fileURLWithPath: path))
            return path
        }
    }

    private static let rateHz = 48_000.0
    private static let files = [
        Data(waveFile(voice(f0Hz: 180, glideHz: 20, glidesPerSecond: 0.7, startSeconds: 0.5), rateHz: Int(rateHz))),
        Data(waveFile(voice(f0Hz: 110, glideHz: 14, glidesPerSecond: 0.6, startSeconds: 2.5), rateHz: Int(rateHz))),
    ]

    /// Two vowels in turn: harmonics of a gliding fundamental, weighted by three resonances.
    private static func voice(
        f0Hz: Double, glideHz: Double, glidesPerSecond: Double, startSeconds: Double
    ) -> [Int16] {
        let open = harmonics(of: f0Hz, [(700, 130, 1), (1_200, 150, 0.5), (2_600, 200, 0.2)])
        let close = harmonics(of: f0Hz, [(300, 100, 1), (2_200, 200, 0.35), (3_000, 250, 0.2)])
        var noise = SeededRandom(seed: 1)
        return (0..<Int(30 * rateHz)).map { index in
            let time = Double(index) / rateHz
            var sample = Double.random(in: -0.000_25...0.000_25, using: &noise)
            if (startSeconds..<startSeconds + 1.4).contains(time.truncatingRemainder(dividingBy: 4)) {
                let glide = 2 * Double.pi * glidesPerSecond
                let phase = 2 * Double.pi * f0Hz * time - glideHz / glidesPerSecond * cos(glide * time)
                let openness = 0.5 + 0.5 * sin(4 * Double.pi * time)
                let syllables = 0.55 + 0.45 * sin(8 * Double.pi * time)
                // sin(nx) = 2 cos(x) sin((n - 1)x) - sin((n - 2)x)
                var (before, now, twiceCosine) = (0.0, sin(phase), 2 * cos(phase))
                var sum = 0.0
                for (open, close) in zip(open, close) {
                    sum += (open * openness + close * (1 - openness)) * now
                    (before, now) = (now, twiceCosine * now - before)
                }
                sample += 0.12 * sum * syllables
            }
            return Int16(max(-1, min(1, sample)) * 32_767)
        }
    }

    /// Gains of the harmonics up to 3.5 kHz.
    private static func harmonics(
        of f0Hz: Double, _ resonances: [(hz: Double, bandwidthHz: Double, gain: Double)]
    ) -> [Double] {
        stride(from: f0Hz, through: 3_500, by: f0Hz).map { hz in
            resonances.reduce(0) { sum, resonance in
                let offset = (hz - resonance.hz) / resonance.bandwidthHz
                return sum + resonance.gain / (1 + offset * offset)
            }
        }
    }
}
