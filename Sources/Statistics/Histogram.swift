/// Values that were counted in bins, in order: a look at counts that somebody else keeps. Bins are numbered from 0.
public struct Histogram<Counts: RandomAccessCollection> where Counts.Element: FixedWidthInteger, Counts.Index == Int {
    /// Where a value lies.
    public struct Place: Sendable, Hashable {
        /// Its bin.
        public var bin: Int
        /// How many values lie in the bins before that.
        public var before: Int

        /// The first bin.
        public static var start: Place { Place(bin: 0, before: 0) }

        @usableFromInline
        init(bin: Int, before: Int) {
            self.bin = bin
            self.before = before
        }
    }

    @usableFromInline let counts: Counts

    /// What lies in `counts`, none of which is negative.
    @inlinable
    public init(_ counts: Counts) {
        self.counts = counts
    }

    /// Where the value of a rank lies, 0 for the least; behind the last bin where there are not so many.
    ///
    /// - Parameter start: where a value of no higher rank lies: the way begins there.
    @inlinable
    public func place(ofRank rank: Int, from start: Place = .start) -> Place {
        var place = start
        while place.bin < counts.count {
            let here = Int(counts[counts.startIndex + place.bin])
            if place.before + here > rank { break }
            place.before += here
            place.bin += 1
        }
        return place
    }

    /// The quantile of all `count` values, in bins, as if the values of a bin were spread evenly over it; nil of none.
    @inlinable
    public func quantile(_ share: Double, count: Int) -> Double? {
        guard count > 0 else { return nil }
        let wanted = share * Double(count)
        let place = place(ofRank: max(0, Int(wanted.rounded(.up)) - 1))
        guard place.bin < counts.count else { return Double(counts.count) }
        let here = Double(counts[counts.startIndex + place.bin])
        return Double(place.bin) + (wanted - Double(place.before)) / here
    }
}
