import Conversation
import RTP

/// What a source has received, dropped and spent since it was attached.
struct SourceLoad: Sendable, Equatable {
    /// What was counted.
    private(set) var counts: [MediaCounter: UInt64] = [:]
    /// CPU time of receiving and decoding, and of analysis.
    var decodeNanoseconds: Int64 = 0, analysisNanoseconds: Int64 = 0

    subscript(counter: MediaCounter) -> UInt64 {
        get { counts[counter] ?? 0 }
        set { counts[counter] = newValue }
    }

    static func += (left: inout SourceLoad, right: SourceLoad) {
        left.counts.merge(right.counts, uniquingKeysWith: &+)
        left.decodeNanoseconds += right.decodeNanoseconds
        left.analysisNanoseconds += right.analysisNanoseconds
    }
}

/// Everything that is counted of media, each with its place in the metrics.
enum MediaCounter: String, Sendable, CaseIterable {
    case packets, bytes, rtcpPackets, lost, reordered, restarts
    case comfortNoise, silent
    case silenceSamples, concealedSamples, lostSamples
    /// Dropped.
    case ahead, decodeError, duplicate, empty, foreignMixer, foreignReport, late, malformed, nameTaken, notAuthentic
    case onProbation, overload, overRate, overSSRCs, replayed, ssrcCollision, stray, tooLong, unknownPayload
    /// Of pictures that come by plain RTP, before they are put together, and then.
    case videoPackets, videoBytes, videoLost, videoRestarts, keyFrameRequests
    case assembledPictures, keyFrames
    /// Dropped of them: packets, and pictures.
    case videoLate, videoMalformed, videoOverRate, videoStray, videoTooLong, videoUnknownPayload, videoUnsupported
    case brokenPictures, unreferencedPictures, unqueuedPictures
    /// Of inputs that FFmpeg reads.
    case inputDecodeErrors
    /// Of all pictures: looked at; packets that went to a decoder, and that did not.
    case pictures, picturePackets, pictureDrops
    /// Processes that read a source and failed: ended by themselves, were silent too long, or said nonsense.
    case failedWorkers
    /// Of sessions: hops that came too late, or lay too far ahead, and people for whom there was no room.
    case lateHops, aheadHops, refusedSpeakers

    /// Samples are told as seconds.
    var isSamples: Bool { [.silenceSamples, .concealedSamples, .lostSamples].contains(self) }

    /// Why packets are dropped, as the metrics and the log name it; nil for what is no drop.
    var dropReason: String? {
        switch self {
        case .ahead: "ahead"
        case .decodeError: "decode_error"
        case .duplicate: "duplicate"
        case .empty: "empty"
        case .foreignMixer: "foreign_mixer"
        case .foreignReport: "foreign_report"
        case .late: "late"
        case .malformed: "malformed"
        case .nameTaken: "name_taken"
        case .notAuthentic: "not_authentic"
        case .onProbation: "on_probation"
        case .overload: "overload"
        case .overRate: "over_rate"
        case .overSSRCs: "over_ssrcs"
        case .replayed: "replayed"
        case .ssrcCollision: "ssrc_collision"
        case .stray: "stray"
        case .tooLong: "too_long"
        case .unknownPayload: "unknown_payload"
        default: nil
        }
    }

    /// Why packets of pictures are dropped, as the metrics name it; nil for what is no such drop.
    var videoDropReason: String? {
        switch self {
        case .videoLate: "late"
        case .videoMalformed: "malformed"
        case .videoOverRate: "over_rate"
        case .videoStray: "stray"
        case .videoTooLong: "too_long"
        case .videoUnknownPayload: "unknown_payload"
        case .videoUnsupported: "unsupported"
        default: nil
        }
    }

    /// What the log says of drops that somebody can do something about; nil for those that a network has anyway.
    var dropLine: String? {
        switch self {
        case .ahead: "whose media lies over 30 s ahead of its time (the sender has to send at the pace of speech)"
        case .decodeError: "that the codec does not take (check the codec, or add ?codec= to the URL)"
        case .foreignMixer: "of a second mixer"
        case .foreignReport: "of RTCP from another host than the media's"
        case .malformed: "that are neither RTP nor RTCP"
        case .nameTaken: "of a source whose speaker's name is taken (detach the other one)"
        case .notAuthentic: "that are not authentic (check the key)"
        case .overRate: "over sources.max_kbit_s"
        case .overSSRCs: "of sources over sources.max_ssrcs"
        case .replayed: "that came before (SRTP)"
        case .ssrcCollision: "of a second sender with the same SSRC"
        case .stray: "of a second sender, or out of line with the first (tell senders apart with --ssrc 'NAME=*')"
        case .tooLong: "over sources.max_packet_bytes"
        case .unknownPayload: "of unknown payload types (attach an SDP file, or add ?codec= to the URL)"
        default: nil
        }
    }
}

/// What a port of pictures drops before or behind the receiver.
struct PictureStatistics: Sendable {
    /// Packets of pictures at which nobody may look, or can.
    var unlooked: UInt64 = 0
    /// Datagrams that are neither RTP nor RTCP, and RTCP that cannot be read.
    var malformed: UInt64 = 0
    /// Packets of other payload types, such as retransmissions.
    var unknownPayload: UInt64 = 0
    /// Datagrams over `sources.max_kbit_s`.
    var overRate: UInt64 = 0
    /// Pictures for which there was no room on the way to the process that looks at them, or no key frame since.
    var unqueued: UInt64 = 0
}

/// What a port of plain RTP drops before anybody else looks at it.
struct PortStatistics: Sendable {
    /// Datagrams over `sources.max_packet_bytes`.
    var tooLong: UInt64 = 0
    /// Datagrams that are neither RTP nor RTCP, on a port with many sources.
    var malformed: UInt64 = 0
    /// Packets of a source whose speaker's name somebody else has.
    var nameTaken: UInt64 = 0
    /// Compounds of RTCP from another host than the media of the port's one speaker.
    var foreignReports: UInt64 = 0
}

/// Where everything goes that is counted of plain RTP. A test says that nothing is left out.
extension SourceLoad {
    typealias Field<Counted, Number> = (MediaCounter, any WritableKeyPath<Counted, Number> & Sendable)

    static let receiverFields: [Field<RTPStatistics, UInt64>] = [
        (.packets, \.packets), (.bytes, \.bytes), (.rtcpPackets, \.rtcpPackets), (.lost, \.lost),
        (.reordered, \.reordered), (.restarts, \.restarts), (.comfortNoise, \.comfortNoise), (.silent, \.silent),
        (.decodeError, \.decodeErrors), (.duplicate, \.duplicates), (.empty, \.empty), (.late, \.late),
        (.malformed, \.malformed), (.stray, \.stray), (.unknownPayload, \.unknownPayload), (.ahead, \.ahead),
    ]
    static let receiverSampleFields: [Field<RTPStatistics, Int64>] = [
        (.silenceSamples, \.silenceSamples), (.concealedSamples, \.concealedSamples), (.lostSamples, \.lostSamples),
    ]
    static let tableFields: [Field<RTPSourceTable.Statistics, UInt64>] = [
        (.onProbation, \.onProbation), (.overSSRCs, \.refused), (.ssrcCollision, \.collided),
    ]
    static let securityFields: [Field<SRTPSession.Statistics, UInt64>] = [
        (.notAuthentic, \.refused), (.replayed, \.replayed),
    ]
    static let portFields: [Field<PortStatistics, UInt64>] = [
        (.tooLong, \.tooLong), (.malformed, \.malformed), (.nameTaken, \.nameTaken),
        (.foreignReport, \.foreignReports),
    ]

    static let videoFields: [Field<VideoStatistics, UInt64>] = [
        (.videoPackets, \.packets), (.videoBytes, \.bytes), (.videoLost, \.lost), (.videoLate, \.late),
        (.videoMalformed, \.malformed), (.videoStray, \.stray), (.videoTooLong, \.tooLong),
        (.videoUnsupported, \.unsupported), (.assembledPictures, \.units), (.keyFrames, \.keyUnits),
        (.brokenPictures, \.brokenUnits), (.unreferencedPictures, \.unreferencedUnits),
        (.videoRestarts, \.restarts), (.keyFrameRequests, \.requests),
    ]
    static let pictureFields: [Field<PictureStatistics, UInt64>] = [
        (.pictureDrops, \.unlooked), (.videoMalformed, \.malformed), (.videoUnknownPayload, \.unknownPayload),
        (.videoOverRate, \.overRate), (.unqueuedPictures, \.unqueued),
    ]

    /// What a session adds.
    init(of engine: SessionEngine) {
        let dropped = engine.droppedHops
        self[.lateHops] = UInt64(clamping: dropped.late)
        self[.aheadHops] = UInt64(clamping: dropped.ahead)
        self[.refusedSpeakers] = UInt64(clamping: engine.refusedSpeakers)
    }

    mutating func add<Counted>(_ counted: Counted, _ fields: [Field<Counted, UInt64>]) {
        for (counter, field) in fields { self[counter] += counted[keyPath: field] }
    }

    /// What one receiver of plain RTP adds.
    init(of counted: RTPStatistics) {
        add(counted, Self.receiverFields)
        for (counter, field) in Self.receiverSampleFields { self[counter] += UInt64(clamping: counted[keyPath: field]) }
    }

    /// What one speaker of plain RTP adds.
    init(of speaker: RTPSpeaker) {
        self.init(of: speaker.receiver.statistics)
        self[.overload] = speaker.shedPackets
        analysisNanoseconds = speaker.feed.analysisNanoseconds
    }
}
