import Decode
import Events
import Kit
import MediaTypes
import NIOCore
import RTP

/// How pictures of plain RTP are received and looked at.
struct RTPPictureOrder: Sendable {
    /// The sections of pictures, by the number that tracks have of them.
    var videos: [Int: RTPVideoDescription]
    /// Sections that were not asked for: where they can't be received, everything else is.
    var unasked: Set<Int> = []
    var eventLoop: any EventLoop
    /// Starts who looks at them.
    var open: PictureWorker.Open
    /// Pauses between processes that fail, milliseconds.
    var leastPauseMilliseconds = 1_000, mostPauseMilliseconds = 30_000
}

/// The pictures of one speaker: what comes to a port is put together, and goes to a process of its own that decodes and
/// looks at it. Confined to the event loop of its source.
///
/// While nobody may look, packets are counted and dropped; nothing is put together, and the process is gone.
final class RTPPictures {
    /// A process that looks, from the key frame on with which it began.
    private struct Look {
        let worker: PictureWorker
        /// Timestamp of its first picture.
        let origin: Int64
        /// Nil once it was ended and is about to go.
        var outlet: PictureOutlet?
        var counts = PictureCounts()
        var nanoseconds: Int64 = 0
    }

    /// Pictures that don't come for so long are said not to, once in each further second.
    private static let offNanoseconds: Int64 = 1_500_000_000, offPauseNanoseconds: Int64 = 1_000_000_000
    /// A timestamp that is further from the last one is of a clock that began anew (10 s).
    private static let maxStep = 10 * Int64(VideoPayload.clockRateHz)
    /// Different oddities that the log is told.
    private static let maxWarnings = 8
    private static let nanosecondsPerSample = 1_000_000_000 / Int64(AudioGrid.sampleRateHz)

    let speaker: RTPSpeaker
    private let number: Int
    private let video: RTPVideoDescription
    private let order: RTPPictureOrder
    private let session: LiveSession
    private let monitor: SourceMonitor
    private let limits: RTPReception.Limits
    private var receiver: VideoReceiver
    private var budget: TokenBucket
    private var statistics = PictureStatistics()
    var requests = PictureRequests()
    private var look: Look?
    /// What processes that are gone have come to.
    private var former = (counts: PictureCounts(), nanoseconds: Int64(0), failures: UInt64(0))
    private var backoff: Backoff<SystemRandomNumberGenerator>
    /// When the next process may be started; never where nobody can look.
    private var notBefore = Int64.min
    /// What the log was told of the pictures.
    private var warnings: Set<String> = []
    /// Whether somebody may look, and since when.
    private var mayLook = false, mayLookSince: Int64 = 0
    /// Whether a key frame is needed that the receiver does not know of.
    private var needsKey = false
    /// How the timestamps since the first picture of a look lie to arrival.
    private var clock = PictureClock()
    /// Timestamp of the latest picture.
    private var latest: Int64?
    /// When the latest packet came, whether it was looked at or not.
    private var latestPacket = Int64.min
    private var latestOff = Int64.min
    /// Where the last sighting lies.
    private var place = MediaTime(samples: -1)

    init(
        _ number: Int, _ video: RTPVideoDescription, _ order: RTPPictureOrder, speaker: RTPSpeaker,
        session: LiveSession, monitor: SourceMonitor, limits: RTPReception.Limits
    ) {
        self.number = number
        self.video = video
        self.order = order
        self.speaker = speaker
        self.session = session
        self.monitor = monitor
        self.limits = limits
        var bounds = VideoReceiver.Limits()
        bounds.maxDatagramBytes = limits.receiver.maxDatagramBytes
        receiver = VideoReceiver(video.payload, limits: bounds)
        // Beside that of the sound, which pictures must not use up.
        budget = TokenBucket(
            tokensPerSecond: limits.kilobitsPerSecond * 125, capacity: limits.kilobitsPerSecond * 125)
        backoff = Backoff(
            minMilliseconds: order.leastPauseMilliseconds, maxMilliseconds: order.mostPauseMilliseconds,
            using: SystemRandomNumberGenerator())
    }

    /// What was counted here.
    var load: SourceLoad {
        var load = SourceLoad()
        load.add(receiver.statistics, SourceLoad.videoFields)
        var counted = statistics
        counted.overRate = budget.refused
        load.add(counted, SourceLoad.pictureFields)
        var counts = former.counts
        if let look { counts += look.counts }
        load[.pictures] += UInt64(clamping: counts.pictures)
        load[.picturePackets] += UInt64(clamping: counts.decodedPackets)
        load[.pictureDrops] += UInt64(clamping: counts.droppedPackets)
        load[.failedWorkers] += former.failures
        load.decodeNanoseconds = former.nanoseconds + (look?.nanoseconds ?? 0)
        return load
    }

    /// Fulfilled once the process is gone, if there is one.
    var finished: EventLoopFuture<Void>? { look?.worker.finished }

    /// Takes one datagram that came by `channel` from `sender`.
    func receive(_ datagram: RawSpan, channel: any Channel, sender: SocketAddress, _ arrival: RTPArrival) {
        let now = arrival.nowNanoseconds
        guard budget.admits(datagram.byteCount, nowNanoseconds: now) else { return }
        settle(now)
        switch DatagramContent(parsing: datagram) {
        case .compound: takeReport(datagram, channel: channel, sender: sender, arrival)
        case .malformed: statistics.malformed += 1
        case .packet(let packet):
            guard video.types.contains(packet.payloadType) else { return statistics.unknownPayload += 1 }
            latestPacket = now
            guard canLook(now) else { return statistics.unlooked += 1 }
            receiver.receive(datagram, as: packet, arrivalNanoseconds: now, into: put)
            if packet.ssrc == receiver.source { requests.origin = arrival.origin }
        }
        ask(now)
    }

    /// Looks after missing packets, the process and the camera; to be called every 40 ms.
    func tend(nowNanoseconds now: Int64) {
        settle(now)
        if canLook(now) { receiver.flush(nowNanoseconds: now, into: put) }
        tellSender(now)
        look?.outlet?.flush()
        look?.worker.setOutline(speaker.feed.wantsOutline(track: speaker.track.track))
        let silent = now - max(latestPacket, mayLookSince)
        // Of a camera that is off nothing has to wait.
        if silent >= Int64(limits.stallMilliseconds) * 1_000_000 { end() }
        if mayLook, notBefore < .max, silent >= Self.offNanoseconds, now - Self.offPauseNanoseconds >= latestOff {
            latestOff = now
            see(FaceSighting(time: .zero, state: .off), nil, atNanoseconds: now)
        }
        ask(now)
    }

    /// Ends looking.
    func finish() { end() }

    // MARK: Whether somebody may look

    private var isPermitted: Bool { speaker.feed.mayLook(track: speaker.track.track) && !speaker.isGivenUp }

    /// Whether packets are put together: somebody may look, and somebody can.
    private func canLook(_ now: Int64) -> Bool {
        mayLook && now >= notBefore && (look == nil || look?.outlet != nil)
    }

    /// Takes note of what is allowed now.
    private func settle(_ now: Int64) {
        guard isPermitted != mayLook else { return }
        mayLook.toggle()
        mayLookSince = now
        receiver.forget()
        guard !mayLook else { return }
        end()
        speaker.feed.forgetSeen(track: speaker.track.track)
    }

    // MARK: The process

    /// Takes a picture that is whole.
    private func put(_ unit: VideoUnit, _ bytes: RawSpan) {
        if let latest, (unit.timestamp &- latest).magnitude > UInt64(Self.maxStep) { end() }
        latest = unit.timestamp
        guard !needsKey || unit.isKey else { return statistics.unqueued += 1 }
        var head: [UInt8] = []
        if look == nil {
            guard unit.isKey, begin(at: unit) else {
                needsKey = true
                return statistics.unqueued += 1
            }
            head = PictureStream.header(of: video.payload)
        }
        guard let look, let outlet = look.outlet else { return statistics.unqueued += 1 }
        let media = Self.nanoseconds(unit.timestamp &- look.origin)
        clock.note(media: media, arrival: unit.arrivalNanoseconds)
        let sets = head.isEmpty ? [] : video.parameterSets
        head += PictureStream.head(
            milliseconds: media / 1_000_000, isKey: unit.isKey, byteCount: sets.count + bytes.byteCount)
        needsKey = !outlet.put(head + sets, bytes)
        if needsKey { statistics.unqueued += 1 }
    }

    private static func nanoseconds(_ timestamp: Int64) -> Int64 { timestamp / 9 &* 100_000 }

    private func begin(at unit: VideoUnit) -> Bool {
        guard let (outlet, inlet) = PictureOutlet.pair() else {
            fail("no socket could be made", unit.arrivalNanoseconds)
            return false
        }
        clock = PictureClock()
        let pictures = NIOLoopBound(self, eventLoop: order.eventLoop)
        let worker = PictureWorker(inlet, on: order.eventLoop, open: order.open) { pictures.value.hear($1, from: $0) }
        look = Look(worker: worker, origin: unit.timestamp, outlet: outlet)
        return true
    }

    /// Ends the process that looks; what it still says is not heard.
    private func end() {
        guard look?.outlet != nil else { return }
        look?.outlet = nil
        look?.worker.stop()
    }

    private func fail(_ reason: String, _ now: Int64) {
        let pause = backoff.next()
        former.failures += 1
        notBefore = now + Int64(pause) * 1_000_000
        monitor.warn("pictures of m=video \(number) are not seen for \(pause) ms: \(reason)")
    }

    /// Takes what is heard of a process.
    private func hear(_ news: PictureWorker.News, from worker: PictureWorker) {
        guard let look, look.worker === worker else { return }
        let now = session.clock.nanoseconds()
        switch news {
        case .seen(let sighting, let outline): take(sighting, outline, look, now)
        case .counted(let counts, let nanoseconds, let lines):
            self.look?.counts = counts
            self.look?.nanoseconds = nanoseconds
            for line in lines where warnings.count < Self.maxWarnings && warnings.insert(line).inserted {
                monitor.warn("pictures of m=video \(number): \(line)")
            }
        case .unavailable:
            notBefore = .max
            bury(look)
        case .ended(let error):
            // Whoever was not asked to end has failed.
            if look.outlet != nil {
                fail(error.map { $0.detail.isEmpty ? $0.description : $0.detail } ?? "its process ended", now)
            }
            bury(look)
        }
    }

    private func bury(_ look: Look) {
        former.counts += look.counts
        former.nanoseconds += look.nanoseconds
        self.look = nil
        receiver.forget()
    }

    // MARK: What was seen

    private func take(_ sighting: FaceSighting, _ outline: FaceOutline?, _ look: Look, _ now: Int64) {
        guard look.outlet != nil, let latest else { return }
        let end = Self.nanoseconds(latest &- look.origin)
        // Nobody has seen what was not sent: pictures come out of order by less than a second.
        guard sighting.time.samples <= end / Self.nanosecondsPerSample + Int64(AudioGrid.sampleRateHz) else {
            fail("what was seen makes no sense", now)
            return self.end()
        }
        backoff.reset()
        let media = sighting.time.samples &* Self.nanosecondsPerSample
        see(sighting, outline, atNanoseconds: min(now, taken(media, look, now)))
    }

    /// When a picture was taken, by the host's clock.
    private func taken(_ media: Int64, _ look: Look, _ now: Int64) -> Int64 {
        let isOfOneHost = requests.origin.map { !speaker.isForeign($0) } ?? false
        return clock.taken(
            media: media, now: now, wallClock: receiver.wallClockNanoseconds(of: look.origin &+ media / 100_000 &* 9),
            offset: isOfOneHost ? speaker.receiver.wallClockOffset(at: now) : nil)
    }

    private func see(_ sighting: FaceSighting, _ outline: FaceOutline?, atNanoseconds nanoseconds: Int64) {
        var sighting = sighting
        sighting.time = session.time(ofNanoseconds: nanoseconds)
        guard sighting.time > place else { return }
        place = sighting.time
        let track = speaker.track.track
        speaker.feed.see(
            track: track, sighting, outline: speaker.feed.wantsOutline(track: track) ? outline : nil)
    }

    // MARK: Reports and key frames

    private func takeReport(
        _ compound: RawSpan, channel: any Channel, sender: SocketAddress, _ arrival: RTPArrival
    ) {
        var reports: [SenderReport] = []
        // What stands before something malformed counts.
        do {
            try RTCP.visit(compound) { if case .senderReport(let report) = $0 { reports.append(report) } }
        } catch { statistics.malformed += 1 }
        for report in reports where report.ssrc == receiver.source && arrival.origin == requests.origin {
            receiver.note(report, arrivalNanoseconds: arrival.nowNanoseconds)
            requests.note(channel, sender, now: arrival.nowNanoseconds)
        }
    }

    /// Tells the sender what arrived, if it is time, where somebody looks: what is not looked at is not received.
    private func tellSender(_ now: Int64) {
        guard limits.sendsReports, canLook(now), requests.isReportDue(now),
            let report = receiver.receptionReport(nowNanoseconds: now)
        else { return }
        requests.send(report, now: now)
    }

    /// Asks the sender for a key frame, where one is needed and it is known where to.
    private func ask(_ now: Int64) {
        if needsKey {
            // The process gets no picture before that.
            receiver.restart()
            needsKey = false
        }
        guard limits.sendsReports, canLook(now), let source = receiver.source, requests.knows(now),
            receiver.requestsKeyFrame(nowNanoseconds: now)
        else { return }
        requests.send(about: source)
    }
}
