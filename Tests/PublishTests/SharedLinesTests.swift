import Events
import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Publish

/// What clients have of each other's lines, and what they keep of lines that may not be told any more.
@Suite struct SharedLinesTests {
    private func core() -> PublisherCore {
        PublisherCore(
            configuration: PublisherConfiguration(
                socketPath: "-", daemonVersion: "0", policy: "standard", epoch: "e"),
            clock: ManualClock().clock, logger: Logger(label: "test") { _ in LogMemory() })
    }

    /// Right 1: a client that is slow to take its snapshot gets no value of whom consent is taken back meanwhile.
    @Test func aSnapshotUnderWayForgetsWhatIsWithdrawn() throws {
        let core = core()
        core.publish(startEvent(), arrivedNanoseconds: nil)
        for number in 0..<100 {
            core.publish(joinEvent("s\(number)"), arrivedNanoseconds: nil)
            core.publish(tickEvent("s\(number)", 1), arrivedNanoseconds: nil)
        }
        var position = ClientPosition(try #require(core.admit(loop: nil)), core)
        func next() throws -> Line? {
            try position.next().map { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.readableBytesView))
                return Line(bytes: line.readableBytes, fields: try #require(object as? [String: Any]))
            }
        }
        func ticks(_ line: Line) -> [String] {
            line.objects("sessions").flatMap { $0["speakers"] as? [[String: Any]] ?? [] }
                .filter { $0["last_tick"] != nil }.compactMap { $0["speaker"] as? String }
        }
        #expect(try next()?.type == "hello")
        let first = try #require(try next())
        #expect(first.type == "snapshot")
        #expect(!ticks(first).contains("s99"))
        #expect(!ticks(first).isEmpty)
        core.publish(
            Event(.consent(ConsentChange(state: .withheld, previous: .granted)), session: "s1", speaker: "s99"),
            arrivedNanoseconds: nil)
        var rest: [Line] = []
        while let line = try next() { rest.append(line) }
        #expect(rest.dropLast().allSatisfy { $0.type == "snapshot" && ticks($0).isEmpty })
        #expect(rest.count > 1)
        #expect(rest.last?.type == "consent")
    }

    /// Whatever clients ask for, they get the same bytes: neither is an event encoded again for one, nor its line
    /// copied.
    @Test func allClientsShareTheLineOfAnEvent() throws {
        let core = core()
        let eventLoop = EmbeddedEventLoop()
        let loop = ClientLoop(eventLoop: eventLoop, index: 0, core: core)
        core.serve([loop])
        let subscriptions = ["", #"{"subscribe":{}}"#, #"{"subscribe":{"types":["tick"]}}"#]
        let clients = try (subscriptions + subscriptions).map { line in
            let client = EmbeddedChannel(handler: ClientHandler(core: core, loop: loop), loop: eventLoop)
            try client.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
            if !line.isEmpty { try client.writeInbound(ByteBuffer(string: line + "\n")) }
            return client
        }
        func lines(_ client: EmbeddedChannel) throws -> [ByteBuffer] {
            var lines: [ByteBuffer] = []
            while let line = try client.readOutbound(as: ByteBuffer.self) { lines.append(line) }
            return lines.filter { $0.readableBytes > 0 }
        }
        for client in clients { #expect(try lines(client).count == 2) }  // hello and snapshot
        core.publish(tickEvent("ana", 1), arrivedNanoseconds: 1)
        core.publish(tickEvent("ben", 1), arrivedNanoseconds: 1)
        eventLoop.run()
        let received = try clients.map(lines)
        for event in 0..<2 {
            let places = received.map { lines in lines[event].withUnsafeReadableBytes { $0.baseAddress } }
            #expect(Set(places).count == 1)
        }
        let bytes = received[0].reduce(0) { $0 + $1.readableBytes }
        #expect(core.statistics.encodedBytes == bytes)
        #expect(received.allSatisfy { $0.reduce(0) { $0 + $1.readableBytes } == bytes })
        for client in clients { _ = try client.finish() }
        #expect(core.statistics.clients == 0)
    }

    /// A snapshot has the last tick as it went out, byte for byte.
    @Test func aSnapshotTakesTheTickFromItsLine() throws {
        let core = core()
        for event in [startEvent(), joinEvent("ana"), tickEvent("ana", 2.5)] {
            core.publish(event, arrivedNanoseconds: nil)
        }
        let last = try #require(core.batch(after: 2, limit: 1, loop: 0).first?.line)
        let tick = String(decoding: last.readableBytesView.dropLast(2), as: UTF8.self)
        let payload = try #require(tick.range(of: #""engagement""#)).lowerBound
        var position = ClientPosition(try #require(core.admit(loop: nil)), core)
        _ = position.next()  // hello
        let line = position.next()
        let snapshot = String(decoding: try #require(line).readableBytesView, as: UTF8.self)
        #expect(snapshot.contains("\"last_tick\":{\"t\":2.5,\(tick[payload...])}}]}]"))
    }
}
