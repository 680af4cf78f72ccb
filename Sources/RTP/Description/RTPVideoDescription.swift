/// Where the pictures of an `m=video` section arrive, and what they are.
public struct RTPVideoDescription: Sendable, Hashable {
    /// Numeric IPv4 or IPv6 address, without brackets.
    public var address: String
    /// UDP port, 1…65535.
    public var port: UInt16
    /// The codec, and the payload types, 0…127, that carry it.
    public var payload: VideoPayload, types: Set<UInt8>
    /// What the sender says once instead of with each key frame: parameter sets of H.264, as a byte stream with start
    /// codes.
    public var parameterSets: [UInt8]

    /// A description with every field given.
    public init(
        address: String, port: UInt16, payload: VideoPayload, types: Set<UInt8>, parameterSets: [UInt8] = []
    ) {
        self.address = address
        self.port = port
        self.payload = payload
        self.types = types
        self.parameterSets = parameterSets
    }
}

/// Why the pictures of a section cannot be looked at, in one line that says what to do.
public struct RTPVideoRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// Line of the section in its description.
    public var line: Int
    /// The line of text.
    public var description: String
}

/// Collects the lines of an `m=video` section. Whatever is wrong with it, the rest of the description can be used.
struct VideoSection {
    private let line: Int
    private let media: [Substring]
    private var address: Substring?
    private var codecs: [UInt8: (name: String, clockRateHz: Int)] = [:]
    private var parameters: [UInt8: [String: String]] = [:]

    /// Most bytes of parameter sets that are taken.
    private static let maxParameterBytes = 4_096

    /// - Parameter media: the words behind `m=`.
    init(line: Int, media: [Substring]) {
        self.line = line
        self.media = media
    }

    /// Whether it is switched off.
    var isOff: Bool { media.count > 1 && media[1].split(separator: "/").first.flatMap { UInt16($0) } == 0 }

    /// Takes the address of a `c=` line, which may be none.
    mutating func connect(to address: Substring?) { self.address = address ?? "" }

    /// Takes what stands behind `a=`.
    mutating func read(attribute: Substring) {
        guard let colon = attribute.firstIndex(of: ":") else { return }
        let words = attribute[attribute.index(after: colon)...].split(separator: " ", maxSplits: 1)
        guard words.count == 2, let type = UInt8(words[0]), type < 128 else { return }
        switch attribute[..<colon].lowercased() {
        case "rtpmap":
            let parts = words[1].split(separator: "/")
            guard let name = parts.first else { return }
            codecs[type] = (name.lowercased(), parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        case "fmtp": parameters[type] = SDPParser.parameters(words[1])
        default: break
        }
    }

    /// What the section describes.
    ///
    /// - Parameter sessionAddress: the address of a section that has none of its own.
    func described(sessionAddress: String?) -> Result<RTPVideoDescription, RTPVideoRefusal> {
        guard media.count >= 4, let port = media[1].split(separator: "/").first.flatMap({ UInt16($0) }) else {
            return refusal("its line is incomplete; write m=video PORT RTP/AVP PAYLOAD-TYPE…")
        }
        let transport = media[2].uppercased()
        guard transport == "RTP/AVP" || transport == "RTP/AVPF" else {
            return refusal("its transport \(transport.prefix(40)) is not taken; have the sender use RTP/AVP")
        }
        let address = address.map(String.init) ?? sessionAddress ?? ""
        guard NumericAddress.isIPv4(address[...]) || NumericAddress.isIPv6(address[...]) else {
            return refusal("it has no numeric address; add a line such as c=IN IP4 127.0.0.1")
        }
        let offered = media[3...].compactMap { UInt8($0) }.filter { $0 < 128 }
        // The first that can be looked at, in the order of the section.
        guard let first = offered.first(where: { payload(of: $0) != nil }), let payload = payload(of: first) else {
            let names = Set(offered.compactMap { codecs[$0]?.name.uppercased().prefix(20) }).sorted()
            let offer = names.isEmpty ? "nothing that has a name" : "only " + names.joined(separator: ", ")
            return refusal("it offers \(offer); send H264 or VP8")
        }
        let types = Set(offered.filter { self.payload(of: $0) == payload })
        return .success(
            RTPVideoDescription(
                address: address, port: port, payload: payload, types: types,
                parameterSets: payload == .h264 ? parameterSets(of: first) : []))
    }

    private func refusal(_ text: String) -> Result<RTPVideoDescription, RTPVideoRefusal> {
        .failure(RTPVideoRefusal(line: line, description: text))
    }

    private func payload(of type: UInt8) -> VideoPayload? {
        guard let codec = codecs[type], codec.clockRateHz == VideoPayload.clockRateHz,
            let payload = VideoPayload(rawValue: codec.name)
        else { return nil }
        // Interleaved packets (RFC 6184, section 5.3) are for films.
        if payload == .h264, parameters[type]?["packetization-mode"] == "2" { return nil }
        return payload
    }

    /// Those of `sprop-parameter-sets` (RFC 6184, section 8.1).
    private func parameterSets(of type: UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in (parameters[type]?["sprop-parameter-sets"] ?? "").split(separator: ",") {
            guard let unit = Base64.bytes(of: text.utf8), !unit.isEmpty,
                bytes.count + unit.count + 4 <= Self.maxParameterBytes
            else { return [] }
            bytes += [0, 0, 0, 1] + unit
        }
        return bytes
    }
}
