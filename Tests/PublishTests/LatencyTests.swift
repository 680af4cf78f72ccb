import Events
import Publish
import Telemetry
import Testing

/// From the packet to the client's socket.
@Suite(.serialized) struct LatencyTests {
    @Test func whatAPacketDecidedIsCountedOncePerClientAndNothingElse() async throws {
        let manual = ManualClock()
        try await withPublisher(clock: manual.clock) { publisher, path in
            let clients = try (0..<3).map { _ in try TestClient(path) }
            for client in clients { _ = try client.lines { $0.type == "snapshot" } }
            let arrived = manual.clock.monotonicNanoseconds()
            manual.advance(seconds: 0.007)
            publisher.publish(tickEvent("ana", 1), arrivedNanoseconds: arrived)
            publisher.publish(turnEvent("ana", 1), arrivedNanoseconds: arrived)
            publisher.publish(joinEvent("ben"))
            for client in clients { _ = try client.lines { $0.sequence == 3 } }
            try await eventually("all lines are counted") {
                publisher.latency.ticks.count == 3 && publisher.latency.others.count == 3
            }
            for counts in [publisher.latency.ticks, publisher.latency.others] {
                let median = try #require(counts.nanoseconds(quantile: 0.5))
                #expect((6_900_000...7_120_000).contains(median))
            }
            // Who comes back later waited by choice: that is no latency.
            let late = try TestClient(path)
            _ = try late.lines { $0.type == "snapshot" }
            try late.send(#"{"resume":{"epoch":"e1","seq":0}}"#)
            _ = try late.lines { $0.sequence == 3 && $0.isEvent }
            #expect(publisher.latency.ticks.count == 3)
        }
    }
}
