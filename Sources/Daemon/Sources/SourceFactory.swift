import Decode
import Dialects
import Events
import Isolation
import Logging
import NIOCore
import Pipeline
import RTP
import Settings
import Synchronization

/// What any kind of source is made with.
struct SourceOrder: Sendable {
    /// Identifies the source.
    let id: String
    var tracks: [SpeakerTrack]
    /// Whether tracks were asked for by number: the channels of an only track then count as tracks.
    let takesTracksApart: Bool
    let session: LiveSession
    /// Which of the timers (and event loops) serves the session.
    let timer: RTPTimer
    /// Sheds what threads of inputs that block can't carry; nil where nothing is shed.
    var load: ThreadLoad?
    /// Called once when the source has ended by itself.
    let onEnd: @Sendable () -> Void
}

/// Makes the kind of source that a location calls for.
struct SourceFactory: Sendable {
    private(set) var settings: Settings.Sources
    private let calls: AudioSocketCalls?
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    /// The program that reads what FFmpeg and libsndfile open; nil where there is none.
    let worker: String?
    private let firstWorker: FirstWorker
    /// What looks at pictures, found when the first source needs it.
    let sight: SightFinder
    /// Pictures of a speaker that are looked at in a second.
    static let pictureRateHz = 10.0

    /// Whether it was said how workers are confined.
    private final class FirstWorker: Sendable {
        let isKnown = Atomic<Bool>(false)
    }

    /// - Parameters:
    ///   - calls: the calls that Asterisk brings; nil where that is off.
    ///   - worker: path of `attuned-worker`; nil where it is missing.
    init(
        settings: Settings.Sources, calls: AudioSocketCalls?, eventLoopGroup: any EventLoopGroup, logger: Logger,
        worker: String? = WorkerProgram.find()
    ) {
        self.settings = settings
        self.calls = calls
        self.worker = worker
        firstWorker = FirstWorker()
        sight = SightFinder(logger: logger)
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
    }

    /// The same with other limits for the sources it makes from now on.
    func with(_ settings: Settings.Sources) -> SourceFactory {
        var factory = self
        factory.settings = settings
        return factory
    }

    /// The streams of plain RTP that a location names, or nil where it is something for FFmpeg.
    func rtpStreams(at location: String) async throws(SourceFailure) -> SessionDescription? {
        if location.lowercased().hasPrefix("rtp://") {
            do throws(RTPURLError) {
                return SessionDescription(streams: [try RTPStreamDescription(url: location)])
            } catch {
                throw SourceFailure(kind: .badInput, message: "\(redactedLocation(location)): \(error)")
            }
        }
        guard let path = DescriptionFile.path(of: location) else { return nil }
        let description = try await DescriptionFile.description(at: path, eventLoop: eventLoopGroup.next())
        for warning in description.warnings { logger.warning("\(redactedLocation(path)): \(warning); it is left out") }
        return description
    }

    /// A source that has not been opened yet.
    ///
    /// - Parameters:
    ///   - streams: those of plain RTP; nil where it is something else.
    ///   - key: that of SRTP, where the request has one.
    /// - Throws: `SourceFailure` where the location can't be a source.
    func make(
        _ order: SourceOrder, location: String, streams description: SessionDescription?, key: SRTPKey?
    ) throws(SourceFailure) -> any MediaSource {
        let monitor = SourceMonitor(
            id: order.id, url: redactedLocation(location), session: order.session, logger: logger)
        if location.lowercased().hasPrefix(AudioSocketCalls.scheme) { try checkNoPictures(of: order, monitor) }
        guard let description else {
            guard key == nil else {
                throw SourceFailure(
                    kind: .badInput, message: "\(monitor.url) is no plain RTP and takes no crypto; leave it out")
            }
            if location.lowercased().hasPrefix(ZoomCall.scheme) {
                return ZoomSource(
                    order, try ZoomCall(location, settings), limits: RTPReception.Limits(settings),
                    reconnect: (
                        settings.reconnectLeastMilliseconds, min(30_000, 2 * settings.reconnectMostMilliseconds)
                    ),
                    monitor: SourceMonitor(
                        id: order.id, url: ZoomCall.shown(location), session: order.session, logger: logger),
                    logger: logger)
            }
            guard order.tracks.allSatisfy({ $0.selector == nil }) else {
                throw SourceFailure(
                    kind: .badInput,
                    message: "\(monitor.url) is no plain RTP, so it has no SSRCs; name its speakers by track")
            }
            if location.lowercased().hasPrefix(AudioSocketCalls.scheme) {
                return try audioSocketSource(order, location: location, monitor: monitor)
            }
            return blockingSource(
                showing(order), InputProtocol(location: location), monitor: monitor, open: try opening(of: location))
        }
        var streams = description.streams
        let (tracks, pictures) = try pictures(of: order, description, isEncrypted: key != nil, monitor)
        for track in tracks where !streams.indices.contains(track.track) {
            throw SourceFailure(
                kind: .badInput,
                message: "\(monitor.url) has \(streams.count) audio stream(s) and no track \(track.track); "
                    + "count tracks from 0")
        }
        for track in tracks where streams[track.track].formats.isEmpty {
            let names = streams[track.track].payloads.values.map(\.encodingName).sorted().joined(separator: ", ")
            throw SourceFailure(
                kind: .badInput,
                message:
                    "\(monitor.url) offers only \(names), which can't be decoded; send Opus, PCMU, PCMA, G722 or L16")
        }
        if let key {
            for index in streams.indices { streams[index].key = key }
        }
        return RTPSource(
            streams: streams, tracks: tracks, pictures: pictures, limits: RTPReception.Limits(settings),
            session: order.session, monitor: monitor, timer: order.timer, logger: logger)
    }

    /// A source of the samples that come by a connection.
    func make(_ order: SourceOrder, _ stream: PCMStream, url: String) -> any MediaSource {
        let monitor = SourceMonitor(id: order.id, url: url, session: order.session, logger: logger)
        return blockingSource(order, countsSamples: true, monitor: monitor) { options, cancellation in
            MediaInput(stream, options: options, cancellation: cancellation)
        }
    }

    /// A source of what a sender brings by WebSocket.
    func make(_ order: SourceOrder, _ dialect: Dialect, url: String) -> WireSource {
        let monitor = SourceMonitor(id: order.id, url: url, session: order.session, logger: logger)
        return WireSource(
            order, dialect: dialect, limits: RTPReception.Limits(settings), monitor: monitor, logger: logger)
    }

    private func audioSocketSource(
        _ order: SourceOrder, location: String, monitor: SourceMonitor
    ) throws(SourceFailure) -> any MediaSource {
        guard let calls else {
            throw SourceFailure(
                kind: .badInput,
                message: "calls by AudioSocket are not taken; set sources.audiosocket to 127.0.0.1:PORT")
        }
        guard let call = CallIdentifier(location.dropFirst(AudioSocketCalls.scheme.count)) else {
            throw SourceFailure(
                kind: .badInput, message: "\(monitor.url) names no call; write audiosocket: and the UUID of the call")
        }
        guard order.tracks.map(\.track) == [0] else {
            throw SourceFailure(
                kind: .badInput, message: "a call by AudioSocket has one voice; name one speaker for it")
        }
        return AudioSocketSource(call: call, calls: calls, monitor: monitor) { stream in
            blockingSource(order, countsSamples: true, monitor: monitor) { options, cancellation in
                MediaInput(stream, options: options, cancellation: cancellation)
            }
        }
    }

    private func blockingSource(
        _ order: SourceOrder, _ kind: InputProtocol? = nil, countsSamples: Bool = false, monitor: SourceMonitor,
        open: @escaping BlockingSource.Open
    ) -> BlockingSource {
        var options = InputOptions(readsDescriptors: false)
        options.bufferBytes = settings.maxMebibytes << 20
        let patience = kind.flatMap { settings.patience[$0.rawValue] }
        // What counts as a stall first cannot be dead before.
        let dead = patience.map { max($0.readMilliseconds, settings.stallMilliseconds) }
        let isPatient = patience?.readMilliseconds == 0
        if let protocols = settings.protocols { options.allowedProtocols = protocols }
        if order.tracks.contains(where: { $0.video != nil }) { options.pictureRateHz = Self.pictureRateHz }
        let looksHere = settings.isolation != .process
        return BlockingSource(
            order, options: options,
            timing: BlockingSource.Timing(
                openMilliseconds: patience?.connectMilliseconds ?? settings.openTimeoutMilliseconds,
                stallMilliseconds: settings.stallMilliseconds,
                reconnectLeastMilliseconds: settings.reconnectLeastMilliseconds,
                reconnectMostMilliseconds: settings.reconnectMostMilliseconds, countsSamples: countsSamples,
                deadMilliseconds: isPatient ? nil : dead),
            monitor: monitor, eventLoop: eventLoopGroup.next(),
            viewer: { [sight] mayLook, wantsOutline, tell in
                guard looksHere else {
                    return PictureViewer(
                        mayLook: mayLook, look: { _, _, _ in }, miss: { _, _ in }, wantsOutline: wantsOutline,
                        sighted: tell)
                }
                return sight.networks().map {
                    FaceDetection.viewer($0, mayLook: mayLook, wantsOutline: wantsOutline, tell: tell)
                }
            }, open: open)
    }

    /// The order with the first track of pictures for who speaks alone, and agreed to be seen.
    func showing(_ order: SourceOrder) -> SourceOrder {
        guard order.tracks.count == 1, order.tracks[0].video == nil, order.tracks[0].consent.lanes.contains(.face)
        else { return order }
        var order = order
        order.tracks[0].video = 0
        return order
    }

    /// What a worker may take of the machine, and where it may go.
    var workerLimits: WorkerLimits {
        var limits = WorkerLimits()
        limits.memoryMebibytes = settings.workerMebibytes
        limits.references = settings.references
        return limits
    }

    /// How a location that FFmpeg or libsndfile reads is opened: by a process of its own, but where the operator wants
    /// it otherwise.
    private func opening(of location: String) throws(SourceFailure) -> BlockingSource.Open {
        guard settings.isolation == .process else {
            return { [sight] options, cancellation throws(MediaError) in
                var options = options
                if options.pictureRateHz > 0, sight.detection() == nil { options.pictureRateHz = 0 }
                return try MediaInput(location, options: options, cancellation: cancellation)
            }
        }
        guard let worker else {
            throw SourceFailure(
                kind: .unavailable,
                message:
                    "attuned-worker, which reads \(redactedLocation(location)), is missing; install it beside attuned")
        }
        return { [limits = workerLimits, logger, firstWorker, sight] options, cancellation throws(MediaError) in
            var order = WorkerOrder(location, options: options, limits: limits)
            order.sight = options.pictureRateHz > 0 ? sight.files() : nil
            let input = try WorkerInput(order, program: worker, cancellation: cancellation)
            // The same for all of them, as long as the kernel is.
            if !firstWorker.isKnown.exchange(true, ordering: .relaxed) {
                logger.info("workers are confined: \(input.confinement)")
            }
            return MediaInput(input)
        }
    }
}

extension RTPReception.Limits {
    init(_ settings: Settings.Sources) {
        stallMilliseconds = settings.stallMilliseconds
        kilobitsPerSecond = settings.maxKilobitsPerSecond
        sources = settings.maxSSRCs
        sendsReports = settings.sendsReports
        receiver = RTPReceiverLimits()
        receiver.maxDatagramBytes = settings.maxPacketBytes
        receiver.holdMostMilliseconds = settings.jitterMostMilliseconds
        bufferBytes = settings.maxMebibytes << 20
    }
}
