import CFFmpeg
import MediaTypes

/// Decodes the packets of one stream of pictures, as far as they are looked at, and hands each picture on at once: none
/// is kept.
final class PictureDecoder {
    let track: PictureTrack
    private(set) var counts = PictureCounts()
    /// What is odd about the pictures, a line each; each is said once.
    private(set) var oddities: [String] = []
    /// When the last picture came, in seconds of the input.
    private(set) var latestSeconds: Double?

    // Belongs to the format context, which outlives every call.
    private let stream: UnsafeMutablePointer<AVStream>
    private let source: ErrorSource
    private let intervalSeconds: Double
    /// So much before it is due a picture counts as due: frames don't lie on the grid of looks.
    private var slackSeconds: Double { intervalSeconds / 4 }
    private var codec: VideoCodec?
    private var waitsForKey = true
    private var packetsWithoutKey = 0
    private var missedSeconds: Double?
    private var nextSeconds = -Double.infinity
    private var errorsInRow = 0

    /// Packets without a key frame after which that is said.
    private static let mostPacketsWithoutKey = 300
    /// Packets in a row that cannot be decoded after which a decoder begins anew at the next key frame.
    private static let mostErrorsInRow = 100
    /// Codecs of meetings and their recordings; others are left alone.
    static let codecs: Set<AVCodecID.RawValue> = Set(
        [
            AV_CODEC_ID_H264, AV_CODEC_ID_VP8, AV_CODEC_ID_VP9, AV_CODEC_ID_AV1, AV_CODEC_ID_HEVC,
            AV_CODEC_ID_MPEG1VIDEO,
            AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_MJPEG,
        ].map(\.rawValue))

    init(
        _ stream: UnsafeMutablePointer<AVStream>, track: PictureTrack, rateHz: Double, source: ErrorSource
    ) {
        self.stream = stream
        self.track = track
        self.source = source
        intervalSeconds = 1 / max(0.1, rateHz)
    }

    /// A packet that nobody may look at: the decoder is let go of, and begins anew at a key frame.
    func drop() {
        counts.droppedPackets += 1
        codec = nil
        waitsForKey = true
        latestSeconds = nil
    }

    /// The time at which it is to be said that no picture comes, once a second; nil where there is nothing to say.
    func missing(at audioSeconds: Double) -> Double? {
        let since = max(latestSeconds ?? 0, missedSeconds.map { $0 - DemuxedSource.missingSeconds + 1 } ?? 0)
        guard audioSeconds - since >= DemuxedSource.missingSeconds else { return nil }
        missedSeconds = audioSeconds
        return audioSeconds
    }

    /// Decodes a packet (nil: the end) and hands on the pictures that are due.
    ///
    /// - Parameter place: turns seconds of the stream's clock into those of the input; nil where that can't be told
    ///   yet.
    func decode(
        _ packet: UnsafeMutablePointer<AVPacket>?, place: (Double) -> Double?,
        look: (Double, borrowing Picture) -> Void
    ) {
        if let packet {
            guard begins(at: packet) else {
                counts.droppedPackets += 1
                return
            }
        } else if codec == nil {
            return
        }
        guard let codec = codec ?? open() else { return }
        self.codec = codec
        if let packet {
            let seconds = seconds(
                of: packet.pointee.pts == attune_no_timestamp ? packet.pointee.dts : packet.pointee.pts)
            // A frame that no other refers to, and that nobody will look at, is not decoded.
            let isWanted = seconds.flatMap(place).map { $0 >= nextSeconds - slackSeconds } ?? true
            codec.skipsUnreferenced(!isWanted)
            if !isWanted, packet.pointee.flags & AV_PKT_FLAG_DISPOSABLE != 0 {
                counts.droppedPackets += 1
                return
            }
        }
        if packet != nil { counts.decodedPackets += 1 }
        let code = codec.send(packet)
        if code < 0, code != attune_error_eof { fail() }
        receive(codec, place, look)
    }

    private func receive(_ codec: VideoCodec, _ place: (Double) -> Double?, _ look: (Double, borrowing Picture) -> Void)
    {
        while true {
            let code = codec.receive()
            guard code >= 0 else {
                if code != attune_error_again, code != attune_error_eof { fail() }
                return
            }
            errorsInRow = 0
            guard let seconds = codec.timestamp.flatMap(seconds(of:)).flatMap(place) ?? latestSeconds else { continue }
            latestSeconds = max(seconds, latestSeconds ?? seconds)
            // A clock that went back a little repeats itself; one that went back far has begun anew.
            if seconds < nextSeconds - slackSeconds, nextSeconds - seconds <= 2 * intervalSeconds { continue }
            switch codec.picture {
            case .success(let picture):
                // As if every look had come in time: a rate that does not divide by ours keeps ours on average.
                nextSeconds =
                    seconds - nextSeconds < intervalSeconds ? nextSeconds + intervalSeconds : seconds + intervalSeconds
                counts.pictures += 1
                picture.lend { look(seconds, $0) }
            case .failure(let refusal):
                counts.errors += 1
                say(refusal.text)
                nextSeconds = seconds + 1
            }
        }
    }

    /// Whether decoding goes on with this packet, or begins with it.
    private func begins(at packet: UnsafeMutablePointer<AVPacket>) -> Bool {
        if packet.pointee.flags & AV_PKT_FLAG_KEY != 0 {
            waitsForKey = false
            packetsWithoutKey = 0
        }
        guard waitsForKey else { return true }
        packetsWithoutKey += 1
        if packetsWithoutKey == Self.mostPacketsWithoutKey { say("no key frame has come; its pictures are not seen") }
        return false
    }

    private func open() -> VideoCodec? {
        switch VideoCodec.open(stream) {
        case .success(let codec): return codec
        case .failure(let refusal):
            counts.errors += 1
            waitsForKey = true
            say(refusal.text)
            return nil
        }
    }

    private func fail() {
        counts.errors += 1
        errorsInRow += 1
        guard errorsInRow >= Self.mostErrorsInRow else { return }
        errorsInRow = 0
        codec = nil
        waitsForKey = true
        say("its pictures cannot be decoded; the next key frame is waited for")
    }

    private func say(_ text: String) {
        let line = "video \(track.index): \(text)"
        if oddities.count < 8, !oddities.contains(line) { oddities.append(line) }
    }

    private func seconds(of timestamp: Int64) -> Double? {
        guard timestamp != attune_no_timestamp, stream.pointee.time_base.den != 0 else { return nil }
        return Double(timestamp) * Double(stream.pointee.time_base.num) / Double(stream.pointee.time_base.den)
    }
}
