import Glibc
import MediaTypes
import SeededNumbers

/// What gets into microphones that is not their owner's: what the others say, by a loudspeaker in the room, or
/// somebody who has no channel.
public struct Leakage: Sendable {
    /// Speech of the others in a channel, against what it is in their own, dB.
    public var levelDb: Double
    /// How late it is, in seconds.
    public var delaySeconds: Double
    /// Reverberation time of the room; 0 is none.
    public var rt60Seconds: Double
    /// Whether it happens to everybody, or to the first speaker alone.
    public var isMutual: Bool

    /// A drawn one: -20 to -40 dB, up to 400 ms late, dry or in a room of a quarter or half a second.
    public init(seed: UInt64) {
        var random = SeededRandom(seed: seed &+ 5_000)
        levelDb = Double.random(in: -40 ... -20, using: &random)
        delaySeconds = Double.random(in: 0...0.4, using: &random)
        rt60Seconds = [0, 0.25, 0.5][Int.random(in: 0..<3, using: &random)]
        isMutual = Bool.random(using: &random)
    }

    /// The tracks with the others in them.
    public func leaked(_ tracks: [[Float]]) -> [[Float]] {
        let taps = Self.room(rt60Seconds, gain: pow(10, levelDb / 20), seed: 1)
        let delay = Int(delaySeconds * Double(AudioGrid.sampleRateHz))
        return tracks.indices.map { track in
            guard isMutual || track == 0 else { return tracks[track] }
            var sum = tracks[track]
            for other in tracks.indices where other != track {
                Self.add(tracks[other], to: &sum, through: taps, delay: delay)
            }
            return sum
        }
    }

    /// The tracks with somebody else talking behind the first speaker all the time, as far below that one's speech.
    public func overheard(_ tracks: [[Float]], voice: Voice) -> [[Float]] {
        var tracks = tracks
        var talk: [Float] = []
        var index = 0
        while talk.count < tracks[0].count, !voice.sentences.isEmpty {
            talk += voice.sentences[index % voice.sentences.count].samples
            talk += [Float](repeating: 0, count: AudioGrid.sampleRateHz / 2)
            index += 7
        }
        let gain = pow(10, levelDb / 20) * Self.loudness(tracks[0]) / max(1e-6, Self.loudness(talk))
        Self.add(talk, to: &tracks[0], through: Self.room(rt60Seconds, gain: gain, seed: 2), delay: 0)
        return tracks
    }

    /// Root mean square where somebody speaks.
    private static func loudness(_ track: [Float]) -> Double {
        var power = 0.0, count = 0
        for unit in SpeechByEnergy.units(track) {
            for index in unit.lowerBound * AudioGrid.hopSamples..<unit.upperBound * AudioGrid.hopSamples {
                power += Double(track[index] * track[index])
                count += 1
            }
        }
        return (power / Double(max(1, count))).squareRoot()
    }

    /// An impulse response as a few reflections whose energy falls by 60 dB within the reverberation time; the direct
    /// sound has half of all.
    private static func room(_ rt60Seconds: Double, gain: Double, seed: UInt64) -> [(at: Int, gain: Float)] {
        guard rt60Seconds > 0 else { return [(0, Float(gain))] }
        var random = SeededRandom(seed: seed)
        let length = Int(rt60Seconds * Double(AudioGrid.sampleRateHz))
        let reflections = (0..<100).map { _ in
            let at = Int.random(in: AudioGrid.sampleRateHz / 500..<length, using: &random)
            let size = pow(10, -3 * Double(at) / Double(length))
            return (at: at, gain: Bool.random(using: &random) ? size : -size)
        }
        let energy = reflections.reduce(0) { $0 + $1.gain * $1.gain }
        let share = gain * 0.5.squareRoot()
        return [(0, Float(share))] + reflections.map { ($0.at, Float($0.gain * share / energy.squareRoot())) }
    }

    private static func add(
        _ source: [Float], to track: inout [Float], through taps: [(at: Int, gain: Float)], delay: Int
    ) {
        track.withUnsafeMutableBufferPointer { track in
            source.withUnsafeBufferPointer { source in
                for tap in taps {
                    let offset = tap.at + delay
                    guard offset < track.count else { continue }
                    for index in 0..<min(source.count, track.count - offset) {
                        track[offset + index] += tap.gain * source[index]
                    }
                }
            }
        }
    }
}
