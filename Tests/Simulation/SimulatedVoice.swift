public import SeededNumbers

/// A voice that talks and pauses as drawn: pulses of a throat at 125 Hz, four syllables a second.
public struct SimulatedVoice: Sendable {
    /// Samples per second.
    public static let rateHz = 16_000

    /// Stretches of talk in samples, in order.
    public let talk: [Range<Int>]

    /// Talk of about half of `seconds`.
    public init(seconds: Double, _ random: inout SeededRandom) {
        var talk: [Range<Int>] = []
        var time = Double.random(in: 0...3, using: &random)
        while time < seconds {
            let end = time + Double.random(in: 0.8...4, using: &random)
            talk.append(Int(time * Double(Self.rateHz))..<Int(min(end, seconds) * Double(Self.rateHz)))
            time = end + Double.random(in: 0.6...4, using: &random)
        }
        self.talk = talk
    }

    /// 20 ms of 16-bit samples from `start` on.
    public func frame(at start: Int) -> [Int16] {
        let speaks = talk.contains { $0.contains(start) }
        return (start..<start + 320).map { place in
            let noise = Int16((place &* 7_919) % 101 - 50) / 40
            return speaks && place % 128 < 8 && place % 4_000 < 3_000 ? 16_000 : noise
        }
    }
}
