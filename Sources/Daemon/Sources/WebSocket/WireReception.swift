import Control
import Conversation
import Dialects
import Events
import Kit
import Logging
import NIOCore
import RTP

/// The receiving side of a WebSocket source: who is heard, and what of them. What comes is handed to receivers of RTP,
/// which know of order, loss, pauses, clocks and senders ahead of their time. Confined to the event loop of its
/// session.
final class WireReception: TimedReception {
    /// Longest piece that is handed on: longer messages are cut.
    private static let pieceBytes = 1_920
    /// Further ahead of its time than this no media is taken, seconds.
    static let maxAheadSeconds: Int64 = 30

    let session: LiveSession
    private let monitor: SourceMonitor
    private let limits: RTPReception.Limits
    private let tracks: [SpeakerTrack]
    private let dialect: Dialect
    private let logger: Logger
    private var timer: RTPTimer?
    /// Where each voice of the stream is heard; nil where nobody is.
    private var places: [Place?] = []
    private var speakers: [RTPSpeaker] = []
    private var formerLoad = SourceLoad()
    private var tended = 0
    private var unheard: Set<String> = []
    private var meter = CPUMeter()
    private var saidAbsence: (why: Gap.Why?, isSaid: Bool) = (nil, false)

    /// Where the stream of a voice is.
    private struct Place {
        let speaker: RTPSpeaker
        var ssrc: UInt32 = 1
        /// Number of the newest message, that of its first piece, and its pieces.
        var message: Int64?
        var sequence: Int64 = 0
        var pieces: Int64 = 1
        /// What came so far, nanoseconds, and when the first of it did.
        var lastedNanoseconds: Int64 = 0
        var firstArrival: Int64?
        var latestArrival: Int64 = 0
        /// When the newest piece counts as having come.
        var pieceArrival: Int64?
        var isMuted = false
    }

    init(
        dialect: Dialect, tracks: [SpeakerTrack], session: LiveSession, monitor: SourceMonitor,
        limits: RTPReception.Limits, logger: Logger
    ) {
        self.dialect = dialect
        self.tracks = tracks
        self.session = session
        self.monitor = monitor
        self.limits = limits
        self.logger = logger
    }

    /// Lets those join who are known by name, and begins to look after missing media.
    func start(with timer: RTPTimer) {
        join()
        self.timer = timer
        timer.add(self)
    }

    /// Lets those join who are known by name.
    func join() {
        for track in tracks where track.selector != .unnamed { add(track).join() }
    }

    private func add(_ track: SpeakerTrack) -> RTPSpeaker {
        var bounds = limits.receiver
        bounds.maxDatagramBytes = 2_048
        let speaker = RTPSpeaker(
            track: track, receiver: RTPReceiver(formats: WirePayloadTypes.formats, limits: bounds), session: session,
            survivesHoldUps: true)
        speakers.append(speaker)
        if saidAbsence.isSaid { speaker.feed.setAbsence(track: track.track, saidAbsence.why) }
        return speaker
    }

    func forEachSpeaker(_ body: (RTPSpeaker) -> Void) { speakers.forEach(body) }

    // MARK: Who is heard

    private func place(of index: Int, _ voices: [WireVoice]) -> Place? {
        while places.count <= index, places.count < voices.count {
            places.append(bind(voices[places.count], number: places.count).map { Place(speaker: $0) })
        }
        return places.indices.contains(index) ? places[index] : nil
    }

    /// Who speaks as a voice of the stream.
    private func bind(_ voice: WireVoice, number: Int) -> RTPSpeaker? {
        let name = voice.name.map(canonicalName)
        let taken = places.compactMap { $0?.speaker }
        func isFree(_ speaker: RTPSpeaker) -> Bool { !taken.contains { $0 === speaker } }
        let named = speakers.first { speaker in
            guard isFree(speaker), case .name(let source) = speaker.track.selector else { return false }
            return source == voice.label || name.map { canonicalName(source) == $0 } ?? false
        }
        let ordered = speakers.first { speaker in
            isFree(speaker) && speaker.track.selector == nil
                && (dialect.namesParticipants || speaker.track.track == number)
        }
        if let speaker = named ?? ordered {
            if dialect.namesParticipants { speaker.identify(voice.label) }
            return speaker
        }
        guard let rest = tracks.first(where: { $0.selector == .unnamed }) else {
            if unheard.insert(voice.label).inserted, unheard.count <= 8 {
                logger.info("media of somebody who was not declared is not heard", metadata: monitor.metadata)
            }
            return nil
        }
        var track = rest
        track.track = 1_024 + number
        track.name = freeName(name, voice.label, rest.name)
        let speaker = add(track)
        speaker.identify(voice.label)
        monitor.noteUnnamed(track.name)
        return speaker
    }

    /// A name for somebody who was not declared by one: their own, where it can be had.
    private func freeName(_ name: String?, _ label: String, _ standard: String) -> String {
        let wanted = name.flatMap { (try? AttachValidation.checkName($0, what: "speaker")) == nil ? nil : $0 }
        let rest = canonicalName(label).filter { $0 != "/" && $0 != "\\" }.prefix(24)
        for candidate in [wanted, "\(standard)-\(rest)"].compactMap(\.self)
        where session.update({ $0.isPresent(candidate) }) == false
            && (try? AttachValidation.checkName(candidate, what: "speaker")) != nil
        {
            return candidate
        }
        return "\(standard)-\(places.count)"
    }

    // MARK: Media

    /// Takes the audio of a message.
    ///
    /// - Returns: why the connection has to end; nil while it may go on.
    func take(
        _ media: WireMedia, _ voices: [WireVoice], audio: [UInt8], arrivalNanoseconds now: Int64
    ) -> DialectError? {
        let began = meter.begin()
        defer { meter.end(began) }
        let bytes = audio.count / max(1, media.voiceCount)
        for offset in 0..<media.voiceCount {
            let index = media.voice + offset
            guard voices.indices.contains(index), place(of: index, voices) != nil else { continue }
            let range = (offset * bytes)..<((offset + 1) * bytes)
            if let problem = take(media, voice: index, voices[index].format, audio, range, now) { return problem }
        }
        return nil
    }

    private func take(
        _ media: WireMedia, voice index: Int, _ format: WireFormat, _ audio: [UInt8], _ range: Range<Int>, _ now: Int64
    ) -> DialectError? {
        guard var place = places[index], let type = WirePayloadTypes.type(of: format) else { return nil }
        let cut = WireCut(format, bytes: range.count, limit: Self.pieceBytes)
        // Its number counts messages; that of a packet counts their pieces.
        let step = media.sequence - (place.message ?? media.sequence - 1)
        let base = step > 0 ? place.sequence + place.pieces + (step - 1) * cut.count : place.sequence + step * cut.count
        if step > 0 { (place.message, place.sequence, place.pieces) = (media.sequence, base, cut.count) }
        place.firstArrival = place.firstArrival ?? now
        place.latestArrival = now
        place.lastedNanoseconds &+= cut.nanoseconds
        let isAhead =
            place.lastedNanoseconds - (now - (place.firstArrival ?? now)) > Self.maxAheadSeconds * 1_000_000_000
        places[index] = place
        guard !isAhead else {
            return DialectError(1008, "media runs over \(Self.maxAheadSeconds) s ahead; send it at the pace of speech")
        }
        var isLive = false
        for piece in 0..<cut.count {
            // A piece was there when it ended, though it came with those after it.
            let spoken = now - (cut.count - 1 - piece) * cut.pieceNanoseconds
            place.pieceArrival = min(now, max(place.pieceArrival ?? spoken, spoken))
            let arrival = RTPArrival(
                origin: 0, nowNanoseconds: place.pieceArrival ?? now, timeWeight: meter.weight)
            let bytes = cut.range(of: Int(piece), in: range)
            let packet = RTPPacket(
                payloadType: type, sequence: UInt16(truncatingIfNeeded: base + piece),
                timestamp: UInt32(truncatingIfNeeded: media.timestamp &+ cut.units * piece), ssrc: place.ssrc,
                payload: 0..<bytes.count)
            let delivered = audio.withUnsafeBytes { memory in
                place.speaker.receive(
                    UnsafeRawBufferPointer(rebasing: memory[bytes]).bytes, as: .packet(packet), arrival)
            }
            isLive = isLive || delivered
        }
        places[index]?.pieceArrival = place.pieceArrival
        if isLive { monitor.change(to: .live) }
        return nil
    }

    /// How far ahead of the present media was sent, seconds.
    var leadSeconds: Double {
        var lead = 0.0
        for place in places { lead = max(lead, place?.speaker.feed.lead() ?? 0) }
        return lead
    }

    /// Takes what the sender says of media that does not come.
    func setAbsence(voice index: Int?, _ voices: [WireVoice], _ why: Gap.Why?, nowNanoseconds now: Int64) {
        guard let index else { return setAbsence(track: nil, why, nowNanoseconds: now) }
        guard let place = place(of: index, voices) else { return }
        place.speaker.feed.setAbsence(track: place.speaker.track.track, why)
        beginAnew(index, why, now)
    }

    /// The same of a track of the request; nil for all.
    func setAbsence(track: Int?, _ why: Gap.Why?, nowNanoseconds now: Int64) {
        if track == nil { saidAbsence = (why, true) }
        for speaker in speakers where track == nil || speaker.track.track == track {
            speaker.feed.setAbsence(track: speaker.track.track, why)
        }
        for index in places.indices where track == nil || places[index]?.speaker.track.track == track {
            beginAnew(index, why, now)
        }
    }

    /// After a mute of a sender whose time does not go on meanwhile, what comes is placed by its arrival.
    private func beginAnew(_ index: Int, _ why: Gap.Why?, _ now: Int64) {
        guard dialect == .raw, let place = places[index] else { return }
        if why == nil, place.isMuted, now - place.latestArrival > 200_000_000 { places[index]?.ssrc &+= 1 }
        places[index]?.isMuted = why != nil
    }

    /// Somebody has left.
    func leave(voice index: Int, reason: String) {
        guard places.indices.contains(index), let place = places[index] else { return }
        place.speaker.finish(reason: reason)
    }

    func finish(reason: String) {
        timer?.remove(self)
        timer = nil
        for speaker in speakers { speaker.finish(reason: reason) }
        noteLoad()
    }

    // MARK: Supervision

    func tend(nowNanoseconds now: Int64) {
        let began = meter.begin()
        defer { meter.end(began) }
        let stall = Int64(limits.stallMilliseconds) * 1_000_000
        var newest: Int64?
        for speaker in speakers {
            speaker.feed.timeWeight = meter.weight
            if speaker.flush(nowNanoseconds: now) { monitor.change(to: .live) }
            guard let latest = speaker.latestMediaNanoseconds else { continue }
            newest = max(newest ?? latest, latest)
            if now - latest >= stall { speaker.suspend() }
        }
        if let newest, monitor.state == .live, now - newest >= stall {
            monitor.change(to: .stalled, reason: "no media for \(limits.stallMilliseconds) ms")
        }
        tended += 1
        guard tended.isMultiple(of: 25) else { return }
        for speaker in speakers { speaker.align(nowNanoseconds: now) }
        noteLoad()
    }

    private func noteLoad() {
        var load = formerLoad
        for speaker in speakers { load += SourceLoad(of: speaker) }
        load.decodeNanoseconds = max(0, meter.nanoseconds - load.analysisNanoseconds)
        monitor.note(load)
    }
}

/// How a message is cut into pieces that a receiver takes.
struct WireCut {
    /// Pieces.
    let count: Int64
    /// What each lasts, in units of the time stamps, and all of it in nanoseconds.
    let units: Int64
    let nanoseconds: Int64
    /// What a piece but the last lasts, nanoseconds.
    let pieceNanoseconds: Int64
    private let bytes: Int

    init(_ format: WireFormat, bytes total: Int, limit: Int) {
        let frame: Int
        switch format.encoding {
        case .s16le, .s16be: frame = 2 * max(1, format.channels)
        case .f32le: frame = 4 * max(1, format.channels)
        case .mulaw, .alaw: frame = max(1, format.channels)
        case .g722: frame = 1
        case .opus: frame = 0
        }
        guard frame > 0 else {
            // A packet is whole, and says itself what it lasts: 20 ms as a rule.
            (count, units, nanoseconds, pieceNanoseconds, bytes) = (1, 0, 20_000_000, 20_000_000, total)
            return
        }
        let clock = max(1, format.clockRateHz)
        bytes = max(frame, min(limit, frame * clock / 50) / frame * frame)
        count = Int64(max(1, (total + bytes - 1) / bytes))
        units = Int64(bytes / frame)
        nanoseconds = Int64(total / frame) * 1_000_000_000 / Int64(clock)
        pieceNanoseconds = units * 1_000_000_000 / Int64(clock)
    }

    /// Where a piece lies.
    func range(of piece: Int, in range: Range<Int>) -> Range<Int> {
        let start = min(range.upperBound, range.lowerBound + piece * bytes)
        return start..<min(range.upperBound, start + bytes)
    }
}

/// The payload types by which formats go to the receivers: those of RFC 3551 where there are such.
enum WirePayloadTypes {
    private static let all: [(format: WireFormat, type: UInt8)] = {
        var all: [(WireFormat, UInt8)] = [
            (WireFormat(.opus, rateHz: 48_000), 96), (WireFormat(.g722, rateHz: 16_000), 9),
        ]
        var next: UInt8 = 16
        for encoding in [WireEncoding.s16be, .mulaw, .alaw] {
            for rate in WireFormat.rates {
                for channels in 1...2 {
                    all.append((WireFormat(encoding, rateHz: rate, channels: channels), next))
                    // 72 to 76 look like RTCP to readers of datagrams; these never lie in one, but clarity is cheap.
                    next = next == 71 ? 97 : next + 1
                }
            }
        }
        return all
    }()
    private static let types = Dictionary(all.map { ($0.format, $0.type) }, uniquingKeysWith: { one, _ in one })

    /// What receivers take.
    static let formats: [UInt8: AudioFormat] = Dictionary(
        uniqueKeysWithValues: all.compactMap { format, type in
            let codec: AudioCodec
            switch format.encoding {
            case .opus: codec = .opus
            case .g722: codec = .g722
            case .mulaw: codec = .pcmu
            case .alaw: codec = .pcma
            case .s16be, .s16le, .f32le: codec = .l16
            }
            return AudioFormat(
                codec: codec, clockRateHz: format.clockRateHz,
                channels: codec == .opus ? 2 : format.channels
            ).map { (type, $0) }
        })

    static func type(of format: WireFormat) -> UInt8? { types[format] }
}
