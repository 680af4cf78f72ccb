/// Looks at what arrives on a port, and says what is wrong with it where nothing comes of it.
///
/// It knows no more than the datagrams show: sizes, payload types, the first byte of payloads that should be Opus.
/// Has no clock and no thread; whoever owns it asks once in a while and begins a new window then.
public struct RTPProbe: Sendable {
    /// What is wrong.
    public enum Finding: Sendable, Hashable {
        /// Packets are longer than is taken.
        case tooLong
        /// What comes is neither RTP nor RTCP.
        case malformed
        /// Packets have no payload.
        case empty
        /// Packets have a payload type that is not decoded.
        case unknownType(UInt8)
        /// Redundant audio (RFC 2198).
        case redundant
        /// What should be Opus has the size of 16-bit samples, at this rate where that can be told.
        case looksLikeL16(rateHz: Int?)
        /// What should be Opus has the size of G.711.
        case looksLikeG711
        /// Payloads are not what the codec makes: encrypted, or of another codec.
        case undecodable(AudioCodec)
    }

    /// Packets from which something can be told.
    private static let least = 3
    /// Packets from which the first bytes of payloads tell something, and how many different ones no encoder of Opus
    /// has in them: it changes between a few modes (RFC 6716, section 3.1), samples and ciphertext are anything.
    private static let minForModes = 40, maxModes = 16
    /// One packet of so many that the decoder of Opus does not take is too much: it takes nearly anything, and a
    /// network damages none.
    private static let oneIn = 5
    /// What an SRTP payload has more than a plain one: an authentication tag of HMAC-SHA1-80 or -32, or of GCM.
    private static let tagBytes: Set<Int> = [4, 10, 16]

    private struct Window: Sendable {
        var rtp = 0, tooLong = 0, malformed = 0, empty = 0, unknown = 0, redundant = 0
        var unknownType: UInt8?
        /// Packets that follow on the one before them, and what their size tells.
        var following = 0, twoPerTick = 0, onePerTick = 0, tagged = 0
        var ticks: Int64 = 0, nanoseconds: Int64 = 0
        var opus = 0
        /// Which first bytes of Opus payloads came, a bit each.
        var modes = SIMD4<UInt64>.zero
        var modeCount: Int { (0..<4).reduce(0) { $0 + modes[$1].nonzeroBitCount } }
    }

    private let formats: [UInt8: AudioFormat]
    private var window = Window()
    private var latest: (packet: RTPPacket, arrivalNanoseconds: Int64)?

    private let known: Set<UInt8>

    /// A probe for a port that decodes the payload types in `formats`.
    ///
    /// - Parameter known: further types that are taken, for what they are.
    public init(formats: [UInt8: AudioFormat], known: Set<UInt8> = []) {
        self.known = known
        self.formats = formats
    }

    /// Takes note of a datagram that was read as `content`; one that is too long to be taken is malformed as that.
    public mutating func note(_ datagram: RawSpan, as content: DatagramContent, arrivalNanoseconds: Int64) {
        switch content {
        case .packet(let packet): note(packet, of: datagram, arrivalNanoseconds)
        case .compound: break
        case .malformed(.tooLong): window.tooLong += 1
        case .malformed: window.malformed += 1
        }
    }

    private mutating func note(_ packet: RTPPacket, of datagram: RawSpan, _ arrivalNanoseconds: Int64) {
        window.rtp += 1
        guard packet.payload.upperBound <= datagram.byteCount else { return }
        let payload = datagram.extracting(packet.payload)
        guard !payload.isEmpty else {
            window.empty += 1
            return
        }
        guard !known.contains(packet.payloadType) else { return }
        if Self.isRedundant(payload) {
            // Of audio that is decoded it is taken apart.
            if let blocks = RedundantAudio(payload), formats[blocks.primary.payloadType] != nil,
                formats[packet.payloadType] == nil
            {
                return
            }
            window.redundant += 1
        }
        guard let format = formats[packet.payloadType] else {
            window.unknown += 1
            if window.unknownType == nil { window.unknownType = packet.payloadType }
            return
        }
        note(packet, payload, format, arrivalNanoseconds)
        latest = (packet, arrivalNanoseconds)
    }

    private mutating func note(
        _ packet: RTPPacket, _ payload: RawSpan, _ format: AudioFormat, _ arrivalNanoseconds: Int64
    ) {
        if format.codec == .opus {
            window.opus += 1
            let mode = Int(payload.uint8(at: 0))
            window.modes[mode / 64] |= 1 << UInt64(mode % 64)
        }
        guard let latest, latest.packet.ssrc == packet.ssrc, latest.packet.payloadType == packet.payloadType,
            latest.packet.sequence &+ 1 == packet.sequence
        else { return }
        let ticks = Int(packet.timestamp &- latest.packet.timestamp)
        guard (1...48_000).contains(ticks) else { return }
        window.following += 1
        window.ticks += Int64(ticks)
        window.nanoseconds &+= arrivalNanoseconds &- latest.arrivalNanoseconds
        if payload.byteCount == 2 * ticks { window.twoPerTick += 1 }
        if payload.byteCount == ticks { window.onePerTick += 1 }
        if [.pcmu, .pcma].contains(format.codec), Self.tagBytes.contains(payload.byteCount - ticks * format.channels) {
            window.tagged += 1
        }
    }

    /// What is wrong with what came since the last call; nil where nothing came or it looks right.
    ///
    /// - Parameter decodeErrors: how many of the packets the codec did not take.
    public mutating func finding(decodeErrors: Int) -> Finding? {
        let window = window
        self.window = Window()
        let all = window.rtp + window.tooLong + window.malformed
        guard all >= Self.least else { return nil }
        func isMost(_ count: Int, of all: Int) -> Bool { all > 0 && 2 * count > all }
        if isMost(window.tooLong, of: all) { return .tooLong }
        if isMost(window.malformed, of: all) { return .malformed }
        if isMost(window.empty, of: window.rtp) { return .empty }
        if isMost(window.redundant, of: window.rtp) { return .redundant }
        if isMost(window.unknown, of: window.rtp), let type = window.unknownType { return .unknownType(type) }
        let hasNoModes = window.opus >= Self.minForModes && window.modeCount > Self.maxModes
        if window.opus > 0, hasNoModes || Self.oneIn * decodeErrors > window.opus {
            func isUsual(_ count: Int) -> Bool { count > 0 && 5 * count >= 4 * window.following }
            if isUsual(window.twoPerTick) { return .looksLikeL16(rateHz: Self.rate(of: window)) }
            if isUsual(window.onePerTick) { return .looksLikeG711 }
            return .undecodable(.opus)
        }
        if window.following >= Self.least, 5 * window.tagged >= 4 * window.following { return .undecodable(.pcmu) }
        if isMost(decodeErrors, of: window.rtp) { return .undecodable(formats.values.first?.codec ?? .opus) }
        return nil
    }

    /// The rate of PCM whose timestamps advance like those of the window; nil where there is none like that.
    private static func rate(of window: Window) -> Int? {
        guard window.following > 0, window.nanoseconds > 0 else { return nil }
        let measured = Double(window.ticks) * 1e9 / Double(window.nanoseconds)
        let nearest = AudioFormat.pcmRatesHz.min { abs(Double($0) - measured) < abs(Double($1) - measured) }
        return nearest.flatMap { abs(Double($0) - measured) < 0.1 * measured ? $0 : nil }
    }

    /// Whether a payload is built like redundant audio: headers that say that another block follows, with lengths that
    /// fit, and a last one that does not (RFC 2198, section 3).
    private static func isRedundant(_ payload: RawSpan) -> Bool {
        var place = 0
        var blocks = 0
        while place < payload.byteCount {
            let first = payload.uint8(at: place)
            guard first & 0x80 != 0 else {
                let hasOlder = place > 0
                return hasOlder && place + 1 + blocks <= payload.byteCount
            }
            guard place + 4 <= payload.byteCount, (first & 0x7F) >= 96 || (first & 0x7F) < 35 else { return false }
            let high = Int(payload.uint8(at: place + 2) & 0x03)
            blocks += high << 8 | Int(payload.uint8(at: place + 3))
            place += 4
        }
        return false
    }
}
