import Events
import Logging
import MediaTypes
import NIOCore
import NIOPosix
import RTP
import Synchronization

/// A source of plain RTP: one UDP port (and the next one for RTCP) per stream, received, decoded and analysed
/// on an event loop. It never ends by itself: a sender that stops makes it stalled, one that starts again
/// makes it live.
final class RTPSource: MediaSource {
    let monitor: SourceMonitor
    private let streams: [RTPStreamDescription]
    private let tracks: [SpeakerTrack]
    private let stallMilliseconds: Int
    private let session: LiveSession
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let channels = Mutex<[any Channel]>([])
    private let reception = Mutex<NIOLoopBound<RTPReception>?>(nil)

    init(
        streams: [RTPStreamDescription], tracks: [SpeakerTrack], stallMilliseconds: Int, session: LiveSession,
        monitor: SourceMonitor, eventLoop: any EventLoop, logger: Logger
    ) {
        self.streams = streams
        self.tracks = tracks
        self.stallMilliseconds = stallMilliseconds
        self.session = session
        self.monitor = monitor
        self.eventLoop = eventLoop
        self.logger = logger
    }

    func open() async throws {
        let reception = try await eventLoop.submit { [self] in
            let feed = SourceFeed(session: session)
            let reception = RTPReception(
                streams: streams, feed: feed, monitor: monitor, stallMilliseconds: stallMilliseconds,
                eventLoop: eventLoop, logger: logger)
            return NIOLoopBound(reception, eventLoop: eventLoop)
        }.get()
        do {
            for track in tracks {
                try await bind(streams[track.track], track: track.track, reception: reception)
            }
        } catch {
            await close(reception, reason: "refused")
            throw error
        }
        self.reception.withLock { $0 = reception }
        try await eventLoop.submit { reception.value.start(tracks: self.tracks) }.get()
    }

    func stop() async {
        guard let reception = reception.withLock({ $0 }) else { return }
        await close(reception, reason: "detached")
    }

    private func close(_ reception: NIOLoopBound<RTPReception>, reason: String) async {
        let open = channels.withLock { channels in
            defer { channels = [] }
            return channels
        }
        for channel in open { try? await channel.close() }
        try? await eventLoop.submit { reception.value.finish(reason: reason) }.get()
        monitor.change(to: .ended, reason: reason)
    }

    private func bind(
        _ stream: RTPStreamDescription, track: Int, reception: NIOLoopBound<RTPReception>
    ) async throws {
        let bootstrap = DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 19)
            .channelOption(.datagramVectorReadMessageCount, value: 8)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8 * 2_048))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = RTPDatagramHandler(track: track, reception: reception.value)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let media: any Channel
        do {
            media = try await bootstrap.bind(host: stream.address, port: Int(stream.port)).get()
        } catch {
            throw SourceFailure(
                kind: .unavailable,
                message: "cannot receive on \(stream.address):\(stream.port) (\(error)); "
                    + "choose a free UDP port on an address of this machine")
        }
        channels.withLock { $0.append(media) }
        let port = media.localAddress?.port ?? Int(stream.port)
        monitor.noteReceiver(port: port)
        // Senders that do not multiplex RTCP use the next port. Without it nothing but BYE and SR are missed.
        if port < 65_535, let control = try? await bootstrap.bind(host: stream.address, port: port + 1).get() {
            channels.withLock { $0.append(control) }
        }
    }
}

/// Takes the datagrams of one port to the reception of its source.
private final class RTPDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let track: Int
    private let reception: RTPReception

    init(track: Int, reception: RTPReception) {
        self.track = track
        self.reception = reception
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reception.receive(unwrapInboundIn(data).data, track: track)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // ICMP errors of a connectionless socket say nothing about our own stream; the socket stays open.
    }
}

/// The receiving side of one RTP source; confined to its event loop.
private final class RTPReception {
    private final class Receiver {
        var receiver: RTPReceiver
        var lastMediaNanoseconds: Int64?
        init(_ receiver: consuming RTPReceiver) { self.receiver = receiver }
    }

    /// Hands what a receiver delivers to the feed of the source.
    private struct Sink: RTPSink, ~Copyable {
        let feed: SourceFeed
        let track: Int
        var hasDelivered = false

        mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
            hasDelivered = true
            feed.media(track: track, start: start, samples: samples)
        }

        mutating func silence(start: MediaTime, sampleCount: Int64) {
            hasDelivered = true
            feed.silence(track: track, start: start, count: Int(clamping: sampleCount))
        }
    }

    private let feed: SourceFeed
    private let monitor: SourceMonitor
    private let stallNanoseconds: Int64
    private let eventLoop: any EventLoop
    private let logger: Logger
    private var receivers: [Receiver]
    private var timer: RepeatedTask?
    private var unknownPayloadReported = false

    init(
        streams: [RTPStreamDescription], feed: SourceFeed, monitor: SourceMonitor, stallMilliseconds: Int,
        eventLoop: any EventLoop, logger: Logger
    ) {
        self.feed = feed
        self.monitor = monitor
        stallNanoseconds = Int64(stallMilliseconds) * 1_000_000
        self.eventLoop = eventLoop
        self.logger = logger
        receivers = streams.map { Receiver(RTPReceiver(formats: $0.formats)) }
    }

    /// Lets the speakers join, and begins to look after missing packets and missing senders.
    func start(tracks: [SpeakerTrack]) {
        feed.join(tracks)
        // RepeatedTask demands a Sendable body; this runs on the loop that everything here is confined to.
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(20), delay: .milliseconds(20)) { _ in
            bound.value.tend()
        }
    }

    func receive(_ datagram: ByteBuffer, track: Int) {
        let now = HostClock.monotonicNanoseconds()
        let receiver = receivers[track]
        var sink = Sink(feed: feed, track: track)
        datagram.withUnsafeReadableBytes { bytes in
            // The bytes are lent for the duration of the call only, as the buffer's are.
            receiver.receiver.receive(bytes.bytes, arrivalNanoseconds: now, into: &sink)
        }
        note(sink.hasDelivered, receiver, now: now)
    }

    private func note(_ hasDelivered: Bool, _ receiver: Receiver, now: Int64) {
        if hasDelivered {
            receiver.lastMediaNanoseconds = now
            monitor.change(to: .live)
        } else if receiver.receiver.hasEnded, monitor.state == .live {
            stall(reason: "the sender said goodbye")
        }
    }

    private func tend() {
        let now = HostClock.monotonicNanoseconds()
        for (track, receiver) in receivers.enumerated() {
            var sink = Sink(feed: feed, track: track)
            receiver.receiver.flush(nowNanoseconds: now, into: &sink)
            note(sink.hasDelivered, receiver, now: now)
            let statistics = receiver.receiver.statistics
            if let type = statistics.firstUnknownPayloadType, !unknownPayloadReported {
                unknownPayloadReported = true
                logger.warning(
                    "\(monitor.url): packets of payload type \(type) are dropped; attach an SDP file, or add ?codec= to the URL"
                )
            }
        }
        let newest = receivers.compactMap(\.lastMediaNanoseconds).max()
        if let newest, monitor.state == .live, now - newest >= stallNanoseconds {
            stall(reason: "no media for \(stallNanoseconds / 1_000_000) ms")
        }
    }

    private func stall(reason: String) {
        feed.interrupt()
        monitor.change(to: .stalled, reason: reason)
    }

    func finish(reason: String) {
        timer?.cancel()
        timer = nil
        for (track, receiver) in receivers.enumerated() {
            var sink = Sink(feed: feed, track: track)
            receiver.receiver.finish(into: &sink)
        }
        feed.finish(reason: reason)
    }
}
