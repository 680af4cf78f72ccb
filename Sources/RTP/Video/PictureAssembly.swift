/// Puts pictures together from packets whose turn has come, and knows whether a key frame is needed.
struct PictureAssembly: ~Copyable {
    /// When a key frame is asked for.
    var requests = KeyFrameRequests()

    private let payload: VideoPayload
    private var picture: PictureBytes
    private var h264 = H264Packets(), vp8 = VP8Packets()
    /// Of the picture that is put together; nil before its first packet.
    private var timestamp: Int64?
    /// Whether something of it is missing, and whether something was missing just now.
    private var isBroken = false, hasGap = false

    init(_ payload: VideoPayload, maxBytes: Int) {
        self.payload = payload
        picture = PictureBytes(capacity: maxBytes)
    }

    /// Forgets what is there and waits for a key frame.
    mutating func restart() {
        begin(nil)
        hasGap = false
        requests.needAnew()
    }

    /// Packets are missing before the next one.
    mutating func noteLoss() {
        hasGap = true
        requests.need()
    }

    /// Takes a packet whose turn it is.
    mutating func take(
        _ tag: PacketTag, _ content: RawSpan, _ statistics: inout VideoStatistics,
        into sink: (VideoUnit, RawSpan) -> Void
    ) {
        // What is missing may be the end of the one picture, the begin of the other, or both.
        let followsGap = hasGap
        hasGap = false
        if timestamp != tag.timestamp {
            // A picture ends with its marker; where that is missing, with the next one's first packet.
            if followsGap { isBroken = true }
            finish(tag.arrivalNanoseconds, &statistics, into: sink)
            begin(tag.timestamp)
        }
        if followsGap { isBroken = true }
        do throws(VideoPayloadError) {
            switch payload {
            case .h264: try h264.take(content, into: &picture)
            case .vp8: try vp8.take(content, into: &picture)
            }
        } catch {
            switch error {
            case .malformed: statistics.malformed += 1
            case .unsupported: statistics.unsupported += 1
            case .withoutBegin, .tooLong: break
            }
            isBroken = true
        }
        guard tag.mark == 1 else { return }
        finish(tag.arrivalNanoseconds, &statistics, into: sink)
        begin(nil)
    }

    private mutating func begin(_ timestamp: Int64?) {
        self.timestamp = timestamp
        isBroken = false
        picture.removeAll()
        h264.reset()
        vp8.reset()
    }

    /// Hands on the picture that is put together, where it is whole and what it refers to was handed on.
    private mutating func finish(
        _ arrival: Int64, _ statistics: inout VideoStatistics, into sink: (VideoUnit, RawSpan) -> Void
    ) {
        guard let timestamp else { return }
        let (isWhole, isKey) =
            switch payload {
            case .h264: (h264.isWhole, h264.hasKey)
            case .vp8: (vp8.isWhole, vp8.hasKey)
            }
        guard !isBroken, isWhole, picture.count > 0 else {
            statistics.brokenUnits += 1
            return requests.need()
        }
        if isKey { requests.satisfy() }
        guard !requests.isNeeded else { return statistics.unreferencedUnits += 1 }
        statistics.units += 1
        if isKey { statistics.keyUnits += 1 }
        picture.lend { sink(VideoUnit(timestamp: timestamp, isKey: isKey, arrivalNanoseconds: arrival), $0) }
    }
}
