/// A codec that the receiver decodes.
public enum AudioCodec: String, Sendable, Hashable, CaseIterable {
    /// Opus (RFC 6716, payload RFC 7587).
    case opus
    /// G.711 μ-law.
    case pcmu
    /// G.711 A-law.
    case pcma
    /// Linear 16-bit big-endian PCM.
    case l16
    /// G.722 at 64 kbit/s; its timestamps count 8 kHz, though it has 16 (RFC 3551, section 4.5.2).
    case g722
    /// Comfort noise (RFC 3389): says that silence follows; taken beside another codec only.
    case comfortNoise = "cn"
}

extension AudioCodec {
    /// Clock and channels as a session description writes them, of a codec that has no other.
    var usualClock: [Substring]? {
        switch self {
        case .opus: ["48000", "2"]
        case .pcmu, .pcma, .g722: ["8000"]
        case .l16, .comfortNoise: nil
        }
    }
}

/// How the payload of a payload type is to be decoded.
public struct AudioFormat: Sendable, Hashable {
    /// The sampling rates (Hz) that PCM formats may have.
    public static let pcmRatesHz = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]
    /// The most channels that a PCM format may have.
    public static let maxChannels = 8
    /// What WebRTC senders use.
    public static let opus = AudioFormat(uncheckedCodec: .opus, clockRateHz: 48_000, channels: 2)

    /// The codec.
    public let codec: AudioCodec
    /// Units of the RTP timestamp per second; for PCM also the sampling rate.
    public let clockRateHz: Int
    /// Interleaved channels; the receiver mixes them down to one.
    public let channels: Int

    /// A format, or nil where the receiver cannot decode it: Opus has a 48 kHz clock and 1 or 2 channels,
    /// PCM one of `pcmRatesHz` and at most `maxChannels`.
    public init?(codec: AudioCodec, clockRateHz: Int, channels: Int) {
        switch codec {
        case .opus:
            guard clockRateHz == 48_000, (1...2).contains(channels) else { return nil }
        case .g722:
            guard clockRateHz == 8_000, channels == 1 else { return nil }
        case .comfortNoise:
            guard channels == 1, Self.pcmRatesHz.contains(clockRateHz) else { return nil }
        case .pcmu, .pcma, .l16:
            guard Self.pcmRatesHz.contains(clockRateHz), (1...Self.maxChannels).contains(channels) else {
                return nil
            }
        }
        self.init(uncheckedCodec: codec, clockRateHz: clockRateHz, channels: channels)
    }

    private init(uncheckedCodec codec: AudioCodec, clockRateHz: Int, channels: Int) {
        self.codec = codec
        self.clockRateHz = clockRateHz
        self.channels = channels
    }

    /// The decodable formats of the static payload types (RFC 3551, table 4).
    public static let staticFormats: [UInt8: AudioFormat] = [
        0: AudioFormat(uncheckedCodec: .pcmu, clockRateHz: 8_000, channels: 1),
        8: AudioFormat(uncheckedCodec: .pcma, clockRateHz: 8_000, channels: 1),
        10: AudioFormat(uncheckedCodec: .l16, clockRateHz: 44_100, channels: 2),
        9: AudioFormat(uncheckedCodec: .g722, clockRateHz: 8_000, channels: 1),
        13: AudioFormat(uncheckedCodec: .comfortNoise, clockRateHz: 8_000, channels: 1),
        11: AudioFormat(uncheckedCodec: .l16, clockRateHz: 44_100, channels: 1),
    ]

    /// The payload types that have no fixed meaning (RFC 3551, section 6).
    public static let dynamicPayloadTypes: ClosedRange<UInt8> = 96...127
}

/// What a session description says about one payload type.
public struct PayloadDescription: Sendable, Hashable {
    /// Encoding name as given, for example `opus` or `telephone-event`.
    public var encodingName: String
    /// Units of the RTP timestamp per second.
    public var clockRateHz: Int
    /// Channels.
    public var channels: Int
    /// Format parameters (`a=fmtp`), names in lower case.
    public var parameters: [String: String]

    /// A description with every field given.
    public init(encodingName: String, clockRateHz: Int, channels: Int, parameters: [String: String] = [:]) {
        self.encodingName = encodingName
        self.clockRateHz = clockRateHz
        self.channels = channels
        self.parameters = parameters
    }

    /// The description of a decodable format.
    public init(_ format: AudioFormat) {
        self.init(
            encodingName: format.codec.rawValue, clockRateHz: format.clockRateHz, channels: format.channels)
    }

    /// The same with the clock that its codec always has, and what can be meant of channels; nil where that is no
    /// format either.
    var withUsualClock: PayloadDescription? {
        var usual = self
        switch AudioCodec(rawValue: encodingName.lowercased()) {
        case .opus: (usual.clockRateHz, usual.channels) = (48_000, 2)
        case .g722: (usual.clockRateHz, usual.channels) = (8_000, 1)
        default: return nil
        }
        return usual
    }

    /// The format, or nil where the receiver cannot decode this payload type.
    public var format: AudioFormat? {
        guard let codec = AudioCodec(rawValue: encodingName.lowercased()) else { return nil }
        return AudioFormat(codec: codec, clockRateHz: clockRateHz, channels: channels)
    }
}

/// Where one RTP stream arrives and what its payload types mean.
public struct RTPStreamDescription: Sendable, Hashable {
    /// Numeric IPv4 or IPv6 address, without brackets.
    public var address: String
    /// UDP port, 1…65535; 0 lets the system choose one.
    public var port: UInt16
    /// Payload types, 0…127.
    public var payloads: [UInt8: PayloadDescription]
    /// Length of a packet as announced (`a=ptime`).
    public var packetMilliseconds: Int?
    /// Key of the packets (SRTP); nil for plain RTP.
    public var key: SRTPKey?
    /// Name of the network interface on which a multicast group is joined; nil leaves it to the system.
    public var interface: String?
    /// Number of the header extension that carries the audio level (RFC 6464), if it is announced (`a=extmap`).
    public var levelExtension: UInt8?

    /// A description with every field given.
    public init(
        address: String, port: UInt16, payloads: [UInt8: PayloadDescription], packetMilliseconds: Int? = nil,
        levelExtension: UInt8? = nil
    ) {
        self.address = address
        self.port = port
        self.payloads = payloads
        self.packetMilliseconds = packetMilliseconds
        self.levelExtension = levelExtension
    }

    /// The payload types that the receiver can decode.
    public var formats: [UInt8: AudioFormat] {
        payloads.compactMapValues(\.format)
    }

    /// The payload types of what goes beside the audio, which is known not to be any: digits (RFC 4733).
    public var events: Set<UInt8> { types(named: "telephone-event") }

    /// The payload types of redundant audio (RFC 2198).
    public var redundant: Set<UInt8> { types(named: "red") }

    private func types(named name: String) -> Set<UInt8> {
        Set(payloads.filter { $0.value.encodingName.lowercased() == name }.keys)
    }
}
