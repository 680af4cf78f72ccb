import Events
import Kit
import Logging
import NIOCore
import NIOEmbedded
import Pipeline
import Simulation
import Testing

@testable import Conversation
@testable import Daemon
@testable import RTP

/// Whom receiver reports go to: who sends the media, and nobody else.
@Suite struct ReportTargetTests {
    private let clock = ManualClock()
    private let channel = EmbeddedChannel()
    private let reception: RTPReception
    private let sender: SocketAddress
    private let stranger: SocketAddress
    private static let ssrc: UInt32 = 0x0102_0304

    init() throws {
        sender = try SocketAddress(ipAddress: "192.0.2.1", port: 5_005)
        stranger = try SocketAddress(ipAddress: "192.0.2.66", port: 6_666)
        let session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn, clock: clock.clock
        ) { _, _ in }
        session.activate()
        let limits = RTPReception.Limits(
            stallMilliseconds: 2_000, kilobitsPerSecond: 100_000, sources: 16, sendsReports: true, receiver: .init(),
            bufferBytes: 64 << 20)
        let payloads = AudioFormat.staticFormats.mapValues { PayloadDescription($0) }
        reception = try RTPReception(
            streams: [RTPStreamDescription(address: "127.0.0.1", port: 4_000, payloads: payloads)],
            tracks: [SpeakerTrack(track: 0, name: "ana", role: nil, consent: .granted)], session: session,
            monitor: SourceMonitor(id: "source-1", url: "rtp://", session: session, logger: RegistryBench.silent),
            limits: limits, logger: RegistryBench.silent)
        reception.forEachSpeaker { $0.join() }
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    private static func report(ssrc: UInt32 = ssrc) -> [UInt8] {
        [0x80, 200, 0, 6] + bytes(ssrc) + bytes(3_900_000_000) + bytes(0) + bytes(0) + bytes(0) + bytes(0)
    }

    private func take(_ datagram: [UInt8], from address: SocketAddress) {
        reception.receive(datagram.span.bytes, port: 0, channel: channel, sender: address)
    }

    /// Plays seconds of the sender's packets of PCMU, and what `meanwhile` has sent each second.
    ///
    /// - Returns: where reports went.
    private func play(
        _ seconds: Range<Int>, reports: Bool = true, meanwhile: (Int) -> Void = { _ in }
    ) throws -> [SocketAddress] {
        var targets: [SocketAddress] = []
        for second in seconds {
            for packet in 0..<50 {
                let number = second * 50 + packet
                clock.move(toSeconds: Double(number) / 50)
                let head: [UInt8] = [
                    0x80, 0, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number),
                ]
                take(
                    head + Self.bytes(UInt32(number * 160)) + Self.bytes(Self.ssrc)
                        + (0..<160).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ number) },
                    from: sender)
                if packet.isMultiple(of: 2) { reception.tend(nowNanoseconds: clock.clock.nanoseconds()) }
            }
            if reports, second.isMultiple(of: 5) { take(Self.report(), from: sender) }
            meanwhile(second)
            while let sent = try channel.readOutbound(as: AddressedEnvelope<ByteBuffer>.self) {
                targets.append(sent.remoteAddress)
            }
        }
        return targets
    }

    @Test func reportsGoToTheSenderOfTheMedia() throws {
        let targets = try play(1..<40)
        #expect(targets.count >= 3 && targets.allSatisfy { $0 == sender }, "\(targets)")
    }

    /// Nothing that a stranger sends turns them to him, or stops them.
    @Test(
        arguments: [
            [0x80, 200, 0, 0], [0x80, 201, 0, 0], [0x80, 203, 0, 0], [0x81, 203, 0, 1] + bytes(ssrc), report(),
            report(ssrc: 7), report() + [0x81, 202, 0, 9],
        ] as [[UInt8]])
    func aStrangerTurnsNoReportToHimself(datagram: [UInt8]) throws {
        take(datagram, from: stranger)
        let targets = try play(1..<60) { _ in take(datagram, from: stranger) }
        #expect(targets.count >= 5 && targets.allSatisfy { $0 == sender }, "\(targets)")
        #expect(reception.ports[0].statistics.foreignReports >= 50)
    }

    /// What only looks like RTCP is no reason to report to anybody.
    @Test(arguments: [[0x80, 200, 0, 0], [0x80, 201, 0, 1, 1, 2, 3, 4]] as [[UInt8]])
    func onlySenderReportsAreReportedTo(datagram: [UInt8]) throws {
        let targets = try play(1..<30, reports: false) { _ in take(datagram, from: sender) }
        #expect(targets.isEmpty, "\(targets)")
    }

    @Test func whoReportsNoMoreGetsNoReports() throws {
        #expect(!(try play(1..<20)).isEmpty)
        _ = try play(20..<90, reports: false)
        #expect(try play(90..<120, reports: false).isEmpty)
    }
}
