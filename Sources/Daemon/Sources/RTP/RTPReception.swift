import Conversation
import Events
import Kit
import Logging
import NIOCore
import RTP

/// The receiving side of one RTP source: its ports and their speakers. Confined to its event loop.
final class RTPReception {
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

    struct Port {
        let stream: RTPStreamDescription
        /// Nil where whoever sends is the one speaker.
        var table: RTPSourceTable?
        var speakers: [RTPSpeaker?] = []
        /// Takes in the voices of several that come as one stream; nil until somebody sends such.
        var mixer: RTPMixer?
        /// What unnamed speakers take their role and consent from, and the beginning of their name.
        var unnamed: SpeakerTrack
        /// Decrypts what arrives; nil for plain RTP.
        var security: Security?
        /// Where the last sender report came from, and when the next report is due there.
        var reporter: Reporter?
        /// What it dropped itself, and what it looks like.
        var statistics = PortStatistics()
        var probe: RTPProbe
        /// Under which receiver reports are sent.
        var ssrc = UInt32.random(in: .min ... .max)
    }

    final class Security {
        var session: SRTPSession
        /// Sources that said goodbye in what is being decrypted.
        var departed: [UInt32] = []
        init(_ session: consuming SRTPSession) { self.session = session }
    }

    let session: LiveSession
    let monitor: SourceMonitor
    let limits: Limits
    let logger: Logger
    /// Written by the parts of this type only.
    var ports: [Port]
    /// Bytes of datagrams that may come: a second's worth at once.
    private(set) var budget: TokenBucket
    private var timer: RTPTimer?
    var diagnosis = RTPDiagnosis()
    private var tended = 0
    /// What the senders said last of media that does not come, by track.
    private var absences: [Int: Gap.Why] = [:]
    /// CPU time of everything that arrived, and what speakers who are gone have counted.
    private(set) var meter = CPUMeter()
    private(set) var formerLoad = SourceLoad()

    /// A reception of `streams`, one port each, for the speakers `tracks`.
    ///
    /// - Throws: `SourceFailure` where a stream's key cannot be used.
    init(
        streams: [RTPStreamDescription], tracks: [SpeakerTrack], session: LiveSession, monitor: SourceMonitor,
        limits: Limits, logger: Logger
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
        ports = streams.enumerated().map { number, stream in
            let tracks = tracks.filter { $0.track == number }
            let named = tracks.filter { $0.selector != .unnamed }
            var port = Port(
                stream: stream,
                unnamed: tracks.first { $0.selector == .unnamed }
                    ?? SpeakerTrack(
                        track: number, name: "speaker", role: nil, consent: .unknown, selector: .unnamed),
                probe: RTPProbe(formats: stream.formats, maxDatagramBytes: limits.receiver.maxDatagramBytes))
            if tracks.contains(where: { $0.selector != nil }) {
                port.table = RTPSourceTable(selectors: named.compactMap(\.selector), limit: limits.sources)
            }
            port.speakers = named.map { track in
                RTPSpeaker(
                    track: track, receiver: RTPReceiver(stream, limits: limits.receiver), session: session)
            }
            return port
        }
        for (number, stream) in streams.enumerated() {
            guard let key = stream.key else { continue }
            guard let session = SRTPSession(key: key, maxDatagramBytes: limits.receiver.maxDatagramBytes) else {
                throw SourceFailure(
                    kind: .unavailable, message: "\(key) cannot be used here; install libsrtp2 with that suite")
            }
            ports[number].security = Security(session)
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
        guard datagram.byteCount <= limits.receiver.maxDatagramBytes else {
            ports[number].statistics.tooLong += 1
            ports[number].probe.note(datagram, arrivalNanoseconds: now)
            return
        }
        if let security = ports[number].security {
            security.session.open(datagram) { take($0, port: number, origin: sender.origin, now: now) }
            // Only now: the session is in use while it lends what it decrypted.
            for ssrc in security.departed { security.session.forget(ssrc: ssrc) }
            security.departed.removeAll(keepingCapacity: true)
        } else {
            if RTCP.isRTCP(datagram) {
                noteReporter(datagram, port: number, channel: channel, address: sender, now: now)
            }
            take(datagram, port: number, origin: sender.origin, now: now)
        }
    }

    private func take(_ datagram: RawSpan, port number: Int, origin: UInt64, now: Int64) {
        let isReport = RTCP.isRTCP(datagram)
        ports[number].probe.note(datagram, arrivalNanoseconds: now)
        if ports[number].table == nil {
            guard !isReport || !isForeign(port: number, origin: origin) else {
                ports[number].statistics.foreignReports += 1
                return
            }
            deliver(datagram, port: number, speaker: 0, origin: origin, now: now)
        } else if isReport {
            receiveReport(datagram, port: number, origin: origin, now: now)
        } else if let packet = try? RTPPacket(parsing: datagram) {
            route(packet, datagram, port: number, origin: origin, now: now)
        } else {
            ports[number].statistics.malformed += 1
        }
        if isReport { stallIfAllLeft() }
    }

    /// Takes what the sender says of media that does not come, also for speakers of the track who join later.
    func setAbsence(track: Int?, _ why: Gap.Why?) {
        for number in ports.indices where track == nil || track == number { absences[number] = why }
        forEachSpeaker { speaker in
            let number = speaker.track.track
            if track == nil || track == number { speaker.feed.setAbsence(track: number, why) }
        }
    }

    func finish(reason: String) {
        timer?.remove(self)
        timer = nil
        for port in ports { port.mixer?.finish(speakers: port.speakers, nowNanoseconds: session.clock.nanoseconds()) }
        forEachSpeaker { $0.finish(reason: reason) }
        noteLoad()
    }

    // MARK: Many sources on a port

    private func route(_ packet: RTPPacket, _ datagram: RawSpan, port number: Int, origin: UInt64, now: Int64) {
        let isMixed = packet.contributorCount > 0 || ports[number].mixer?.receiver.source == packet.ssrc
        if isMixed, ports[number].table?.isSelected(ssrc: packet.ssrc) == false {
            return takeApart(packet, datagram, port: number, origin: origin, now: now)
        }
        let verdict = ports[number].table?.route(
            ssrc: packet.ssrc, sequence: packet.sequence, origin: origin, arrivalNanoseconds: now)
        switch verdict {
        case .speaker(let index):
            ports[number].mixer?.forget(speaker: index)
            deliver(datagram, port: number, speaker: index, origin: origin, now: now)
        case .newSpeaker(let index):
            admit(ssrc: packet.ssrc, port: number, speaker: index)
            deliver(datagram, port: number, speaker: index, origin: origin, now: now)
        case .drop, nil: break
        }
    }

    /// Brings a packet of a mixer to those who contribute to it.
    private func takeApart(_ packet: RTPPacket, _ datagram: RawSpan, port number: Int, origin: UInt64, now: Int64) {
        let mixer = ports[number].mixer ?? RTPMixer(RTPReceiver(ports[number].stream, limits: limits.receiver))
        ports[number].mixer = mixer
        guard mixer.admits(origin: origin, nowNanoseconds: now) else { return }
        if mixer.receiver.source != packet.ssrc,
            let index = ports[number].table?.leave(ssrc: packet.ssrc, origin: origin)
        {
            dismiss(port: number, speaker: index, reason: "the sender is a mixer")
        }
        var mark: UInt64 = 0
        for place in 0..<packet.contributorCount {
            guard let ssrc = packet.contributor(at: place, in: datagram) else { continue }
            let verdict = ports[number].table?.route(
                ssrc: ssrc, sequence: packet.sequence, origin: origin, arrivalNanoseconds: now)
            switch verdict {
            case .speaker(let index): mark |= RTPMixer.mark(speaker: index)
            case .newSpeaker(let index):
                admit(ssrc: ssrc, port: number, speaker: index)
                mark |= RTPMixer.mark(speaker: index)
            case .drop, nil: mark |= RTPMixer.somebody
            }
        }
        if mixer.receive(datagram, mark: mark, speakers: ports[number].speakers, nowNanoseconds: now) {
            monitor.change(to: .live)
        }
    }

    private func deliver(_ datagram: RawSpan, port number: Int, speaker index: Int, origin: UInt64, now: Int64) {
        guard ports[number].speakers.indices.contains(index), let speaker = ports[number].speakers[index] else {
            ports[number].statistics.nameTaken += 1
            return
        }
        speaker.feed.timeWeight = meter.weight
        if speaker.receive(datagram, origin: origin, nowNanoseconds: now) { monitor.change(to: .live) }
    }

    private func receiveReport(_ compound: RawSpan, port number: Int, origin: UInt64, now: Int64) {
        var messages: [RTCPMessage] = []
        // What stands before something malformed counts.
        do { try RTCP.visit(compound) { messages.append($0) } } catch { ports[number].statistics.malformed += 1 }
        for message in messages {
            ports[number].mixer?.receive(
                message, origin: origin, speakers: ports[number].speakers, nowNanoseconds: now)
            switch message {
            case .description(let ssrc, let isCanonical, let text):
                let bytes = compound.extracting(text).withUnsafeBytes(Array.init)
                // What is no text names nobody.
                guard let name = String(validating: bytes, as: UTF8.self) else { continue }
                let naming = ports[number].table?.describe(
                    ssrc: ssrc, name: name, isCanonical: isCanonical, origin: origin, arrivalNanoseconds: now)
                if let naming { dismiss(port: number, speaker: naming.released, reason: "named") }
                guard isCanonical, let index = ports[number].table?.speaker(ssrc: ssrc, origin: origin),
                    ports[number].speakers.indices.contains(index)
                else { continue }
                ports[number].speakers[index]?.identify(name)
            case .bye(let ssrc):
                guard let index = ports[number].table?.leave(ssrc: ssrc, origin: origin) else { continue }
                ports[number].security?.departed.append(ssrc)
                ports[number].speakers[index]?.receive(message, origin: origin, nowNanoseconds: now)
                dismiss(port: number, speaker: index, reason: "the sender said goodbye")
            case .senderReport(let report):
                for case let speaker? in ports[number].speakers where speaker.receiver.source == report.ssrc {
                    speaker.receive(message, origin: origin, nowNanoseconds: now)
                }
            }
        }
    }

    /// Lets a source that nobody named join as a speaker of its own.
    private func admit(ssrc: UInt32, port number: Int, speaker index: Int) {
        var track = ports[number].unnamed
        let digits = String(ssrc, radix: 16)
        track.name += "-" + String(repeating: "0", count: 8 - digits.count) + digits
        while ports[number].speakers.count <= index { ports[number].speakers.append(nil) }
        // Somebody of that name may be there through another source; then this one is not heard.
        guard session.update({ $0.isPresent(track.name) }) == false else { return }
        let speaker = RTPSpeaker(
            track: track, receiver: RTPReceiver(ports[number].stream, limits: limits.receiver), session: session)
        ports[number].speakers[index] = speaker
        monitor.noteUnnamed(track.name)
        speaker.comeBack()
        if let why = absences[number] { speaker.feed.setAbsence(track: track.track, why) }
    }

    /// Lets an unnamed speaker leave; the others keep their place.
    private func dismiss(port number: Int, speaker index: Int, reason: String) {
        guard let speaker = ports[number].speakers[index], speaker.track.selector == .unnamed else { return }
        ports[number].mixer?.forget(speaker: index)
        speaker.finish(reason: reason)
        monitor.forgetUnnamed(speaker.track.name)
        formerLoad += SourceLoad(of: speaker)
        ports[number].speakers[index] = nil
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
        for number in ports.indices {
            // In place: a port is large.
            if let mixer = ports[number].mixer, mixer.flush(speakers: ports[number].speakers, nowNanoseconds: now) {
                monitor.change(to: .live)
            }
            while let index = ports[number].table?.expire(nowNanoseconds: now) {
                dismiss(port: number, speaker: index, reason: "silent for a minute")
            }
        }
        if let newest, monitor.state == .live, now - newest >= Int64(limits.stallMilliseconds) * 1_000_000 {
            stall(reason: "no media for \(limits.stallMilliseconds) ms")
        }
        tended += 1
        guard tended.isMultiple(of: 25) else { return }
        forEachSpeaker { $0.align(nowNanoseconds: now) }
        if limits.sendsReports {
            for number in ports.indices { sendReport(port: number, now: now) }
        }
        noteLoad()
        lookAtDrops(nowNanoseconds: now)
    }

    /// What is wrong with what came to a port since the last time.
    func takeFinding(port number: Int, decodeErrors: Int) -> RTPProbe.Finding? {
        ports[number].probe.finding(decodeErrors: decodeErrors)
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
        // By index: a port is large.
        for number in ports.indices {
            for case let speaker? in ports[number].speakers { body(speaker) }
        }
    }
}

extension RTPReceiver {
    fileprivate init(_ stream: RTPStreamDescription, limits: RTPReceiverLimits) {
        self.init(formats: stream.formats, levelExtension: stream.levelExtension, limits: limits)
    }
}
