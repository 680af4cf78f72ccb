import RTP

/// What a source has received, dropped and spent since it was attached.
struct SourceLoad: Sendable, Equatable {
    /// Plain RTP: well-formed packets, and those that were not there when their turn came.
    var packets = 0, lost = 0
    /// Plain RTP: packets that were dropped, by the reason.
    var dropped: [String: Int] = [:]
    /// CPU time of receiving and decoding, and of analysis.
    var decodeNanoseconds: Int64 = 0, analysisNanoseconds: Int64 = 0

    /// Why packets are dropped, as the metrics name it.
    static let reasons = [
        "decode_error", "duplicate", "late", "malformed", "overload", "refused", "stray", "unknown_payload",
    ]

    static func += (left: inout SourceLoad, right: SourceLoad) {
        left.packets += right.packets
        left.lost += right.lost
        left.dropped.merge(right.dropped, uniquingKeysWith: +)
        left.decodeNanoseconds += right.decodeNanoseconds
        left.analysisNanoseconds += right.analysisNanoseconds
    }
}

extension SourceLoad {
    /// What one speaker of plain RTP adds.
    init(of speaker: RTPSpeaker) {
        self.init(of: speaker.receiver.statistics)
        dropped["overload"] = Int(clamping: speaker.shedPackets)
        analysisNanoseconds = speaker.feed.analysisNanoseconds
    }

    /// What one receiver of plain RTP adds.
    init(of counted: RTPStatistics) {
        packets = Int(clamping: counted.packets)
        lost = Int(clamping: counted.lost)
        dropped = [
            "decode_error": counted.decodeErrors, "duplicate": counted.duplicates, "late": counted.late,
            "malformed": counted.malformed, "stray": counted.stray, "unknown_payload": counted.unknownPayload,
        ].mapValues { Int(clamping: $0) }
    }
}
