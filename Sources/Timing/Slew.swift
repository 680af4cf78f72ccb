/// Makes a block of samples longer or shorter by a few, so that media time follows the host's clock.
public enum Slew {
    /// The most samples by which a block of `count` may change (2.5 %: far below the least change of tempo that is
    /// heard, 10 %; Quené 2007).
    public static func limit(count: Int) -> Int { count / 40 }

    /// Writes `input` to `output` with `change` samples more (or fewer), one per part of equal length, each where
    /// two neighbours differ least; returns how many were written.
    ///
    /// `output` has room for `count + limit(count:)`; a change beyond the limit is cut to it.
    public static func apply(
        _ input: UnsafePointer<Float>, count: Int, change: Int, into output: UnsafeMutablePointer<Float>
    ) -> Int {
        let parts = min(change.magnitude, UInt(limit(count: count)))
        var written = 0
        var read = 0
        for part in 0..<Int(parts) {
            let end = (part + 1) * count / Int(parts)
            // Parts have 40 samples or more, so there is a pair.
            var place = read
            var least = Float.infinity
            for index in read..<(end - 1) where abs(input[index] - input[index + 1]) < least {
                least = abs(input[index] - input[index + 1])
                place = index
            }
            let head = place + 1 - read
            (output + written).update(from: input + read, count: head)
            written += head
            if change > 0 {
                output[written] = (input[place] + input[place + 1]) / 2
                written += 1
                read = place + 1
            } else {
                read = place + 2
            }
            (output + written).update(from: input + read, count: end - read)
            written += end - read
            read = end
        }
        (output + written).update(from: input + read, count: count - read)
        return written + count - read
    }
}
