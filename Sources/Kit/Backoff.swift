/// Growing pauses between attempts, part of each left to chance, so that sources that were lost together do not come
/// back together (the "full jitter" of Brooker, Exponential Backoff And Jitter, 2015, above a least pause).
public struct Backoff<Generator: RandomNumberGenerator> {
    private let leastMilliseconds: Int
    private let mostMilliseconds: Int
    private var bound: Int
    private var generator: Generator

    /// Pauses from `leastMilliseconds` up to a bound that begins at twice that and doubles up to `mostMilliseconds`.
    public init(leastMilliseconds: Int, mostMilliseconds: Int, using generator: Generator) {
        self.leastMilliseconds = leastMilliseconds
        self.mostMilliseconds = max(leastMilliseconds, mostMilliseconds)
        self.generator = generator
        bound = leastMilliseconds
    }

    /// The next pause, milliseconds.
    public mutating func next() -> Int {
        bound = min(2 * bound, mostMilliseconds)
        return Int.random(in: leastMilliseconds...max(leastMilliseconds, bound), using: &generator)
    }

    /// Begins anew, once an attempt has come to something.
    public mutating func reset() {
        bound = leastMilliseconds
    }
}
