/// A slow, robust running estimate of what is usual for one quantity of one speaker.
///
/// Centre and spread are the means of the first `warmUp` samples; after that they follow with a weight of 1/`memory`. A
/// sample moves them as if it lay no further than two spreads away (Huber, 1964): slow enough not to chase the effect
/// that is measured against it.
struct Baseline {
    private let memory: Double
    private let warmUp: Int
    private let least: Double
    private var deviation: Double
    /// The usual value.
    private(set) var centre = 0.0
    /// Number of samples so far.
    private(set) var samples = 0

    /// - Parameters:
    ///   - memory: number of samples that the estimate reaches back.
    ///   - warmUp: number of samples that count alike at first.
    ///   - minSpread: smallest spread that a deviation is measured with, in the unit of the samples.
    init(memory: Double, warmUp: Int, minSpread: Double) {
        self.memory = memory
        self.warmUp = warmUp
        least = minSpread
        deviation = minSpread
    }

    /// The usual distance from the centre (as a standard deviation), in the unit of the samples.
    var spread: Double { spread(atLeast: least) }

    /// The usual distance from the centre, but no less than `atLeast`.
    func spread(atLeast: Double) -> Double { max(atLeast, 1.2533 * deviation) }

    /// Takes in a sample.
    mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        samples += 1
        guard samples > 1 else {
            centre = value
            return
        }
        let weight = samples <= warmUp ? 1 / Double(samples) : 1 / memory
        let bound = 2 * spread
        let innovation = max(-bound, min(bound, value - centre))
        centre += weight * innovation
        deviation += weight * (abs(innovation) - deviation)
    }

    /// As it goes along where the session goes on elsewhere.
    var value: UsualValues.Value { UsualValues.Value(centre: centre, deviation: deviation, samples: samples) }

    /// Goes on from what was known elsewhere; what can't be a baseline changes nothing.
    mutating func restore(_ known: UsualValues.Value) {
        guard known.samples > 0, known.samples < 1 << 32, known.centre.isFinite, abs(known.centre) < 1e6,
            (0..<1e6).contains(known.deviation)
        else { return }
        (centre, deviation, samples) = (known.centre, known.deviation, known.samples)
    }

    /// Deviation of `value` from the usual, in spreads.
    func z(_ value: Double) -> Double { (value - centre) / spread }
}
