import Events
import Kit
import Logging
import NIOCore
import RTP

/// The receiving side of one RTP source: its ports and their speakers. Confined to its event loop.
final class RTPReception: TimedReception {
    /// What bounds a source.
    struct Limits: Sendable {
        var stallMilliseconds: Int
        var kilobitsPerSecond: Int
        /// Sources (SSRCs) on one port.
        var sources: Int
        /// Whether senders get receiver reports.
        var sendsReports: Bool
        var receiver: RTPReceiverLimits
        /// What the jitter buffers of a source may hold.
        var bufferBytes: Int

        /// Limits of a receiver of which there may be `receivers`: all of them together hold no more than they may.
        func receiver(of receivers: Int) -> RTPReceiverLimits {
            var limits = receiver
            limits.holdPackets = min(limits.holdPackets, bufferBytes / (max(1, receivers) * limits.maxDatagramBytes))
            return limits
        }
    }

    let session: LiveSession
    let monitor: SourceMonitor
    let limits: Limits
    let logger: Logger
    private(set) var ports: [RTPPort] = []
    /// By the number of their section.
    private(set) var pictures: [Int: RTPPictures] = [:]
    /// Bytes of datagrams that may come: a second's worth at once.
    private(set) var budget: TokenBucket
    private var timer: RTPTimer?
    var diagnosis = RTPDiagnosis()
    private var tended = 0
    /// CPU time of everything that arrived.
    private(set) var meter = CPUMeter()

    /// A reception of `streams`, one port each, for the speakers `tracks`, and of their pictures.
    ///
    /// - Throws: `SourceFailure` where a stream's key cannot be used.
    init(
        streams: [RTPStreamDescription], tracks: [SpeakerTrack], pictures order: RTPPictureOrder? = nil,
        session: LiveSession, monitor: SourceMonitor, limits: Limits, logger: Logger
    ) throws(SourceFailure) {
        self.session = session
        self.monitor = monitor
        // Of each port as many sources as there may be, and a mixer; or one.
        let receivers = streams.indices.reduce(0) { sum, number in
            sum + (tracks.contains { $0.track == number && $0.selector != nil } ? limits.sources + 1 : 1)
        }
        var limits = limits
        limits.receiver = limits.receiver(of: receivers)
        self.limits = limits
        self.logger = logger
        budget = TokenBucket(
            tokensPerSecond: limits.kilobitsPerSecond * 125, capacity: limits.kilobitsPerSecond * 125)
        for (number, stream) in streams.enumerated() {
            ports.append(
                try RTPPort(
                    number: number, stream: stream, tracks: tracks.filter { $0.track == number }, session: session,
                    monitor: monitor, limits: limits))
        }
        guard let order else { return }
        forEachSpeaker { speaker in
            guard let number = speaker.track.video, let video = order.videos[number] else { return }
            self.pictures[number] = RTPPictures(
                number, video, order, speaker: speaker, session: session, monitor: monitor, limits: limits)
        }
    }

    /// Lets the speakers join, and begins to look after missing packets and missing senders.
    func start(with timer: RTPTimer) {
        forEachSpeaker { $0.join() }
        self.timer = timer
        timer.add(self)
    }

    /// Takes one datagram that came to port `number` by `channel` from `sender`.
    func receive(_ datagram: RawSpan, port number: Int, channel: any Channel, sender: SocketAddress) {
        let now = session.clock.nanoseconds()
        let began = meter.begin()
        defer { meter.end(began) }
        guard budget.admits(datagram.byteCount, nowNanoseconds: now) else { return }
        let arrival = RTPArrival(origin: sender.origin, nowNanoseconds: now, timeWeight: meter.weight)
        if ports[number].receive(datagram, channel: channel, sender: sender, arrival) { stallIfAllLeft() }
    }

    /// Takes one datagram that came to the port of the pictures `number` by `channel` from `sender`.
    func receive(_ datagram: RawSpan, pictures number: Int, channel: any Channel, sender: SocketAddress) {
        let began = meter.begin()
        defer { meter.end(began) }
        let now = session.clock.nanoseconds()
        let arrival = RTPArrival(origin: sender.origin, nowNanoseconds: now, timeWeight: meter.weight)
        pictures[number]?.receive(datagram, channel: channel, sender: sender, arrival)
    }

    /// Does without pictures that can't be received.
    func leaveOut(pictures number: Int) { pictures[number] = nil }

    /// Takes what the sender says of media that does not come, also for speakers of the track who join later.
    func setAbsence(track: Int?, _ why: Gap.Why?) {
        for port in ports where track == nil || track == port.number { port.setAbsence(why) }
    }

    func finish(reason: String) {
        timer?.remove(self)
        timer = nil
        for pictures in pictures.values { pictures.finish() }
        for port in ports { port.finishMixer(nowNanoseconds: session.clock.nanoseconds()) }
        forEachSpeaker { $0.finish(reason: reason) }
        noteLoad()
    }

    // MARK: Supervision

    /// Looks after missing packets and missing senders; to be called every 40 ms.
    func tend(nowNanoseconds now: Int64) {
        let began = meter.begin()
        defer { meter.end(began) }
        var newest: Int64?
        forEachSpeaker { speaker in
            speaker.feed.timeWeight = meter.weight
            if speaker.flush(nowNanoseconds: now) { monitor.change(to: .live) }
            guard let latest = speaker.latestMediaNanoseconds else { return }
            newest = max(newest ?? latest, latest)
            // Of each by itself: others on the port may go on.
            if now - latest >= Int64(limits.stallMilliseconds) * 1_000_000 { speaker.suspend() }
        }
        for port in ports { port.tend(nowNanoseconds: now) }
        for pictures in pictures.values { pictures.tend(nowNanoseconds: now) }
        if let newest, monitor.state == .live, now - newest >= Int64(limits.stallMilliseconds) * 1_000_000 {
            stall(reason: "no media for \(limits.stallMilliseconds) ms")
        }
        tended += 1
        guard tended.isMultiple(of: 25) else { return }
        forEachSpeaker { $0.align(nowNanoseconds: now) }
        if limits.sendsReports {
            for port in ports { port.sendReport(nowNanoseconds: now) }
        }
        noteLoad()
        lookAtDrops(nowNanoseconds: now)
    }

    private func stallIfAllLeft() {
        // Where anybody may come, others do as soon as these are gone: that is told when nobody does for a while.
        guard monitor.state == .live, ports.allSatisfy({ $0.table == nil }) else { return }
        var isAnyLeft = false
        forEachSpeaker { if !$0.hasEnded { isAnyLeft = true } }
        if !isAnyLeft { stall(reason: "the sender said goodbye") }
    }

    private func stall(reason: String) {
        forEachSpeaker { $0.suspend() }
        monitor.change(to: .stalled, reason: reason)
    }

    func forEachSpeaker(_ body: (RTPSpeaker) -> Void) {
        for port in ports { port.forEachSpeaker(body) }
    }
}
