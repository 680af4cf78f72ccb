import Kit
import MediaTypes

/// Streaming rational resampler to the 16 kHz grid.
///
/// The delay of the filter is compensated: output sample n lies at input time n × rate / 16 000, and the
/// first output comes once `lookahead` inputs are in.
struct Resampler: ~Copyable {
    let filter: ResamplerFilter
    /// Most outputs that one `push` or `finish` can give.
    let maxOutput: Int

    private let input: FixedBuffer<Float>
    private var filled = 0
    private var phase = 0
    /// Whether anything came since the last start.
    private var isFresh = true

    init(filter: ResamplerFilter, maxInput: Int) {
        self.filter = filter
        let room = max(maxInput, filter.taps)
        input = FixedBuffer(repeating: 0, count: filter.taps + room)
        maxOutput = (room * AudioGrid.sampleRateHz + filter.inputRateHz - 1) / filter.inputRateHz + 1
        restart()
    }

    /// Forgets the past: the next input is the first of a new stretch.
    mutating func restart() {
        input.memory.update(repeating: 0)
        filled = filter.lookahead - 1
        phase = 0
        isFresh = true
    }

    /// Takes `count` samples from `source` (at most `maxInput`), writes what they complete to `output` (room
    /// for `maxOutput`) and returns how many were written.
    mutating func push(_ source: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>)
        -> Int
    {
        // Never taken by the receiver, whose datagrams are bounded; keeps the copy below inside the buffer.
        let count = min(count, input.count - filled)
        guard count > 0, let base = input.memory.baseAddress else { return 0 }
        isFresh = false
        (base + filled).update(from: source, count: count)
        return run(base: base, available: filled + count, into: output)
    }

    /// Writes the outputs still owed for the inputs so far and starts anew.
    mutating func finish(into output: UnsafeMutablePointer<Float>) -> Int {
        guard !isFresh, let base = input.memory.baseAddress else { return 0 }
        (base + filled).update(repeating: 0, count: filter.lookahead)
        let written = run(base: base, available: filled + filter.lookahead, into: output)
        restart()
        return written
    }

    /// Unsafe accesses stay inside: `index + taps <= available <= input.count`, and `phase < phases`.
    private mutating func run(
        base: UnsafeMutablePointer<Float>, available: Int, into output: UnsafeMutablePointer<Float>
    ) -> Int {
        let taps = filter.taps
        var index = 0
        var written = 0
        filter.coefficients.withUnsafeBufferPointer { coefficients in
            guard let table = coefficients.baseAddress else { return }
            while index + taps <= available {
                output[written] = Self.dot(base + index, table + phase * taps, taps)
                written += 1
                index += filter.wholeStep
                phase += filter.phaseStep
                if phase >= filter.phases {
                    phase -= filter.phases
                    index += 1
                }
            }
        }
        let used = min(index, available)
        base.update(from: base + used, count: available - used)
        filled = available - used
        return written
    }

    private static func dot(_ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int)
        -> Float
    {
        let a = UnsafeRawPointer(left)
        let b = UnsafeRawPointer(right)
        var sum = SIMD8<Float>(repeating: 0)
        for offset in stride(from: 0, to: count * 4, by: 32) {
            sum +=
                a.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
                * b.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
        }
        return sum.sum()
    }
}
