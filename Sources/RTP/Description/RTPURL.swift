/// Why a short-form address of an RTP stream cannot be used.
public struct RTPURLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A part of the address.
    public enum Part: String, Sendable, Hashable {
        /// `rtp://`.
        case scheme
        /// The numeric address.
        case address
        /// The UDP port.
        case port
        /// The name of a query item.
        case query
        /// `codec=`.
        case codec
        /// `pt=`.
        case payloadType = "pt"
        /// `rate=`.
        case rate
        /// `channels=`.
        case channels
        /// `interface=`.
        case interface
    }

    /// The part that is wrong.
    public var part: Part
    /// What to do about it, in one line.
    public var remedy: String

    /// The error as one line of text.
    public var description: String {
        "\(part.rawValue): \(remedy)"
    }
}

extension RTPStreamDescription {
    /// Longest short-form address taken, in bytes.
    public static let maxURLBytes = 512

    /// Reads `rtp://ADDR:PORT[?codec=opus|pcmu|pcma|g722|l16&pt=N&rate=HZ&channels=N&interface=NAME]`; IPv6 in
    /// brackets.
    ///
    /// Without `codec` the static payload types keep their meaning (RFC 3551) and each dynamic one is taken
    /// as Opus, which is what WebRTC gateways send. With `codec` but without `pt` it is the static payload
    /// type of that format if there is one, else each dynamic one.
    ///
    /// - Throws: `RTPURLError` naming the part that is wrong. Never traps.
    public init(url: String) throws(RTPURLError) {
        guard url.utf8.count <= Self.maxURLBytes, url.lowercased().hasPrefix("rtp://") else {
            throw RTPURLError(
                part: .scheme, remedy: "write rtp://ADDRESS:PORT, for example rtp://127.0.0.1:5004")
        }
        let pieces = url.dropFirst(6).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (address, port) = try Self.endpoint(pieces.first ?? "")
        let options = try Options(query: pieces.count == 2 ? pieces[1] : "")
        let payloads = try options.payloads()
        self.init(address: address, port: port, payloads: payloads.mapValues(PayloadDescription.init))
        interface = options.interface
    }

    private static func endpoint(_ text: Substring) throws(RTPURLError) -> (String, UInt16) {
        let host: Substring
        let rest: Substring
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]"),
                NumericAddress.isIPv6(text[text.index(after: text.startIndex)..<close])
            else {
                throw RTPURLError(
                    part: .address, remedy: "write an IPv6 address in brackets, as in rtp://[::1]:5004")
            }
            host = text[text.index(after: text.startIndex)..<close]
            rest = text[text.index(after: close)...]
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            guard NumericAddress.isIPv4(host) else {
                throw RTPURLError(
                    part: .address,
                    remedy: "give a numeric address, as in rtp://127.0.0.1:5004 or rtp://[::1]:5004")
            }
        }
        guard rest.first == ":", let port = UInt16(rest.dropFirst()) else {
            throw RTPURLError(
                part: .port, remedy: "end the address with a port from 1 to 65535, as in :5004, or 0 for a free one")
        }
        return (String(host), port)
    }

    private struct Options {
        var codec: AudioCodec?
        var payloadType: UInt8?
        var rateHz: Int?
        var channels: Int?
        var interface: String?

        init(query: Substring) throws(RTPURLError) {
            var seen: Set<Substring> = []
            for item in query.split(separator: "&") {
                let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let value = pair.count == 2 ? pair[1] : ""
                guard seen.insert(pair[0]).inserted else {
                    throw RTPURLError(
                        part: .query, remedy: "give each of codec, pt, rate, channels and interface only once")
                }
                switch pair[0] {
                case "codec":
                    codec = AudioCodec(rawValue: value.lowercased())
                    guard codec != nil, codec != .comfortNoise else {
                        throw RTPURLError(part: .codec, remedy: "use opus, pcmu, pcma, g722 or l16")
                    }
                case "pt":
                    payloadType = UInt8(value)
                    guard let payloadType, payloadType < 128 else {
                        throw RTPURLError(part: .payloadType, remedy: "use a number from 0 to 127")
                    }
                case "rate":
                    rateHz = Int(value)
                    guard let rateHz, AudioFormat.pcmRatesHz.contains(rateHz) else {
                        let rates = AudioFormat.pcmRatesHz.map(String.init).joined(separator: ", ")
                        throw RTPURLError(part: .rate, remedy: "use one of \(rates)")
                    }
                case "channels":
                    channels = Int(value)
                    guard let channels, (1...AudioFormat.maxChannels).contains(channels) else {
                        throw RTPURLError(
                            part: .channels, remedy: "use a number from 1 to \(AudioFormat.maxChannels)")
                    }
                case "interface":
                    guard (1...15).contains(value.utf8.count), !value.contains("/") else {
                        throw RTPURLError(part: .interface, remedy: "name a network interface, such as eth0")
                    }
                    interface = String(value)
                default:
                    throw RTPURLError(part: .query, remedy: "use only codec, pt, rate, channels and interface")
                }
            }
        }

        func payloads() throws(RTPURLError) -> [UInt8: AudioFormat] {
            guard let codec else {
                guard payloadType == nil, rateHz == nil, channels == nil else {
                    throw RTPURLError(part: .codec, remedy: "name the codec too, as in ?codec=l16&rate=16000")
                }
                return AudioFormat.staticFormats.merging(Self.dynamic(.opus)) { first, _ in first }
            }
            let format = try format(of: codec)
            if let payloadType { return [payloadType: format] }
            if let type = AudioFormat.staticFormats.first(where: { $0.value == format })?.key {
                return [type: format]
            }
            return Self.dynamic(format)
        }

        private func format(of codec: AudioCodec) throws(RTPURLError) -> AudioFormat {
            switch codec {
            case .opus:
                guard rateHz == nil || rateHz == 48_000 else {
                    throw RTPURLError(part: .rate, remedy: "leave it out: the clock of Opus is always 48000")
                }
                guard let format = AudioFormat(codec: codec, clockRateHz: 48_000, channels: channels ?? 2)
                else {
                    throw RTPURLError(part: .channels, remedy: "Opus has 1 or 2 channels")
                }
                return format
            case .pcmu, .pcma, .l16, .g722, .comfortNoise:
                let defaultRateHz = codec == .l16 ? 44_100 : 8_000
                guard
                    let format = AudioFormat(
                        codec: codec, clockRateHz: rateHz ?? defaultRateHz, channels: channels ?? 1)
                else {
                    throw RTPURLError(part: .rate, remedy: "use a rate and channel count that the codec can have")
                }
                return format
            }
        }

        private static func dynamic(_ format: AudioFormat) -> [UInt8: AudioFormat] {
            var result: [UInt8: AudioFormat] = [:]
            for type in AudioFormat.dynamicPayloadTypes { result[type] = format }
            return result
        }
    }
}
