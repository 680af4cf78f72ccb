import Events
import Logging
import NIOCore
import NIOEmbedded
@testable import Publish
import Synchronization

/// A client of the event socket and the publisher behind it, on one thread: what the client sends, and between that
/// events, time that passes, and a client that takes nothing for a while.
final class Conversation {
    private static let milliseconds = Atomic<Int64>(0)
    private static let clock = PublishClock(
        wallMilliseconds: { 1_700_000_000_000 + milliseconds.load(ordering: .relaxed) },
        monotonicNanoseconds: { milliseconds.load(ordering: .relaxed) * 1_000_000 })

    private let core: PublisherCore
    private let eventLoop = EmbeddedEventLoop()
    private let loop: ClientLoop
    private let channel: EmbeddedChannel
    private let stingy = Stingy()
    private var told = Told()
    private var mediaSeconds = 0.0
    private var isConnected = false

    /// Bytes of the input that are no byte of the client.
    private enum Step: UInt8 {
        /// Each with a byte that says of whom, or for how long.
        case tick = 1, other, wait
        /// The client takes nothing from now on, or again.
        case toggleReading
        /// The client takes a single line now.
        case takeLine
        case endOfInput
        /// Its byte is the client's, whatever it is.
        case literally
    }

    init() {
        var configuration = PublisherConfiguration(socketPath: "-", daemonVersion: "0", policy: "standard", epoch: "e")
        configuration.ringBytes = 1 << 15
        configuration.clientQueueBytes = 1 << 13
        core = PublisherCore(
            configuration: configuration, clock: Self.clock,
            logger: Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }))
        loop = ClientLoop(eventLoop: eventLoop, index: 0, core: core)
        channel = EmbeddedChannel(loop: eventLoop)
    }

    /// - Parameter comesLate: whether the client comes when it first takes something, not at the start.
    func play(_ input: [UInt8], comesLate: Bool) {
        core.serve([loop])
        loop.start()
        do {
            try channel.pipeline.syncOperations.addHandlers(stingy, ClientHandler(core: core, loop: loop))
            if !comesLate { try connect() }
            try talk(input)
            try finish()
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func connect() throws {
        isConnected = true
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
    }

    private func talk(_ input: [UInt8]) throws {
        var sent = ByteBuffer()
        var bytes = input.makeIterator()
        while let byte = bytes.next() {
            guard let step = Step(rawValue: byte) else {
                sent.writeInteger(byte)
                continue
            }
            if step == .literally {
                if let byte = bytes.next() { sent.writeInteger(byte) }
                continue
            }
            try send(&sent)
            switch step {
            case .tick: publish(tick(of: bytes.next() ?? 0))
            case .other: publish(other(bytes.next() ?? 0))
            case .wait: pass(milliseconds: Int64(bytes.next() ?? 0) * 100)
            case .toggleReading: try setWritable(!channel.isWritable)
            case .takeLine:
                stingy.isStingy = true
                try setWritable(true)
            case .endOfInput: channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            case .literally: break
            }
            try hear()
        }
        try send(&sent)
    }

    /// A client that is still there gets everything.
    private func finish() throws {
        stingy.isStingy = false
        try setWritable(true)
        eventLoop.run()
        try hear()
        if channel.isActive { told.isComplete(through: core.sequence) }
        _ = try? channel.finish()
        for loop in core.close() { _ = loop.end(withinMilliseconds: 1) }
        eventLoop.advanceTime(by: .seconds(1))
        precondition(core.statistics.clients == 0, "a client is gone and still counted")
    }

    private func send(_ sent: inout ByteBuffer) throws {
        if sent.readableBytes > 0, channel.isActive { try channel.writeInbound(sent) }
        sent.clear()
        eventLoop.run()
        try hear()
    }

    private func pass(milliseconds: Int64) {
        Self.milliseconds.wrappingAdd(milliseconds, ordering: .relaxed)
        eventLoop.advanceTime(by: .milliseconds(milliseconds))
    }

    private func setWritable(_ isWritable: Bool) throws {
        channel.isWritable = isWritable
        guard isConnected else { return try connect() }
        if channel.isActive { channel.pipeline.fireChannelWritabilityChanged() }
    }

    private func hear() throws {
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            if buffer.readableBytes > 0 { told.line([UInt8](buffer.readableBytesView)) }
        }
        if !told.isFiltered { told.isFiltered = core.statistics.subscribes > 0 }
    }

    // MARK: Events

    private func publish(_ event: Event) {
        let isGranted =
            core.snapshot(at: core.sequence)?.first { $0.id == event.session }?.speakers
            .first { $0.name == event.speaker }?.joined.consent == .granted
        core.publish(event, arrivedNanoseconds: nil)
        let isWithheld =
            switch event.body {
            case .consent(let change): change.state != .granted
            case .speakerJoined(let joined): joined.consent != .granted
            default: false
            }
        if isGranted, isWithheld { told.withdraw(event.session ?? "", event.speaker ?? "", at: core.sequence) }
        eventLoop.run()
    }

    /// Session and speaker, two each.
    private func names(_ choice: UInt8) -> (session: String, speaker: String) {
        (choice & 1 == 0 ? "s1" : "s2", choice & 2 == 0 ? "ana" : "ben")
    }

    private func tick(of choice: UInt8) -> Event {
        let (session, speaker) = names(choice)
        mediaSeconds += 0.25
        let score = EngagementScore(
            score: 50, low: 40, high: 60, confidence: 1, isProvisional: false, contributions: [])
        let tick = Tick(
            windows: (0..<Int(choice >> 5)).map { WindowMetrics(name: "\($0)s") },
            voice: VoiceMetrics(isSpeaking: true, levelDb: -20, relativeLevelDb: nil, f0Hz: 120),
            engagement: .scored(score), sentiment: nil, baseline: Baseline(speechSeconds: 1, turns: 1, isReady: false),
            audio: AudioQuality(lossPercent: 0))
        return Event(.tick(tick), session: session, speaker: speaker, timeSeconds: mediaSeconds)
    }

    private func other(_ choice: UInt8) -> Event {
        let (session, speaker) = names(choice)
        func of(_ body: EventBody, _ speaker: String? = nil) -> Event {
            Event(body, session: session, speaker: speaker, timeSeconds: mediaSeconds)
        }
        switch choice >> 2 & 7 {
        case 0: return of(.sessionStarted(SessionStarted(noticeID: nil, policy: "standard")))
        case 1:
            let totals = SessionTotals(
                session: session, durationSeconds: mediaSeconds, speakerChanges: 0, overlapRatio: nil, speakers: [])
            return of(.sessionEnded(SessionEnded(totals: totals)))
        case 2: return of(.speakerJoined(SpeakerJoined(role: nil, consent: .granted)), speaker)
        case 3: return of(.consent(ConsentChange(state: .withheld, previous: .granted)), speaker)
        case 4: return of(.consent(ConsentChange(state: .granted, previous: .withheld)), speaker)
        case 5: return of(.speakerLeft(SpeakerLeft(reason: "detached")), speaker)
        case 6:
            let turn = Turn(startSeconds: 0, endSeconds: 1, ftoMilliseconds: nil, previousSpeaker: "ben")
            return of(.turn(turn), speaker)
        default:
            // Several that fill a line of the snapshot together, one that is too long for it, one for any line.
            let length = choice >> 5 < 6 ? 10_000 : choice >> 5 == 6 ? 20_000 : 70_000
            let url = String(repeating: "x", count: length)
            return of(.sourceConnected(SourceState(source: "\(choice >> 5)", url: url, state: .live)))
        }
    }
}

/// Says after every line that no other fits, once it is stingy.
private final class Stingy: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var isStingy = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let hasLine = unwrapOutboundIn(data).readableBytes > 0
        context.write(data, promise: promise)
        if isStingy, hasLine { (context.channel as? EmbeddedChannel)?.isWritable = false }
    }
}
