/// Smooths a value: strongly where it rests, hardly where it moves (Casiez, Roussel & Vogel, "1 € Filter", CHI 2012).
struct OneEuroFilter {
    /// Lowest corner frequency in Hz, and how much it rises per unit a second.
    let leastHz: Double, slope: Double
    /// Corner frequency of the speed, in Hz.
    private static let speedHz = 1.0

    private var value: Double?
    private var speed = 0.0
    private var seconds = 0.0

    init(leastHz: Double, slope: Double) {
        self.leastHz = leastHz
        self.slope = slope
    }

    /// The smoothed value at `now`; after more than a second of nothing it begins anew.
    mutating func smooth(_ new: Double, at now: Double) -> Double {
        let step = now - seconds
        seconds = now
        guard let old = value, step > 0, step < 1 else {
            value = new
            speed = 0
            return new
        }
        speed += Self.weight(Self.speedHz, step) * ((new - old) / step - speed)
        let smoothed = old + Self.weight(leastHz + slope * abs(speed), step) * (new - old)
        value = smoothed
        return smoothed
    }

    mutating func reset() { value = nil }

    private static func weight(_ hertz: Double, _ step: Double) -> Double {
        let turned = 2 * Double.pi * hertz * step
        return turned / (turned + 1)
    }
}
