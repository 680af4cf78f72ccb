/// Growing pauses between attempts, part of each left to chance, so that sources that were lost together do not come
/// back together (the "full jitter" of Brooker, Exponential Backoff And Jitter, 2015, above a least pause).
public struct Backoff<Generator: RandomNumberGenerator> {
    private let minMilliseconds: Int
    private let maxMilliseconds: Int
    private var bound: Int
    private var generator: Generator

    /// Pauses from `minMilliseconds` up to a bound that begins at twice that and doubles up to `maxMilliseconds`.
    public init(minMilliseconds: Int, maxMilliseconds: Int, using generator: Generator) {
        self.minMilliseconds = minMilliseconds
        self.maxMilliseconds = max(minMilliseconds, maxMilliseconds)
        self.generator = generator
        bound = minMilliseconds
    }

    /// The next pause, milliseconds.
    public mutating func next() -> Int {
        bound = min(2 * bound, maxMilliseconds)
        return Int.random(in: minMilliseconds...max(minMilliseconds, bound), using: &generator)
    }

    /// Begins anew, once an attempt has come to something.
    public mutating func reset() {
        bound = minMilliseconds
    }
}
