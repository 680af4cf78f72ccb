import Telemetry
import Testing

@Suite struct LatencyHistogramTests {
    @Test func quantilesAreExactWithinTwoPercent() throws {
        let histogram = LatencyHistogram()
        // From 10 ns to 50 s: one of each, geometrically spaced, so that every bucket width is met.
        var values: [Int64] = []
        var value = 10.0
        while value < 5e10 {
            values.append(Int64(value))
            value *= 1.0007
        }
        histogram.record(nanoseconds: values.shuffled())
        let counts = histogram.counts
        #expect(counts.count == values.count)
        #expect(counts.sumNanoseconds == values.reduce(0, +))
        for quantile in [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = values[max(1, Int((quantile * Double(values.count)).rounded(.up))) - 1]
            let found = try #require(counts.nanoseconds(quantile: quantile))
            #expect(found >= exact)
            #expect(Double(found) <= Double(exact) * 1.016 + 1, "\(quantile): \(found) for \(exact)")
        }
    }

    @Test func countsUpToABoundLeaveOutAtMostItsOwnBucket() {
        let histogram = LatencyHistogram()
        histogram.record(nanoseconds: [0, 1, 127, 128, 1_000_000, 1_016_001, 5_000_000])
        #expect(histogram.counts.count(upTo: 0) == 1)
        #expect(histogram.counts.count(upTo: 127) == 3)
        #expect(histogram.counts.count(upTo: 1_020_000) == 6 || histogram.counts.count(upTo: 1_020_000) == 5)
        #expect(histogram.counts.count(upTo: 10_000_000) == 7)
    }

    @Test func whatIsOutOfRangeIsCountedAtTheEdges() {
        let histogram = LatencyHistogram()
        histogram.record(nanoseconds: [-5, .max])
        #expect(histogram.counts.count == 2)
        #expect(histogram.counts.maxNanoseconds == .max)
        #expect(histogram.counts.nanoseconds(quantile: 0.1) == 0)
        #expect(LatencyHistogram().counts.nanoseconds(quantile: 0.5) == nil)
        #expect((histogram.counts + histogram.counts).count == 4)
    }
}

@Suite struct MetricsTextTests {
    @Test func labelsAndHelpAreEscaped() {
        var text = MetricsText()
        text.metric("a_total", .counter, help: "back\\slash\nline \"quote\"", by: "l", [("x\\y\n\"z\"", 1.5)])
        #expect(
            text.text == "# HELP a_total back\\\\slash\\nline \"quote\"\n# TYPE a_total counter\n"
                + "a_total{l=\"x\\\\y\\n\\\"z\\\"\"} 1.5\n")
    }

    @Test func histogramsAreCumulativeAndEndInTheirCount() {
        let histogram = LatencyHistogram()
        histogram.record(nanoseconds: [500_000, 3_000_000, 2_000_000_000])
        var text = MetricsText()
        text.histogram("d_seconds", help: "h", bounds: [0.001, 0.01, 1], by: "kind", [("tick", histogram.counts)])
        #expect(
            text.text == """
                # HELP d_seconds h
                # TYPE d_seconds histogram
                d_seconds_bucket{kind="tick",le="0.001"} 1
                d_seconds_bucket{kind="tick",le="0.01"} 2
                d_seconds_bucket{kind="tick",le="1"} 2
                d_seconds_bucket{kind="tick",le="+Inf"} 3
                d_seconds_sum{kind="tick"} 2.0035
                d_seconds_count{kind="tick"} 3

                """)
    }

    @Test func numbersAreWrittenAsPrometheusReadsThem() {
        var text = MetricsText()
        text.metric("a", .gauge, help: "h", .infinity)
        text.metric("b", .gauge, help: "h", .nan)
        text.metric("c", .gauge, help: "h", 12_345_678_901)
        let values = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(values == ["a +Inf", "b NaN", "c 12345678901"])
    }
}
