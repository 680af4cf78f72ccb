import Conversation
import Events
import NIOCore
import RTP

/// What is known of a datagram besides its bytes.
struct RTPArrival {
    /// Identifies the host that sent it.
    var origin: UInt64
    var nowNanoseconds: Int64
    /// What CPU time that is taken now counts; 0 where none is taken.
    var timeWeight: Int64
}

/// One port of an RTP source: who sends there, and to which speakers it goes. Confined to the event loop of its source.
final class RTPPort {
    private final class Security {
        var session: SRTPSession
        /// Sources that said goodbye in what is being decrypted.
        var departed: [UInt32] = []
        init(_ session: consuming SRTPSession) { self.session = session }
    }

    /// Where the last sender report came from, and when the next report is due there.
    struct Reporter {
        var channel: any Channel
        var address: SocketAddress
        var heardNanoseconds: Int64
        var dueNanoseconds: Int64
    }

    /// The number of its stream, and the track of its speakers.
    let number: Int
    private let stream: RTPStreamDescription
    private let session: LiveSession
    private let monitor: SourceMonitor
    private let limits: RTPReceiverLimits
    /// Nil where whoever sends is the one speaker.
    private(set) var table: RTPSourceTable?
    private(set) var speakers: [RTPSpeaker?]
    /// Takes in the voices of several that come as one stream; nil until somebody sends such.
    private(set) var mixer: RTPMixer?
    /// What unnamed speakers take their role and consent from, and the beginning of their name.
    private let unnamed: SpeakerTrack
    /// Decrypts what arrives; nil for plain RTP.
    private let security: Security?
    /// What the sender said last of media that does not come.
    private var absence: Gap.Why?
    var reporter: Reporter?
    /// What it dropped itself, and what it looks like.
    private(set) var statistics = PortStatistics()
    var probe: RTPProbe
    /// Under which receiver reports are sent.
    var ssrc = UInt32.random(in: .min ... .max)
    /// What speakers who are gone have counted.
    private var formerLoad = SourceLoad()

    /// The port `number` of a source, for the speakers `tracks`.
    ///
    /// - Throws: `SourceFailure` where the stream's key cannot be used.
    init(
        number: Int, stream: RTPStreamDescription, tracks: [SpeakerTrack], session: LiveSession,
        monitor: SourceMonitor, limits: RTPReception.Limits
    ) throws(SourceFailure) {
        if let key = stream.key {
            guard let session = SRTPSession(key: key, maxDatagramBytes: limits.receiver.maxDatagramBytes) else {
                throw SourceFailure(
                    kind: .unavailable, message: "\(key) cannot be used here; install libsrtp2 with that suite")
            }
            security = Security(session)
        } else {
            security = nil
        }
        self.number = number
        self.stream = stream
        self.session = session
        self.monitor = monitor
        self.limits = limits.receiver
        let named = tracks.filter { $0.selector != .unnamed }
        unnamed =
            tracks.first { $0.selector == .unnamed }
            ?? SpeakerTrack(track: number, name: "speaker", role: nil, consent: Consent(.unknown), selector: .unnamed)
        if tracks.contains(where: { $0.selector != nil }) {
            table = RTPSourceTable(selectors: named.compactMap(\.selector), limit: limits.sources)
        }
        speakers = named.map { track in
            RTPSpeaker(track: track, receiver: RTPReceiver(stream, limits: limits.receiver), session: session)
        }
        probe = RTPProbe(formats: stream.formats, known: stream.events.union(stream.redundant))
    }

    /// What was counted here, former speakers included.
    var load: SourceLoad {
        var load = formerLoad
        forEachSpeaker { load += SourceLoad(of: $0) }
        if let mixer {
            load += SourceLoad(of: mixer.receiver.statistics)
            load[.foreignMixer] += mixer.refused
        }
        if let counted = table?.statistics { load.add(counted, SourceLoad.tableFields) }
        if let counted = security?.session.statistics { load.add(counted, SourceLoad.securityFields) }
        load.add(statistics, SourceLoad.portFields)
        return load
    }

    func forEachSpeaker(_ body: (RTPSpeaker) -> Void) {
        for case let speaker? in speakers { body(speaker) }
    }

    /// Takes one datagram that came by `channel` from `sender`.
    ///
    /// - Returns: whether it was of RTCP, after which speakers may have left.
    func receive(
        _ datagram: RawSpan, channel: any Channel, sender: SocketAddress, _ arrival: RTPArrival
    ) -> Bool {
        guard datagram.byteCount <= limits.maxDatagramBytes else {
            statistics.tooLong += 1
            probe.note(datagram, as: .malformed(.tooLong), arrivalNanoseconds: arrival.nowNanoseconds)
            return false
        }
        guard let security else {
            let content = DatagramContent(parsing: datagram)
            if case .compound = content { noteReporter(datagram, channel: channel, address: sender, arrival) }
            return take(datagram, as: content, arrival)
        }
        var isReport = false
        security.session.open(datagram, nowNanoseconds: arrival.nowNanoseconds) {
            isReport = take($0, as: DatagramContent(parsing: $0), arrival)
        }
        // Only now: the session is in use while it lends what it decrypted.
        for ssrc in security.departed { security.session.forget(ssrc: ssrc) }
        security.departed.removeAll(keepingCapacity: true)
        return isReport
    }

    /// Takes what the sender says of media that does not come, also for speakers who join later.
    func setAbsence(_ why: Gap.Why?) {
        absence = why
        forEachSpeaker { $0.feed.setAbsence(track: number, why) }
    }

    /// Looks after the mixer, and after sources that are gone; to be called every 40 ms.
    func tend(nowNanoseconds now: Int64) {
        if let mixer, mixer.flush(speakers: speakers, nowNanoseconds: now) { monitor.change(to: .live) }
        while let index = table?.expire(nowNanoseconds: now) {
            dismiss(speaker: index, reason: "silent for a minute")
        }
    }

    /// Delivers what the mixer holds, at the end.
    func finishMixer(nowNanoseconds now: Int64) {
        mixer?.finish(speakers: speakers, nowNanoseconds: now)
    }

    private func take(_ datagram: RawSpan, as content: DatagramContent, _ arrival: RTPArrival) -> Bool {
        probe.note(datagram, as: content, arrivalNanoseconds: arrival.nowNanoseconds)
        switch content {
        case .compound:
            if table != nil {
                receiveReport(datagram, arrival)
            } else if speakers.first??.isForeign(arrival.origin) ?? false {
                statistics.foreignReports += 1
                return false
            } else {
                deliver(datagram, as: content, speaker: 0, arrival)
            }
            return true
        case .packet(let packet) where table != nil: route(packet, datagram, arrival)
        case .malformed where table != nil: statistics.malformed += 1
        case .packet, .malformed: deliver(datagram, as: content, speaker: 0, arrival)
        }
        return false
    }

    private func deliver(_ datagram: RawSpan, as content: DatagramContent, speaker index: Int, _ arrival: RTPArrival) {
        guard speakers.indices.contains(index), let speaker = speakers[index] else {
            statistics.nameTaken += 1
            return
        }
        if speaker.receive(datagram, as: content, arrival) { monitor.change(to: .live) }
    }

    // MARK: Many sources on the port

    private func route(_ packet: RTPPacket, _ datagram: RawSpan, _ arrival: RTPArrival) {
        let isMixed = packet.contributorCount > 0 || mixer?.receiver.source == packet.ssrc
        if isMixed, table?.isSelected(ssrc: packet.ssrc) == false { return takeApart(packet, datagram, arrival) }
        guard let index = speaker(ssrc: packet.ssrc, of: packet, arrival) else { return }
        mixer?.forget(speaker: index)
        deliver(datagram, as: .packet(packet), speaker: index, arrival)
    }

    /// Brings a packet of a mixer to those who contribute to it.
    private func takeApart(_ packet: RTPPacket, _ datagram: RawSpan, _ arrival: RTPArrival) {
        let mixer = mixer ?? RTPMixer(RTPReceiver(stream, limits: limits))
        self.mixer = mixer
        guard mixer.admits(arrival) else { return }
        if mixer.receiver.source != packet.ssrc,
            let index = table?.leave(ssrc: packet.ssrc, origin: arrival.origin)
        {
            dismiss(speaker: index, reason: "the sender is a mixer")
        }
        var mark: UInt64 = 0
        for place in 0..<packet.contributorCount {
            guard let ssrc = packet.contributor(at: place, in: datagram) else { continue }
            let index = speaker(ssrc: ssrc, of: packet, arrival)
            mark |= index.map(RTPMixer.mark) ?? RTPMixer.somebody
        }
        if mixer.receive(
            packet, datagram, mark: mark, speakers: speakers, nowNanoseconds: arrival.nowNanoseconds)
        {
            monitor.change(to: .live)
        }
    }

    /// Whom the table says that a source of a packet is; one that is new to it joins. Nil for none.
    private func speaker(ssrc: UInt32, of packet: RTPPacket, _ arrival: RTPArrival) -> Int? {
        let verdict = table?.route(
            ssrc: ssrc, sequence: packet.sequence, origin: arrival.origin,
            arrivalNanoseconds: arrival.nowNanoseconds)
        switch verdict {
        case .speaker(let index): return index
        case .newSpeaker(let index):
            admit(ssrc: ssrc, speaker: index)
            return index
        case .drop, nil: return nil
        }
    }

    private func receiveReport(_ compound: RawSpan, _ arrival: RTPArrival) {
        var messages: [RTCPMessage] = []
        // What stands before something malformed counts.
        do { try RTCP.visit(compound) { messages.append($0) } } catch { statistics.malformed += 1 }
        for message in messages {
            mixer?.receive(message, speakers: speakers, arrival)
            switch message {
            case .description(let ssrc, let isCanonical, let text):
                let bytes = compound.extracting(text).withUnsafeBytes(Array.init)
                // What is no text names nobody.
                guard let name = String(validating: bytes, as: UTF8.self) else { continue }
                let naming = table?.describe(
                    ssrc: ssrc, name: name, isCanonical: isCanonical, origin: arrival.origin,
                    arrivalNanoseconds: arrival.nowNanoseconds)
                if let naming {
                    // Whoever the sender turns out to be decides on what was measured before that was known, too.
                    if isCanonical { speakers[naming.released]?.identify(name) }
                    dismiss(speaker: naming.released, reason: "named")
                }
                guard isCanonical, let index = table?.speaker(ssrc: ssrc, origin: arrival.origin),
                    speakers.indices.contains(index)
                else { continue }
                speakers[index]?.identify(name)
            case .bye(let ssrc):
                guard let index = table?.leave(ssrc: ssrc, origin: arrival.origin) else { continue }
                security?.departed.append(ssrc)
                speakers[index]?.receive(message, arrival)
                dismiss(speaker: index, reason: "the sender said goodbye")
            case .senderReport(let report):
                for case let speaker? in speakers where speaker.receiver.source == report.ssrc {
                    speaker.receive(message, arrival)
                }
            }
        }
    }

    /// Lets a source that nobody named join as a speaker of its own.
    private func admit(ssrc: UInt32, speaker index: Int) {
        var track = unnamed
        let digits = String(ssrc, radix: 16)
        track.name += "-" + String(repeating: "0", count: 8 - digits.count) + digits
        while speakers.count <= index { speakers.append(nil) }
        // Somebody of that name may be there through another source; then this one is not heard.
        guard session.update({ $0.isPresent(track.name) }) == false else { return }
        let speaker = RTPSpeaker(track: track, receiver: RTPReceiver(stream, limits: limits), session: session)
        speakers[index] = speaker
        monitor.noteUnnamed(track.name)
        speaker.comeBack()
        if let absence { speaker.feed.setAbsence(track: track.track, absence) }
    }

    /// Lets an unnamed speaker leave; the others keep their place.
    private func dismiss(speaker index: Int, reason: String) {
        guard let speaker = speakers[index], speaker.track.selector == .unnamed else { return }
        mixer?.forget(speaker: index)
        speaker.finish(reason: reason)
        monitor.forgetUnnamed(speaker.track.name)
        formerLoad += SourceLoad(of: speaker)
        speakers[index] = nil
    }
}

extension RTPReceiver {
    fileprivate init(_ stream: RTPStreamDescription, limits: RTPReceiverLimits) {
        self.init(
            formats: stream.formats, levelExtension: stream.levelExtension, events: stream.events,
            redundant: stream.redundant, limits: limits)
    }
}
