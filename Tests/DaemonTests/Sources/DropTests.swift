import ControlAPI
import Events
import Foundation
import Glibc
import Kit
import Settings
import Telemetry
import TestSupport
import Testing

@testable import Daemon
@testable import Publish
@testable import RTP

@Suite struct DropReporterTests {
    @Test func whateverComesThereIsOneLineASecond() {
        var drops = DropReporter()
        #expect(drops.take(nowNanoseconds: 0) == nil)
        var lines: [String] = []
        // 3 s at a drop a millisecond.
        for millisecond in 0..<3_000 as Range<Int64> {
            drops.add(millisecond % 3 == 0 ? "late" : "malformed")
            if let line = drops.take(nowNanoseconds: millisecond * 1_000_000) { lines.append(line) }
        }
        #expect(lines == ["1 late", "667 malformed, 333 late", "667 malformed, 333 late"])
        // What was not told is told once it is time, and only once.
        #expect(drops.take(nowNanoseconds: 3_000_000_000) == "666 malformed, 333 late")
        #expect(drops.take(nowNanoseconds: 9_000_000_000) == nil)
    }

    @Test func totalsCountByWhatTheyGrow() {
        var drops = DropReporter()
        drops.set("late", total: 0)
        #expect(drops.take(nowNanoseconds: 0) == nil)
        drops.set("late", total: 5)
        drops.set("late", total: 7)
        #expect(drops.take(nowNanoseconds: 0) == "7 late")
        // A counter that began anew is no drop.
        drops.set("late", total: 1)
        drops.set("late", total: 2)
        #expect(drops.take(nowNanoseconds: 2_000_000_000) == "1 late")
    }
}

/// Every counter of the media path and of the event socket reaches a metric.
@Suite struct CounterTests {
    /// What there is beside counters.
    private static let noCounters: Set<String> = [
        "firstUnknownPayloadType", "lastMalformedReason", "jitterMilliseconds", "countsOtherUnits",
    ]

    private func labels(_ value: Any) -> Set<String> { Set(Mirror(reflecting: value).children.compactMap(\.label)) }

    /// Names of the members that differ from those of `plain`.
    private func changed(_ value: Any, _ plain: Any) -> Set<String> {
        let pairs = zip(Mirror(reflecting: value).children, Mirror(reflecting: plain).children)
        return Set(pairs.filter { "\($0.value)" != "\($1.value)" }.compactMap(\.0.label))
    }

    private func expectAll<Counted>(
        of plain: Counted, _ fields: [SourceLoad.Field<Counted, UInt64>],
        _ others: [SourceLoad.Field<Counted, Int64>] = []
    ) {
        var filled = plain
        for (_, field) in fields { filled[keyPath: field] = 4711 }
        for (_, field) in others { filled[keyPath: field] = 4711 }
        #expect(changed(filled, plain) == labels(plain).subtracting(Self.noCounters), "\(Counted.self)")
        #expect(Set(fields.map(\.0)).count == fields.count && Set(fields.map(\.1)).count == fields.count)
        var load = SourceLoad()
        load.add(filled, fields)
        #expect(fields.allSatisfy { load[$0.0] == 4711 })
    }

    @Test func whatIsCountedOfPlainRTPIsInTheLoad() {
        expectAll(of: RTPStatistics(), SourceLoad.receiverFields, SourceLoad.receiverSampleFields)
        expectAll(of: RTPSourceTable(selectors: [], limit: 1).statistics, SourceLoad.tableFields)
        expectAll(of: SRTPSession.Statistics(), SourceLoad.securityFields)
        expectAll(of: PortStatistics(), SourceLoad.portFields)
        expectAll(of: VideoStatistics(), SourceLoad.videoFields)
        expectAll(of: PictureStatistics(), SourceLoad.pictureFields)
    }

    @Test func theLoadIsInTheMetrics() {
        for counter in MediaCounter.allCases {
            var load = SourceLoad()
            // Seconds for samples: a number that neither has.
            load[counter] = counter.isSamples ? 4711 * 16_000 : 4711
            var text = MetricsText()
            DaemonStatus.write((load, [], 0), to: &text)
            #expect(text.text.split(separator: "\n").count { $0.hasSuffix(" 4711") } == 1, "\(counter)")
        }
    }

    @Test func whatThePublisherCountsIsInTheMetrics() {
        let fields: [WritableKeyPath<PublisherStatistics, Int>] = [
            \.clients, \.admitted, \.subscribes, \.resumes, \.events, \.encodedBytes, \.deliveredBytes, \.coalesced,
            \.lost, \.oversized, \.refusedPeers, \.refusedClients, \.rejectedLines, \.hurriedClients, \.stalledClients,
            \.ringEvents, \.ringBytes, \.historyBytes, \.historyPointsDropped, \.skippedPoints,
        ]
        var filled = PublisherStatistics()
        for field in fields {
            filled[keyPath: field] = 4711
            var one = PublisherStatistics()
            one[keyPath: field] = 4711
            var text = MetricsText()
            DaemonStatus.write(one, to: &text)
            #expect(text.text.split(separator: "\n").count { $0.hasSuffix(" 4711") } == 1, "\(field)")
        }
        #expect(changed(filled, PublisherStatistics()) == labels(PublisherStatistics()))
    }

    @Test func whatTheBusIsToldIsInTheMetrics() {
        let fields: [WritableKeyPath<BusStatistics, Int>] = [
            \.connections, \.facts, \.ticks, \.batches, \.batchBytes, \.droppedTicks, \.lost, \.fenced, \.waiting,
        ]
        var filled = BusStatistics()
        (filled.isConnected, filled.lagMilliseconds) = (true, 4_711_000)
        for field in fields {
            filled[keyPath: field] = 4711
            var one = BusStatistics()
            one[keyPath: field] = 4711
            var text = MetricsText()
            DaemonStatus.write(one, to: &text)
            #expect(text.text.split(separator: "\n").count { $0.hasSuffix(" 4711") } == 1, "\(field)")
        }
        #expect(changed(filled, BusStatistics()) == labels(BusStatistics()))
        var text = MetricsText()
        DaemonStatus.write(filled, to: &text)
        #expect(text.text.contains("attune_bus_connected 1") && text.text.contains("attune_bus_lag_seconds 4711"))
    }

    @Test func whatIsRefusedIsInTheMetrics() {
        for reason in RefusalReason.allCases {
            let refusals = SocketRefusals(RegistryBench.silent)
            for (_, refusals) in refusals.all { refusals.note(reason) }
            var text = MetricsText()
            DaemonStatus.write(refusals, to: &text)
            let lines = text.text.split(separator: "\n").filter { $0.hasSuffix(" 1") }
            #expect(lines.count == refusals.all.count, "\(lines)")
            #expect(lines.allSatisfy { $0.contains("reason=\"\(reason.rawValue)\"") }, "\(lines)")
        }
    }

    @Test func everyReasonIsDocumented() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/control.md"), encoding: .utf8)
        for reason in MediaCounter.allCases.flatMap({ [$0.dropReason, $0.videoDropReason].compactMap(\.self) }) {
            #expect(text.contains("`\(reason)`"), "\(reason)")
        }
        for reason in RefusalReason.allCases { #expect(text.contains("`\(reason.rawValue)`"), "\(reason)") }
        for metric in DaemonStatus.mediaCounters { #expect(text.contains("`\(metric.name)`"), "\(metric.name)") }
    }
}

/// Packets of which nothing comes: the source says what arrives, and what to do.
@Suite(.timeLimit(.minutes(30))) struct UnusableMediaTests {
    private struct Packet {
        var type: UInt8 = 96, sequence: Int, timestamp: Int, ssrc: UInt32 = 5
        var payload: [UInt8]

        var bytes: [UInt8] {
            func big(_ value: Int, _ count: Int) -> [UInt8] {
                (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            }
            return [0x80, type] + big(sequence, 2) + big(timestamp, 4) + big(Int(ssrc), 4) + payload
        }
    }

    /// A voice-like sound, as 16-bit samples.
    private static func samples(_ count: Int, from place: Int) -> [UInt8] {
        (0..<count).flatMap { index -> [UInt8] in
            let time = Double(place + index) / 16_000
            let value = Int16(9_000 * sin(2 * .pi * 183.7 * time) + 6_000 * sin(2 * .pi * 1_131.3 * time))
            return [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
        }
    }

    private static let random = (0..<100_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }

    private static let cases: [(name: String, query: String, say: String, packet: @Sendable (Int) -> [UInt8])] = [
        (
            "too long", "?codec=l16&rate=48000&channels=2", "sources.max_packet_bytes",
            { index in
                Packet(sequence: index, timestamp: 960 * index, payload: [UInt8](repeating: 1, count: 3_840)).bytes
            }
        ),
        ("empty", "", "without payload", { Packet(type: 0, sequence: $0, timestamp: 160 * $0, payload: []).bytes }),
        (
            "slin16", "", "?codec=l16&rate=",
            { index in
                Packet(type: 118, sequence: index, timestamp: 320 * index, payload: samples(320, from: 320 * index))
                    .bytes
            }
        ),
        (
            "encrypted Opus", "", "--crypto-file",
            { index in
                Packet(
                    sequence: index, timestamp: 960 * index,
                    payload: Array(random[(index * 131) % 90_000..<(index * 131) % 90_000 + 90])
                ).bytes
            }
        ),
        (
            "encrypted G.711", "", "--crypto-file",
            { index in
                Packet(
                    type: 8, sequence: index, timestamp: 160 * index,
                    payload: Array(random[index * 100 % 90_000..<index * 100 % 90_000 + 170])
                ).bytes
            }
        ),
        (
            "unknown type", "", "payload type 77",
            { Packet(type: 77, sequence: $0, timestamp: 160 * $0, payload: [1, 2, 3]).bytes }
        ),
        (
            "RED", "", "RFC 2198",
            { index in
                let block: [UInt8] = [0xEF, 0x0F, 0x00, 0x0A, 0x6F]
                return Packet(
                    type: 63 + 48, sequence: index, timestamp: 960 * index,
                    payload: block + [UInt8](repeating: 0x78, count: 30)
                ).bytes
            }
        ),
        (
            "no RTP", "", "neither RTP nor RTCP",
            { [0x16, 0xFE, 0xFD, UInt8(truncatingIfNeeded: $0), 1, 2, 3, 4, 5, 6, 7, 8, 9, 9] }
        ),
        (
            "a new source each", "", "in sequence",
            { Packet(sequence: 7 * $0, timestamp: 0, ssrc: UInt32($0), payload: [1]).bytes }
        ),
    ]

    @Test(arguments: cases.indices) func theSourceSaysWhatArrives(index: Int) async throws {
        let (name, query, say, packet) = Self.cases[index]
        let bench = try RegistryBench { $0.sources.stallMilliseconds = 1_000 }
        // As many sources on a port for some, and one for others.
        let isShared = ["no RTP", "a new source each"].contains(name)
        var request = RegistryBench.request("rtp://127.0.0.1:0" + query)
        if isShared { request.tracks[0].ssrc = "*" }
        let source = try await bench.registry.attach(request)
        let port = try #require(source.url.split(separator: "?")[0].split(separator: ":").last.flatMap { Int($0) })
        let sender = try UDPSender(port: port)
        var sent = 0
        // Until it says so, however long that takes.
        try await eventually {
            sender.send(packet(sent))
            sent += 1
            try await Task.sleep(for: .milliseconds(15))
            let status = await bench.registry.sessions()[0].sources[0]
            return status.state == "stalled" && status.reason?.contains(say) == true
        }
        #expect(bench.types.contains("source.stalled"), "\(name)")
        #expect(bench.log.text.contains { $0.contains("stalled: ") && $0.contains(say) }, "\(name): \(bench.log.text)")
        _ = try await bench.registry.detach(session: "s")
    }

    /// Why there were stalls, but for those of a sender that the machine kept from sending.
    private func reasons(_ bench: RegistryBench) -> [String] {
        bench.events.compactMap { event in
            guard case .sourceStalled(let state) = event.body else { return nil }
            return state.reason?.hasPrefix("no media for") == true ? nil : state.reason
        }
    }

    /// The one speaker of a port is heard; somebody else sends there too.
    @Test func aSecondSenderIsToldOfWithTheRemedy() async throws {
        let bench = try RegistryBench { $0.sources.stallMilliseconds = 1_000 }
        let source = try await bench.attach("rtp://127.0.0.1:0")
        let port = try #require(source.url.split(separator: ":").last.flatMap { Int($0) })
        let sender = try UDPSender(port: port)
        var sent = 0
        try await eventually {
            for ssrc in [5, 6] as [UInt32] {
                let payload = [UInt8](repeating: 0x55, count: 160)
                sender.send(Packet(type: 8, sequence: sent, timestamp: 160 * sent, ssrc: ssrc, payload: payload).bytes)
            }
            sent += 1
            try await Task.sleep(for: .milliseconds(20))
            return bench.log.text.contains { $0.contains("--ssrc") }
        }
        #expect(bench.types.contains("source.connected") && reasons(bench).isEmpty)
        #expect(await bench.registry.load().total[.stray] > 0)
        _ = try await bench.registry.detach(session: "s")
    }

    /// Media that can be used is not found wanting.
    @Test func aLiveSenderStaysLive() async throws {
        let bench = try RegistryBench { $0.sources.stallMilliseconds = 1_000 }
        let source = try await bench.attach("rtp://127.0.0.1:0?codec=l16&rate=16000")
        let port = try #require(source.url.split(separator: "?")[0].split(separator: ":").last.flatMap { Int($0) })
        let sender = try UDPSender(port: port)
        var sent = 0
        try await eventually {
            let payload = Self.samples(320, from: 320 * sent)
            sender.send(Packet(sequence: sent, timestamp: 320 * sent, payload: payload).bytes)
            sent += 1
            try await Task.sleep(for: .milliseconds(15))
            return await bench.registry.load().total[.packets] > 250
        }
        #expect(reasons(bench).isEmpty)
        _ = try await bench.registry.detach(session: "s")
    }
}

/// Sends datagrams to a port of this machine.
private final class UDPSender: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
