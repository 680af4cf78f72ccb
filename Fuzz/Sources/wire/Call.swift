import Conversation
@testable import Daemon
import Dialects
import Events
import Kit
import Logging
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Pipeline
import RTP
import Synchronization

/// The host's clock of a call, which goes on as the input says.
private let passed = Atomic<Int64>(0)

/// A call by WebSocket from its first frame on: frames, messages in a dialect, receivers, speakers, a session.
///
/// An input is a byte for the dialect, one for how many speakers are declared and what samples are, then frames, each
/// behind three bytes: what it is, and its length. That way the fuzzer need not find masks and lengths by itself; frames
/// of kind `raw` are bytes as they are.
struct Call {
    /// Bits of the first byte of a frame.
    private enum Bits {
        static let kind: UInt8 = 0x03, continued: UInt8 = 0x04, isContinuation: UInt8 = 0x08, later: UInt8 = 0x10
        static let control: UInt8 = 0x60
    }

    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel
    private let source: WireSource
    private let frames: UnsafeBufferPointer<UInt8>.SubSequence

    init?(_ input: UnsafeBufferPointer<UInt8>) {
        guard input.count > 2 else { return nil }
        let dialect = Dialect.served[Int(input[0]) % Dialect.served.count]
        let voices = Int(input[1] & 3) + 1
        let encoding = WireEncoding.allCases[Int(input[1] >> 2 & 7) % WireEncoding.allCases.count]
        let format = input[1] & 0x20 == 0 ? nil : WireFormat(encoding, rateHz: 16_000, channels: voices)
        frames = input.dropFirst(2)
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let began = HostClock.monotonicNanoseconds()
        passed.store(0, ordering: .relaxed)
        let clock = HostClock { began + passed.load(ordering: .relaxed) }
        let session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn, clock: clock
        ) { event, _ in
            precondition((0..<1e6).contains(event.timeSeconds ?? 0), "an event out of time")
        }
        session.activate()
        var tracks = (0..<voices).map {
            SpeakerTrack(track: $0, name: "p\($0)", role: nil, consent: .granted, selector: nil)
        }
        if input[1] & 0x40 != 0 { tracks[voices - 1].selector = .unnamed }
        source = WireSource(
            SourceOrder(
                id: "source-1", tracks: tracks, takesTracksApart: false, session: session,
                timer: RTPTimer(eventLoop: loop), load: nil, onEnd: {}),
            dialect: dialect,
            limits: RTPReception.Limits(
                stallMilliseconds: 2_000, kilobitsPerSecond: 20_000, sources: 16, sendsReports: false,
                receiver: .init(), bufferBytes: 24 << 20),
            monitor: SourceMonitor(id: "source-1", url: "websocket:", session: session, logger: logger), logger: logger)
        channel = EmbeddedChannel(loop: loop)
        guard source.begin() else { return nil }
        source.monitor.begin()
        do {
            try channel.pipeline.syncOperations.addHandlers([
                WebSocketFrameEncoder(),
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: WireConnection.maxMessageBytes)),
                WireConnection(
                    source: source, reader: DialectReader(dialect, separateChannels: voices, format: format),
                    kilobitsPerSecond: 20_000, silentSeconds: 60, clock: clock),
            ])
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        } catch {
            return nil
        }
    }

    func run() {
        var rest = frames
        var sent: [UInt8] = []
        while rest.count >= 3, channel.isActive {
            let head = Array(rest.prefix(3))
            rest = rest.dropFirst(3)
            let data = rest.prefix(Int(head[1] & 0x0F) << 8 | Int(head[2]))
            rest = rest.dropFirst(data.count)
            passed.add(head[0] & Bits.later != 0 ? 1_300_000_000 : 20_000_000, ordering: .relaxed)
            try? channel.writeInbound(ByteBuffer(bytes: Self.frame(head[0], data)))
            if head[0] & Bits.later != 0 { loop.advanceTime(by: .seconds(25)) } else { loop.run() }
            collect(&sent)
        }
        _ = try? channel.finish()
        loop.advanceTime(by: .seconds(60))
        collect(&sent)
        precondition(source.monitor.state == .ended, "a connection is over, and its source is not")
        Self.check(sent)
    }

    private func collect(_ sent: inout [UInt8]) {
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { sent += buffer.readableBytesView }
    }

    private static func frame(_ head: UInt8, _ data: UnsafeBufferPointer<UInt8>.SubSequence) -> [UInt8] {
        let opcode: UInt8
        switch head & Bits.kind {
        case 0: opcode = 1
        case 1: opcode = 2
        // Close, ping, pong, and one that there is not.
        case 2: opcode = 8 + (head & Bits.control) >> 5
        default: return Array(data)
        }
        let first = (head & Bits.continued == 0 ? 0x80 : 0) | (head & Bits.isContinuation == 0 ? opcode : 0)
        let isLong = data.count >= 126
        var frame: [UInt8] = [first, 0x80 | (isLong ? 126 : UInt8(data.count))]
        if isLong { frame += [UInt8(data.count >> 8), UInt8(data.count & 0xFF)] }
        // A mask of zeros.
        return frame + [0, 0, 0, 0] + data
    }

    /// What was sent back is frames, the last of them a close with a code and a reason.
    private static func check(_ sent: [UInt8]) {
        var place = 0
        var isClosed = false
        while place < sent.count {
            precondition(!isClosed, "something follows a close")
            precondition(place + 2 <= sent.count && sent[place] & 0xF0 == 0x80 && sent[place + 1] & 0x80 == 0)
            let opcode = sent[place] & 0x0F
            var length = Int(sent[place + 1])
            place += 2
            if length == 126 {
                length = Int(sent[place]) << 8 | Int(sent[place + 1])
                place += 2
            }
            precondition(length < 4_096 && place + length <= sent.count, "an answer without bound")
            let data = sent[place..<(place + length)]
            place += length
            guard opcode == 8 else { continue }
            isClosed = true
            precondition(data.count <= 125, "a close that is too long")
        }
    }
}
