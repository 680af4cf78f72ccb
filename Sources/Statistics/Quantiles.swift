/// Quantiles of values in order. A share is 0 for the least value and 1 for the greatest.
public enum Quantiles {
    /// The quantile of `count` values, interpolated between the two that it lies between (Hyndman & Fan, 1996,
    /// definition 7); nil of none.
    ///
    /// - Parameter value: gives the value of a rank, 0 for the least.
    @inlinable
    public static func interpolated(_ share: Double, count: Int, value: (Int) -> Double) -> Double? {
        guard count > 0 else { return nil }
        let place = share * Double(count - 1)
        let rank = Int(place)
        let part = place - Double(rank)
        let low = value(rank)
        // So that half of each is the mean of both, to the last bit.
        return part == 0 ? low : low * (1 - part) + value(min(rank + 1, count - 1)) * part
    }

    /// The one of the sorted values whose rank is nearest to the quantile's; nil of none.
    public static func nearest(_ share: Double, inSorted values: [Double]) -> Double? {
        values.isEmpty ? nil : values[Int((share * Double(values.count - 1)).rounded())]
    }
}

/// The middle value, or the mean of the two in the middle; nil of nothing.
public func median(_ values: some Sequence<Double>) -> Double? {
    let sorted = values.sorted()
    return Quantiles.interpolated(0.5, count: sorted.count) { sorted[$0] }
}
