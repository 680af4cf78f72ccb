import CKernels
import MediaTypes

/// Takes mains hum away: follows the harmonics of 50 and 60 Hz and subtracts those that are there and stand
/// still, which makes notches a fraction of a Hz wide (adaptive noise cancelling: Widrow et al. 1975).
///
/// The amplitudes follow the slower the louder a hop is above the quietest recent ones: hum is learnt in
/// pauses. A line is subtracted only while its phase holds for about a second, as that of no voice does.
struct HumFilter: ~Copyable, Sendable {
    /// The lines of the two families, in Hz.
    private static let linesHz = [50, 100, 150, 200, 250, 350, 60, 120, 180, 240, 300, 420]
    private static let familySize = 6
    /// Hops this much (as a ratio of power) above the quietest are still quiet.
    private static let quietRatio: Float = 6
    /// How fast the memory of the quietest hops fades: 4 dB per second.
    private static let floorRise: Float = 1.01
    /// Cosine, then sine, of each line over one hop; the same for all streams.
    private static let waves = makeWaves()

    private let lines = OwnedBuffer(count: linesHz.count, filledWith: HumLine(turnRadians: 0))
    /// What the present hop holds of each wave.
    private let seen = FloatBuffer(count: 2 * linesHz.count)
    /// Power of what is left, smoothed, and its floor.
    private var smoothPower: Float = 0
    private var floorPower: Float = .greatestFiniteMagnitude

    init() {
        for (line, frequency) in Self.linesHz.enumerated() {
            lines[line] = HumLine(turnRadians: Self.omega(frequency) * Double(AudioGrid.hopSamples))
        }
    }

    /// Radians per sample.
    private static func omega(_ frequencyHz: Int) -> Double {
        2 * .pi * Double(frequencyHz) / Double(AudioGrid.sampleRateHz)
    }

    private static func makeWaves() -> FloatBuffer {
        let waves = FloatBuffer(count: 2 * linesHz.count * AudioGrid.hopSamples)
        for (line, frequency) in linesHz.enumerated() {
            let first = 2 * line * AudioGrid.hopSamples
            for index in 0..<AudioGrid.hopSamples {
                waves[first + index] = Float(ck_cos(omega(frequency) * Double(index)))
                waves[first + AudioGrid.hopSamples + index] = Float(ck_sin(omega(frequency) * Double(index)))
            }
        }
        return waves
    }

    /// Cleans a hop in place.
    mutating func filter(_ hop: UnsafeMutablePointer<Float>) {
        let count = AudioGrid.hopSamples
        let waves = Self.waves.base
        for wave in 0..<seen.count {
            seen[wave] = ck_dot(hop, waves + wave * count, count) * 2 / Float(count)
        }
        for line in 0..<lines.count where isHum(line) {
            ck_add_scaled(hop, waves + 2 * line * count, -lines[line].cosine, count)
            ck_add_scaled(hop, waves + (2 * line + 1) * count, -lines[line].sine, count)
        }
        let power = ck_dot(hop, hop, count) / Float(count) + 1e-12
        smoothPower += 0.2 * (power - smoothPower)
        floorPower = min(max(smoothPower, power), floorPower * Self.floorRise)
        let weight = min(1, Self.quietRatio * floorPower / power)
        for line in 0..<lines.count {
            lines[line].learn(cosine: seen[2 * line], sine: seen[2 * line + 1], weight: weight)
            lines[line].advance()
        }
    }

    /// Lets a hop pass in which there is no signal.
    mutating func skip() {
        for line in 0..<lines.count { lines[line].advance() }
    }

    /// Steady, and not alone: hum has its first or second harmonic.
    private func isHum(_ line: Int) -> Bool {
        let first = line / Self.familySize * Self.familySize
        return lines[line].isSteady && (lines[first].isSteady || lines[first + 1].isSteady)
    }
}

/// Amplitude and phase of one line of hum, as far as they are known.
struct HumLine: Sendable, BitwiseCopyable {
    /// A line is there from -90 dB on, and stands still where its mean has this share of the mean of its power.
    private static let minPower: Float = 2e-9
    private static let minCoherence: Float = 0.5
    /// Quiet hops before anything is known.
    private static let minHops: Float = 60
    /// How much of a quiet hop goes into the amplitudes and into their means, at the least: memories of
    /// 0.3 s and 1 s.
    private static let fastRate: Float = 0.03
    private static let slowRate: Float = 0.01

    /// Amplitudes of a cosine and a sine that begin with the next hop.
    private(set) var cosine: Float = 0
    private(set) var sine: Float = 0
    /// Their slow means, and that of the sum of their squares.
    private var meanCosine: Float = 0
    private var meanSine: Float = 0
    private var meanSquare: Float = 0
    private var hops: Float = 0
    private let turnCosine: Float
    private let turnSine: Float

    /// A line of which nothing is known and whose phase takes `turnRadians` a hop.
    init(turnRadians: Double) {
        turnCosine = Float(ck_cos(turnRadians))
        turnSine = Float(ck_sin(turnRadians))
    }

    /// Whether there is such a line and its phase holds.
    var isSteady: Bool {
        let coherent = meanCosine * meanCosine + meanSine * meanSine
        return hops > Self.minHops && meanSquare > Self.minPower
            && coherent > Self.minCoherence * meanSquare
    }

    /// Takes what a hop holds of the line; `weight` (0…1) is how quiet it is otherwise.
    mutating func learn(cosine seenCosine: Float, sine seenSine: Float, weight: Float) {
        hops = min(hops + weight, 1000)
        let fast = max(Self.fastRate, 1 / (1 + hops)) * weight
        let slow = max(Self.slowRate, 1 / (1 + hops)) * weight
        cosine += fast * (seenCosine - cosine)
        sine += fast * (seenSine - sine)
        meanCosine += slow * (cosine - meanCosine)
        meanSine += slow * (sine - meanSine)
        meanSquare += slow * (cosine * cosine + sine * sine - meanSquare)
    }

    /// Moves on by a hop.
    mutating func advance() {
        (cosine, sine) = turned(cosine, sine)
        (meanCosine, meanSine) = turned(meanCosine, meanSine)
    }

    private func turned(_ cosine: Float, _ sine: Float) -> (Float, Float) {
        (cosine * turnCosine + sine * turnSine, sine * turnCosine - cosine * turnSine)
    }
}
