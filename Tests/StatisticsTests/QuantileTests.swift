import SeededNumbers
import Statistics
import Testing

@Suite struct QuantileTests {
    @Test func theMedianIsTheMiddleOrTheMeanOfBothToTheLastBit() {
        #expect(median([]) == nil && median([3]) == 3 && median([9, 1, 4]) == 4 && median([4, 1, 2, 9]) == 3)
        var random = SeededRandom(seed: 5)
        for count in 1...200 {
            let values = (0..<count).map { _ in Double.random(in: -1e6...1e6, using: &random) }
            let sorted = values.sorted()
            #expect(median(values) == (sorted[(count - 1) / 2] + sorted[count / 2]) / 2)
        }
        #expect(median([-.infinity, 2, .infinity]) == 2)
    }

    @Test func quantilesLieBetweenTheValues() {
        let values = [0.0, 10, 20, 40]
        func quantile(_ share: Double) -> Double? {
            Quantiles.interpolated(share, count: values.count) { values[$0] }
        }
        #expect(quantile(0) == 0 && quantile(0.25) == 7.5 && quantile(0.5) == 15 && quantile(0.75) == 25)
        #expect(quantile(1) == 40)
        #expect(Quantiles.interpolated(0.5, count: 0) { _ in 1 } == nil)
    }

    @Test func theNearestIsOneOfTheValues() {
        #expect(Quantiles.nearest(0.5, inSorted: []) == nil)
        let values = (0...999).map(Double.init)
        #expect(Quantiles.nearest(0.025, inSorted: values) == 25 && Quantiles.nearest(0.975, inSorted: values) == 974)
        #expect(Quantiles.nearest(0, inSorted: values) == 0 && Quantiles.nearest(1, inSorted: values) == 999)
    }

    /// A histogram of bins one wide finds every value where a sorted list has it, wherever the way begins.
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func placesEqualThoseOfASortedList(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let values = (0..<Int.random(in: 1...60, using: &random)).map { _ in Int.random(in: 0..<30, using: &random) }
        let sorted = values.sorted()
        // A slice, so that its first index is not 0.
        let counts = ([7] + (0..<30).map { bin in Int32(values.count { $0 == bin }) })[1...]
        let histogram = Histogram(counts)
        var place = Histogram<ArraySlice<Int32>>.Place.start
        for (rank, value) in sorted.enumerated() {
            place = histogram.place(ofRank: rank, from: place)
            #expect(place.bin == value && place == histogram.place(ofRank: rank))
            #expect(place.before == sorted.firstIndex(of: value))
        }
        #expect(histogram.place(ofRank: values.count).bin == counts.count)
        #expect(Histogram([Int]()).place(ofRank: 0) == .start)
    }

    @Test func valuesAreSpreadOverTheirBin() {
        let histogram = Histogram([0, 2, 0, 2, 0])
        #expect(histogram.quantile(0, count: 4) == 1 && histogram.quantile(0.25, count: 4) == 1.5)
        #expect(histogram.quantile(0.5, count: 4) == 2 && histogram.quantile(0.75, count: 4) == 3.5)
        #expect(histogram.quantile(1, count: 4) == 4)
        #expect(histogram.quantile(0.5, count: 0) == nil)
        // More values than the bins hold: behind the last.
        #expect(histogram.quantile(1, count: 9) == 5)
    }
}
