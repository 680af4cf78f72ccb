import Glibc
import MediaTypes

/// Where somebody speaks on a clean channel, told by level alone: the reference that no detector had a part in.
public enum SpeechByEnergy {
    /// Hops further than this below the loud ones are silence, dB.
    public static let rangeDb = 30.0

    /// Levels per hop in dB relative to full scale, -120 at the least.
    public static func levelsDb(_ samples: [Float]) -> [Double] {
        samples.withUnsafeBufferPointer { samples in
            (0..<samples.count / AudioGrid.hopSamples).map { hop in
                var power: Float = 0
                for index in hop * AudioGrid.hopSamples..<(hop + 1) * AudioGrid.hopSamples {
                    power += samples[index] * samples[index]
                }
                return max(-120, 10 * log10(Double(power) / Double(AudioGrid.hopSamples) + 1e-13))
            }
        }
    }

    /// Stretches of speech in hops: within `rangeDb` of the loud hops (their 97th percentile), gaps shorter than
    /// `gapHops` bridged.
    public static func units(_ samples: [Float], gapHops: Int = 20) -> [Range<Int>] {
        let levels = levelsDb(samples)
        guard !levels.isEmpty else { return [] }
        let threshold = levels.sorted()[levels.count * 97 / 100] - rangeDb
        var units: [Range<Int>] = []
        for hop in levels.indices where levels[hop] >= threshold {
            if let last = units.last, hop - last.upperBound < gapHops {
                units[units.count - 1] = last.lowerBound..<hop + 1
            } else {
                units.append(hop..<hop + 1)
            }
        }
        return units
    }
}
