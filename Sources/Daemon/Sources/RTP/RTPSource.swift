import Events
import Logging
import MediaTypes
import NIOCore
import NIOPosix
import RTP
import Synchronization

/// A source of plain RTP: one UDP port (and the next one for RTCP) per stream, received, decoded and analysed
/// on an event loop; pictures are put together there, and decoded in a process of their own. It never ends by
/// itself: a sender that stops makes it stalled, one that starts again makes it live. On a port there may be one
/// speaker or, told apart by SSRC, many.
final class RTPSource: MediaSource {
    let monitor: SourceMonitor
    private let streams: [RTPStreamDescription]
    private let tracks: [SpeakerTrack]
    private let pictures: RTPPictureOrder?
    private let limits: RTPReception.Limits
    private let session: LiveSession
    private let timer: RTPTimer
    private var eventLoop: any EventLoop { timer.eventLoop }
    private let logger: Logger
    private let channels = Mutex<[any Channel]>([])
    private let holding = Mutex(Holding.nothing)

    /// What there is of it that has to be closed.
    private enum Holding {
        /// Not opened yet.
        case nothing
        /// Being opened, until the future is fulfilled.
        case opening(EventLoopFuture<Void>)
        case open(NIOLoopBound<RTPReception>)
        /// Stopped, and all closed once the future is fulfilled.
        case closed(EventLoopFuture<Void>)
    }

    init(
        streams: [RTPStreamDescription], tracks: [SpeakerTrack], pictures: RTPPictureOrder? = nil,
        limits: RTPReception.Limits, session: LiveSession, monitor: SourceMonitor, timer: RTPTimer, logger: Logger
    ) {
        self.streams = streams
        self.pictures = pictures
        self.tracks = tracks
        self.limits = limits
        self.session = session
        self.monitor = monitor
        self.timer = timer
        self.logger = logger
    }

    func open() async throws {
        let settled = eventLoop.makePromise(of: Void.self)
        defer { settled.succeed() }
        let isWanted = holding.withLock { holding in
            guard case .nothing = holding else { return false }
            holding = .opening(settled.futureResult)
            return true
        }
        guard isWanted else { throw SourceFailure.detached(monitor.url) }
        let reception: NIOLoopBound<RTPReception>
        do {
            reception = try await eventLoop.submit { [self] in
                let reception = try RTPReception(
                    streams: streams, tracks: tracks, pictures: pictures, session: session, monitor: monitor,
                    limits: limits, logger: logger)
                return NIOLoopBound(reception, eventLoop: eventLoop)
            }.get()
        } catch {
            monitor.change(to: .ended, reason: reason(of: error))
            throw error
        }
        do {
            for number in Set(tracks.map(\.track)).sorted() {
                try checkWanted()
                let stream = streams[number]
                let media = try await bind(stream.address, stream.port, interface: stream.interface) {
                    reception.value.receive($0, port: number, channel: $1, sender: $2)
                }
                monitor.noteReceiver(port: media)
            }
            try await bindPictures(reception)
            monitor.begin()
            try await eventLoop.submit { reception.value.start(with: self.timer) }.get()
            let isKept = holding.withLock { holding in
                guard case .opening = holding else { return false }
                holding = .open(reception)
                return true
            }
            guard isKept else { throw SourceFailure.detached(monitor.url) }
        } catch {
            await close(reception, reason: reason(of: error))
            throw error
        }
    }

    func stop() async {
        let closed = eventLoop.makePromise(of: Void.self)
        let before = holding.withLock { holding in
            let before = holding
            switch before {
            // Whoever opens sees it, and closes what is there by then.
            case .opening(let settled): holding = .closed(settled)
            case .closed: break
            case .nothing, .open: holding = .closed(closed.futureResult)
            }
            return before
        }
        switch before {
        case .nothing: monitor.change(to: .ended, reason: "detached")
        case .opening(let settled), .closed(let settled): try? await settled.get()
        case .open(let reception): await close(reception, reason: "detached")
        }
        closed.succeed()
    }

    func setAbsence(track: Int?, _ why: Gap.Why?) {
        guard case .open(let reception) = holding.withLock({ $0 }) else { return }
        eventLoop.execute { reception.value.setAbsence(track: track, why) }
    }

    private func checkWanted() throws {
        guard case .opening = holding.withLock({ $0 }) else { throw SourceFailure.detached(monitor.url) }
    }

    private func reason(of error: any Error) -> String {
        (error as? SourceFailure)?.reason ?? "\(error)"
    }

    private func close(_ reception: NIOLoopBound<RTPReception>, reason: String) async {
        let open = channels.withLock { channels in
            defer { channels = [] }
            return channels
        }
        for channel in open { try? await channel.close() }
        let workers = try? await eventLoop.submit {
            reception.value.finish(reason: reason)
            return reception.value.pictures.values.compactMap(\.finished)
        }.get()
        for worker in workers ?? [] { try? await worker.get() }
        monitor.change(to: .ended, reason: reason)
    }

    /// Takes what comes to a port, and to the one behind it.
    ///
    /// - Returns: the number of the port, which the system may have chosen.
    private func bind(
        _ address: String, _ port: UInt16, interface: String? = nil, deliver: @escaping DatagramHandler.Deliver
    ) async throws -> Int {
        let isMulticast = (try? SocketAddress(ipAddress: address, port: 0))?.isMulticast == true
        let media: any Channel
        do {
            media = try await open(address, Int(port), isMulticast: isMulticast, deliver: deliver)
        } catch {
            throw SourceFailure(
                kind: .unavailable,
                message: "cannot receive on \(address):\(port) (\(error)); "
                    + "choose a free UDP port on an address of this machine")
        }
        channels.withLock { $0.append(media) }
        if isMulticast { try await join(address, interface, media) }
        let port = media.localAddress?.port ?? Int(port)
        // Senders that do not multiplex RTCP use the next port. Without it nothing but BYE and SR are missed.
        if port < 65_535, !mediaPorts.contains(UInt16(port + 1)),
            let control = try? await open(address, port + 1, isMulticast: isMulticast, deliver: deliver)
        {
            channels.withLock { $0.append(control) }
            if isMulticast { try? await join(address, interface, control) }
        }
        return port
    }

    /// Ports on which media comes, and so no RTCP alone.
    private var mediaPorts: Set<UInt16> {
        Set(tracks.map { streams[$0.track].port } + (pictures?.videos.values.map(\.port) ?? []))
    }

    /// Takes the pictures that tracks have; those that nobody asked for only where that can be.
    private func bindPictures(_ reception: NIOLoopBound<RTPReception>) async throws {
        guard let pictures else { return }
        for (number, video) in pictures.videos.sorted(by: { $0.key < $1.key }) {
            try checkWanted()
            do {
                _ = try await bind(video.address, video.port) {
                    reception.value.receive($0, pictures: number, channel: $1, sender: $2)
                }
            } catch {
                guard pictures.unasked.contains(number) else { throw error }
                monitor.warn("pictures of m=video \(number) are not looked at: \(reason(of: error))")
                try await eventLoop.submit { reception.value.leaveOut(pictures: number) }.get()
            }
        }
    }

    /// A port whose datagrams go to the reception.
    private func open(
        _ address: String, _ port: Int, isMulticast: Bool, deliver: @escaping DatagramHandler.Deliver
    ) async throws -> any Channel {
        let made = Mutex<(any Channel)?>(nil)
        let bootstrap = DatagramBootstrap(group: eventLoop)
            // Of a multicast group there may be other receivers on this machine.
            .channelOption(.socketOption(.so_reuseaddr), value: isMulticast ? 1 : 0)
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 19)
            .channelOption(.datagramVectorReadMessageCount, value: 8)
            // What is left after a read is told again: no second one to find that nothing is.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: 8 * (limits.receiver.maxDatagramBytes + 1))
            )
            .channelInitializer { channel in
                made.withLock { $0 = channel }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(deliver))
                }
            }
        do {
            return try await bootstrap.bind(host: address, port: port).get()
        } catch {
            // The bootstrap leaves it open.
            let failed = made.withLock { $0 }
            try? await failed?.close()
            throw error
        }
    }

    private func join(_ address: String, _ interface: String?, _ channel: any Channel) async throws {
        do {
            let group = try SocketAddress(ipAddress: address, port: 0)
            let device = try interface.map { name in
                // One per address of the interface.
                let device = try System.enumerateDevices().first {
                    $0.name == name && $0.address?.protocol == group.protocol
                }
                guard let device else {
                    throw SourceFailure(
                        kind: .badInput,
                        message: "there is no interface '\(name)' with an address like \(address); "
                            + "'ip address' lists them")
                }
                return device
            }
            try await (channel as? any MulticastChannel)?.joinGroup(group, device: device).get()
        } catch let failure as SourceFailure {
            throw failure
        } catch {
            throw SourceFailure(
                kind: .unavailable,
                message: "cannot join the multicast group \(address) (\(error)); "
                    + "name an interface that can, as in ?interface=eth0")
        }
    }
}

/// Takes the datagrams of one port to the reception of its source.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    /// Takes a datagram, which is lent, with where it came by and from whom; called on the event loop.
    typealias Deliver = @Sendable (RawSpan, any Channel, SocketAddress) -> Void

    private let deliver: Deliver

    init(_ deliver: @escaping Deliver) { self.deliver = deliver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        envelope.data.withUnsafeReadableBytes { bytes in
            // The bytes are lent for the duration of the call only, as the buffer's are.
            deliver(bytes.bytes, context.channel, envelope.remoteAddress)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // ICMP errors of a connectionless socket say nothing about our own stream; the socket stays open.
    }
}

extension SocketAddress {
    /// Identifies the address without its port, within this process.
    var origin: UInt64 {
        let isIPv6 = self.protocol == .inet6
        return withSockAddr { address, size in
            // Where `sockaddr_in` and `sockaddr_in6` have the address: behind family, port and flow information.
            let place = isIPv6 ? 8..<24 : 4..<8
            guard place.upperBound <= size else { return 0 }
            var hasher = Hasher()
            hasher.combine(
                bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(start: address, count: size)[place]))
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
    }
}
