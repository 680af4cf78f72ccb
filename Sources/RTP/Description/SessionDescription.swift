/// Why a session description cannot be used.
public struct SDPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Line of the description, from 1; 0 where the whole of it is meant.
    public var line: Int
    /// What is wrong.
    public var problem: String
    /// What to do about it, in one line.
    public var remedy: String

    /// The error as one line of text.
    public var description: String {
        let place = line > 0 ? "line \(line): " : ""
        return "\(place)\(problem); \(remedy)"
    }
}

/// The streams of a session description (SDP, RFC 8866).
///
/// Reads what a receiver of plain RTP needs (`c=`, `m=audio`, `m=video`, `a=rtpmap`, `a=fmtp`, `a=ptime`, `a=extmap`,
/// `a=crypto`) and skips everything else, so descriptions without `v=`, `o=`, `s=` or `t=` are taken too.
public struct SessionDescription: Sendable, Hashable {
    /// Longest description taken, in bytes.
    public static let maxBytes = 65_536

    /// One per `m=audio` line that is not switched off (port 0), in order; never empty.
    public let streams: [RTPStreamDescription]

    /// One per `m=video` line that is not switched off, in order: its pictures, or why they can't be looked at.
    public let videos: [Result<RTPVideoDescription, RTPVideoRefusal>]

    /// What was left out because it could not be read, though the rest can be used; a line each.
    public let warnings: [String]

    /// A description of streams that is written nowhere.
    public init(streams: [RTPStreamDescription]) {
        self.streams = streams
        videos = []
        warnings = []
    }

    /// Without white space at the ends, and with single spaces: phones and cameras write it in either place.
    private static func trimmed(_ line: Substring) -> Substring {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
        return words.joined(separator: " ")[...]
    }

    /// Reads a description.
    ///
    /// - Throws: `SDPError` at the first line that cannot be used. Never traps.
    public init(parsing text: String) throws(SDPError) {
        guard text.utf8.count <= Self.maxBytes else {
            throw SDPError(
                line: 0, problem: "the description is longer than \(Self.maxBytes) bytes",
                remedy: "give the SDP of one session only")
        }
        var parser = SDPParser()
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            try parser.read(line: Self.trimmed(Substring(bytes)), number: index + 1)
        }
        streams = try parser.finish()
        videos = parser.videos
        warnings = parser.warnings
    }
}

/// Collects the lines of a description, media section by media section.
struct SDPParser {
    private struct Section {
        var line: Int
        var port: UInt16
        var payloadTypes: [UInt8]
        var address: String?
        var maps: [UInt8: (payload: PayloadDescription, line: Int)] = [:]
        var parameters: [UInt8: [String: String]] = [:]
        var packetMilliseconds: Int?
        var levelExtension: UInt8?
        var isSecure = false
        var key: SRTPKey?
        /// Why the last key offered cannot be used.
        var keyProblem: SRTPKey.Problem?
    }

    private enum Place {
        case session
        case audio(Section)
        case video(VideoSection)
        /// A media section that is not read, or is switched off (port 0).
        case other
    }

    private var place = Place.session
    private var sessionAddress: String?
    private var streams: [RTPStreamDescription] = []
    private var videoSections: [VideoSection] = []
    private(set) var videos: [Result<RTPVideoDescription, RTPVideoRefusal>] = []
    private var number = 0
    private(set) var warnings: [String] = []

    mutating func read(line: Substring, number: Int) throws(SDPError) {
        self.number = number
        // A byte order mark, as editors leave it.
        let line = number == 1 && line.hasPrefix("\u{FEFF}") ? line.dropFirst() : line
        guard let equals = line.firstIndex(of: "=") else { return }
        let value = line[line.index(after: equals)...].drop { $0 == " " }
        switch line[..<equals].lowercased().filter({ $0 != " " }) {
        case "v":
            guard value == "0" else {
                throw error("version \(shown(value)) is unknown", "the line must read v=0")
            }
        case "c":
            try readConnection(value)
        case "m":
            try closeSection()
            try openSection(value)
        case "a":
            if case .video(var section) = place {
                section.read(attribute: value)
                place = .video(section)
            } else if case .audio(var section) = place {
                // What an attribute says of one payload type is not needed for the others.
                do throws(SDPError) { try readAttribute(value, into: &section) } catch { warn(error) }
                place = .audio(section)
            }
        default:
            break
        }
    }

    mutating func finish() throws(SDPError) -> [RTPStreamDescription] {
        try closeSection()
        videos = videoSections.map { $0.described(sessionAddress: sessionAddress) }
        for case (let index, .failure(let refusal)) in videos.enumerated() {
            let text = "the pictures of m=video \(index) are not looked at: \(refusal.description)"
            if warnings.count < 16 { warnings.append("line \(refusal.line): \(text)") }
        }
        guard !streams.isEmpty else {
            throw SDPError(
                line: 0, problem: "there is no audio stream with a port",
                remedy: "add a line such as m=audio 5004 RTP/AVP 96")
        }
        return streams
    }

    // MARK: Lines

    private mutating func readConnection(_ value: Substring) throws(SDPError) {
        if case .other = place { return }
        let words = value.split(separator: " ")
        // A multicast address may carry its TTL or a count of addresses: 224.2.36.42/127.
        let address = words.count == 3 ? words[2].split(separator: "/").first : nil
        if case .video(var section) = place {
            section.connect(to: address)
            place = .video(section)
            return
        }
        guard let address, words[0] == "IN",
            words[1] == "IP4" && NumericAddress.isIPv4(address)
                || words[1] == "IP6" && NumericAddress.isIPv6(address)
        else {
            throw error(
                "\(shown(value)) is not a numeric address", "write c=IN IP4 127.0.0.1 or c=IN IP6 ::1")
        }
        if case .audio(var section) = place {
            section.address = String(address)
            place = .audio(section)
        } else {
            sessionAddress = String(address)
        }
    }

    private mutating func openSection(_ value: Substring) throws(SDPError) {
        let words = value.split(separator: " ")
        guard let media = words.first, media.lowercased() == "audio" else {
            let section = VideoSection(line: number, media: words)
            place = words.first?.lowercased() == "video" && !section.isOff ? .video(section) : .other
            return
        }
        guard words.count >= 4 else {
            throw error("the media line is incomplete", "write m=audio PORT RTP/AVP PAYLOAD-TYPE…")
        }
        guard let port = words[1].split(separator: "/").first.flatMap({ UInt16($0) }) else {
            throw error("\(shown(words[1])) is not a port", "use a number from 1 to 65535")
        }
        if port == 0 {
            place = .other
            return
        }
        guard ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"].contains(words[2].uppercased()) else {
            throw error(
                "transport \(shown(words[2])) cannot be received",
                "have the sender use RTP/AVP, or RTP/SAVP with a=crypto")
        }
        var types: [UInt8] = []
        for word in words[3...] {
            guard let type = UInt8(word), type < 128 else {
                warn(error("\(shown(word)) is not a payload type", "use numbers from 0 to 127"))
                continue
            }
            types.append(type)
        }
        guard !types.isEmpty else {
            throw error("no payload type is named", "write m=audio PORT RTP/AVP with numbers from 0 to 127")
        }
        place = .audio(
            Section(
                line: number, port: port, payloadTypes: types, isSecure: words[2].uppercased().hasPrefix("RTP/SAVP")))
    }

    private func readAttribute(_ value: Substring, into section: inout Section) throws(SDPError) {
        guard let colon = value.firstIndex(of: ":") else { return }
        let argument = value[value.index(after: colon)...]
        switch value[..<colon].lowercased().filter({ $0 != " " }) {
        case "rtpmap":
            let (type, rest) = try payloadType(of: argument, "a=rtpmap:96 opus/48000/2")
            let plain: String = rest.filter { $0 != " " }
            var parts: [Substring] = plain.split(separator: "/")
            // A codec that has one clock may do without it.
            if parts.count == 1, let usual = AudioCodec(rawValue: parts[0].lowercased())?.usualClock {
                parts += usual
            }
            guard (2...3).contains(parts.count), let clock = Int(parts[1]), (1...1_000_000).contains(clock),
                let channels = parts.count == 3 ? Int(parts[2]) : 1, (1...255).contains(channels)
            else {
                throw error("\(shown(rest)) is not an encoding", "write it as a=rtpmap:96 opus/48000/2")
            }
            section.maps[type] = (
                PayloadDescription(encodingName: String(parts[0]), clockRateHz: clock, channels: channels),
                number
            )
        case "fmtp":
            let (type, rest) = try payloadType(of: argument, "a=fmtp:96 sprop-stereo=1")
            section.parameters[type] = Self.parameters(rest)
        case "ptime":
            // RFC 8866 allows fractions; whole milliseconds are enough for sizing.
            guard let milliseconds = Double(argument), (1...1_000).contains(milliseconds) else {
                throw error("\(shown(argument)) is not a packet time", "give milliseconds, as in a=ptime:20")
            }
            section.packetMilliseconds = Int(milliseconds)
        case "crypto":
            // a=crypto:1 SUITE inline:KEY; the first one that can be used counts (RFC 4568).
            let words = argument.split(separator: " ", maxSplits: 1)
            guard section.key == nil, words.count == 2 else { break }
            do throws(SRTPKey.Problem) {
                section.key = try SRTPKey(parsing: words[1])
            } catch {
                section.keyProblem = error
            }
        case "extmap":
            // a=extmap:1/recvonly urn:…
            let words = argument.split(separator: " ")
            guard words.count >= 2, words[1] == "urn:ietf:params:rtp-hdrext:ssrc-audio-level" else { break }
            guard let number = words[0].split(separator: "/").first.flatMap({ UInt8($0) }), number > 0 else {
                throw error("\(shown(words[0])) is no number of an extension", "write it as a=extmap:1 urn:…")
            }
            section.levelExtension = number
        default:
            break
        }
    }

    private func payloadType(
        of argument: Substring, _ example: String
    ) throws(SDPError) -> (UInt8, Substring) {
        let words = argument.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let type = UInt8(words[0]), type < 128 else {
            throw error("\(shown(argument)) names no payload type", "write it as \(example)")
        }
        return (type, words[1])
    }

    /// The parameters of an `a=fmtp` line, by name in lower case.
    static func parameters(_ text: Substring) -> [String: String] {
        var result: [String: String] = [:]
        for item in text.split(separator: ";") {
            let trimmed = item.drop { $0 == " " }
            let pair = trimmed.split(separator: "=", maxSplits: 1)
            guard let name = pair.first else { continue }
            result[name.lowercased()] = pair.count == 2 ? String(pair[1]) : ""
        }
        return result
    }

    // MARK: Sections

    private mutating func closeSection() throws(SDPError) {
        defer { place = .other }
        if case .video(let section) = place { videoSections.append(section) }
        guard case .audio(let section) = place else { return }
        guard let address = section.address ?? sessionAddress else {
            throw SDPError(
                line: section.line, problem: "the stream has no address",
                remedy: "add a line such as c=IN IP4 127.0.0.1")
        }
        if section.isSecure, section.key == nil {
            throw SDPError(
                line: section.line, problem: "the stream is SRTP without a key that can be used",
                remedy: section.keyProblem?.description ?? "add a line a=crypto:1 SUITE inline:KEY; DTLS is not taken")
        }
        var payloads: [UInt8: PayloadDescription] = [:]
        var undecodable: SDPError?
        for type in section.payloadTypes {
            if let (mapped, line) = section.maps[type] {
                var payload = mapped
                payload.parameters = section.parameters[type] ?? [:]
                if AudioCodec(rawValue: payload.encodingName.lowercased()) != nil, payload.format == nil {
                    // Some write the sampling rate of G.722 and Opus in place of their clock, which is always the same.
                    if let usual = payload.withUsualClock {
                        payload = usual
                    } else {
                        let problem = SDPError(
                            line: line,
                            problem: "\(shown(payload.encodingName[...])) at \(payload.clockRateHz) Hz with "
                                + "\(payload.channels) channels cannot be decoded",
                            remedy: "use opus/48000/2, or PCM with a usual rate from 8000 to 48000 Hz")
                        warn(problem)
                        undecodable = undecodable ?? problem
                    }
                }
                payloads[type] = payload
            } else if let format = AudioFormat.staticFormats[type] {
                payloads[type] = PayloadDescription(format)
            }
        }
        guard payloads.values.contains(where: { $0.format.map { $0.codec != .comfortNoise } ?? false }) else {
            if let undecodable { throw undecodable }
            throw SDPError(
                line: section.line, problem: "no payload type of the stream can be decoded",
                remedy: "offer opus, PCMU, PCMA, G722 or L16, dynamic types with their a=rtpmap line")
        }
        var stream = RTPStreamDescription(
            address: address, port: section.port, payloads: payloads,
            packetMilliseconds: section.packetMilliseconds, levelExtension: section.levelExtension)
        if section.isSecure { stream.key = section.key }
        streams.append(stream)
    }

    private func error(_ problem: String, _ remedy: String) -> SDPError {
        SDPError(line: number, problem: problem, remedy: remedy)
    }

    private mutating func warn(_ problem: SDPError) {
        if warnings.count < 16 { warnings.append(problem.description) }
    }

    /// A piece of the input fit for a message: quoted, short.
    private func shown(_ text: Substring) -> String {
        "\"\(text.prefix(40))\""
    }
}
