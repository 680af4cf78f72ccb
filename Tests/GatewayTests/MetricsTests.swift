import Fleet
import Telemetry
import Testing

@testable import Gateway

@Suite struct GatewayMetricsTests {
    /// Every counter of the board reaches a metric.
    @Test func whatTheBoardCountsIsInTheMetrics() {
        let fields: [WritableKeyPath<GatewayBoard.Counts, Int>] = [
            \.facts, \.duplicates, \.fenced, \.holes, \.ticks, \.staleTicks, \.unreadable, \.overflow, \.lostNodes,
            \.openedParcels, \.unopenedParcels,
        ]
        var filled = GatewayBoard.Counts()
        for field in fields {
            filled[keyPath: field] = 4711
            var one = GatewayBoard.Counts()
            one[keyPath: field] = 4711
            var text = MetricsText()
            GatewayBackend.write(one, to: &text)
            #expect(text.text.split(separator: "\n").count { $0.hasSuffix(" 4711") } == 1, "\(field)")
        }
        for child in Mirror(reflecting: filled).children { #expect("\(child.value)" == "4711", "\(child.label ?? "")") }
    }
}
