/// Pictures that were put together, as a stream that decoders in another process read: a live Matroska file (RFC 9559)
/// of one track, with a cluster for each picture. What is H.264 stays a byte stream with start codes.
public enum PictureStream {
    /// Ids of the elements that are written (RFC 9559, section 5.1).
    private enum Element {
        static let header: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3], type: [UInt8] = [0x42, 0x82]
        static let version: [UInt8] = [0x42, 0x87], readVersion: [UInt8] = [0x42, 0x85]
        static let segment: [UInt8] = [0x18, 0x53, 0x80, 0x67], info: [UInt8] = [0x15, 0x49, 0xA9, 0x66]
        static let scale: [UInt8] = [0x2A, 0xD7, 0xB1]
        static let muxer: [UInt8] = [0x4D, 0x80], writer: [UInt8] = [0x57, 0x41]
        static let tracks: [UInt8] = [0x16, 0x54, 0xAE, 0x6B], entry: [UInt8] = [0xAE]
        static let number: [UInt8] = [0xD7], uid: [UInt8] = [0x73, 0xC5], kind: [UInt8] = [0x83]
        static let lacing: [UInt8] = [0x9C], codec: [UInt8] = [0x86]
        static let cluster: [UInt8] = [0x1F, 0x43, 0xB6, 0x75], time: [UInt8] = [0xE7], block: [UInt8] = [0xA3]
    }

    /// What the stream begins with.
    public static func header(of payload: VideoPayload) -> [UInt8] {
        let codec =
            switch payload {
            case .h264: "V_MPEG4/ISO/AVC"
            case .vp8: "V_VP8"
            }
        // Of no declared size: the pictures themselves have theirs.
        let entry =
            number(Element.number, 1) + number(Element.uid, 1) + number(Element.kind, 1) + number(Element.lacing, 0)
            + text(Element.codec, codec)
        // The segment is as long as it will be.
        return element(
            Element.header,
            text(Element.type, "matroska") + number(Element.version, 4) + number(Element.readVersion, 2))
            + Element.segment + [0x01] + [UInt8](repeating: 0xFF, count: 7)
            + element(
                Element.info,
                number(Element.scale, 1_000_000) + text(Element.muxer, "attune") + text(Element.writer, "attune"))
            + element(Element.tracks, element(Element.entry, entry))
    }

    /// What stands in front of a picture's bytes.
    ///
    /// - Parameters:
    ///   - milliseconds: when it was taken, from the start of the stream; what is below 0 counts as 0.
    ///   - byteCount: how many bytes follow.
    public static func head(milliseconds: Int64, isKey: Bool, byteCount: Int) -> [UInt8] {
        // Number of the track, time relative to the cluster's, and whether it needs none before it.
        let block: [UInt8] = [0x81, 0, 0, isKey ? 0x80 : 0]
        let opened = Element.block + size(block.count + byteCount) + block
        let time = number(Element.time, UInt64(max(0, milliseconds)))
        return Element.cluster + size(time.count + opened.count + byteCount) + time + opened
    }

    private static func element(_ id: [UInt8], _ content: [UInt8]) -> [UInt8] { id + size(content.count) + content }

    private static func number(_ id: [UInt8], _ value: UInt64) -> [UInt8] { element(id, bigEndian(value)) }

    private static func text(_ id: [UInt8], _ text: String) -> [UInt8] { element(id, Array(text.utf8)) }

    /// A size in eight bytes, the first of which says how many there are.
    private static func size(_ count: Int) -> [UInt8] { bigEndian(UInt64(max(0, count)) | 1 << 56) }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
