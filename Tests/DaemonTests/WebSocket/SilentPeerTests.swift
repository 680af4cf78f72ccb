import Conversation
import Dialects
import Events
import Kit
import Logging
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Pipeline
import RTP
import Simulation
import Testing

@testable import Daemon

/// Peers that take nothing or say nothing, in the time of an event loop that is moved by hand.
@Suite struct SilentPeerTests {
    private let loop = EmbeddedEventLoop()
    private let clock = ManualClock()
    private let channel: EmbeddedChannel
    private let source: WireSource
    private weak var connection: WireConnection?

    init() throws {
        let session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn, clock: clock.clock
        ) { _, _ in }
        session.activate()
        source = WireSource(
            SourceOrder(
                id: "source-1", tracks: [SpeakerTrack(track: 0, name: "a", role: nil, consent: .granted)],
                takesTracksApart: false, session: session, timer: RTPTimer(eventLoop: loop), load: nil, onEnd: {}),
            dialect: .raw,
            limits: RTPReception.Limits(
                stallMilliseconds: 2_000, kilobitsPerSecond: 20_000, sources: 16, sendsReports: false,
                receiver: .init(), bufferBytes: 24 << 20),
            monitor: SourceMonitor(id: "source-1", url: "websocket:", session: session, logger: RegistryBench.silent),
            logger: RegistryBench.silent)
        channel = EmbeddedChannel(loop: loop)
        #expect(source.begin())
        source.monitor.begin()
        let made = WireConnection(
            source: source, reader: DialectReader(.raw, format: WireFormat(.s16le, rateHz: 16_000)),
            kilobitsPerSecond: 20_000, silentSeconds: 60, clock: clock.clock)
        connection = made
        try channel.pipeline.syncOperations.addHandler(made)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func pass(_ seconds: Double) {
        clock.move(toSeconds: Double(clock.nanoseconds) / 1e9 - 1 + seconds)
        loop.advanceTime(by: .milliseconds(Int64(seconds * 1_000)))
    }

    private func answers() throws -> [WebSocketOpcode] {
        var all: [WebSocketOpcode] = []
        while let frame = try channel.readOutbound(as: WebSocketFrame.self) { all.append(frame.opcode) }
        return all
    }

    @Test func whoReadsNothingIsSentNothingMoreAndIsGoneAfterTenSeconds() throws {
        try channel.writeInbound(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "a")))
        #expect(try answers() == [.pong])
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        for _ in 0..<1_000 {
            try channel.writeInbound(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "a")))
        }
        pass(9)
        #expect(try answers() == [])
        #expect(channel.isActive)
        pass(2)
        #expect(!channel.isActive)
        #expect(source.monitor.state == .ended)
    }

    /// Calls come and go for weeks: what one of them needed is free again.
    @Test func nothingIsKeptOfACallThatIsOver() throws {
        let second = ByteBuffer(repeating: 1, count: 32_000)
        try channel.writeInbound(WebSocketFrame(fin: true, opcode: .binary, data: second))
        #expect(connection != nil)
        try channel.writeInbound(WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer()))
        pass(3)
        #expect(!channel.isActive)
        #expect(connection == nil)
    }

    @Test func whoReadsAgainInTimeStays() throws {
        for isWritable in [false, true] {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
            pass(6)
        }
        pass(6)
        #expect(channel.isActive)
    }

    @Test func whoSaysNothingForAMinuteIsHungUpOn() throws {
        // Answers to pings are something.
        for _ in 0..<5 {
            pass(20)
            #expect(try answers() == [.ping])
            try channel.writeInbound(WebSocketFrame(fin: true, opcode: .pong, data: ByteBuffer()))
        }
        for _ in 0..<2 { pass(20) }
        #expect(try answers() == [.ping, .ping])
        pass(20.1)
        #expect(try answers() == [.connectionClose])
        #expect(source.monitor.state == .ended)
        pass(3)
        #expect(!channel.isActive)
    }

    /// Nothing is read for as long as media is far ahead of its time, and then again.
    @Test func whoSendsAheadIsNotReadForAWhile() throws {
        func reads() -> [Bool] {
            loop.run()
            return channel.options.compactMap { $0.value as? Bool }
        }
        let second = ByteBuffer(repeating: 1, count: 32_000)
        for _ in 0..<2 { try channel.writeInbound(WebSocketFrame(fin: true, opcode: .binary, data: second)) }
        #expect(reads() == [])
        for _ in 0..<2 { try channel.writeInbound(WebSocketFrame(fin: true, opcode: .binary, data: second)) }
        #expect(reads() == [false])
        pass(1)
        #expect(reads() == [false])
        pass(2)
        #expect(reads().last == true)
        #expect(channel.isActive)
    }
}
