/// What a sender of live audio by WebSocket speaks; the first part of the path that it asks for.
public enum Dialect: String, Sendable, CaseIterable {
    /// Twilio Media Streams, and what Telnyx, Plivo, Exotel, SignalWire and Voximplant have made of them.
    case twilio
    /// Samples as binary messages: LiveKit's track egress, FreeSWITCH, Asterisk, Vonage.
    case raw
    /// The export of Jitsi's bridge: Opus as it came by RTP.
    case jitsi
    /// Recall.ai's bots.
    case recall
    /// Attendee's bots.
    case attendee
    /// Vexa's bots.
    case vexa
    /// Genesys AudioHook, version 2.
    case genesys
    /// Azure Communication Services, and Teams by them.
    case acs
    /// The media socket of Zoom RTMS, which the daemon connects to.
    case zoom

    /// Those that senders ask for.
    public static let served = allCases.filter { $0 != .zoom }

    /// Whether those who speak come and go, named by the sender: then the order says nothing.
    public var namesParticipants: Bool {
        switch self {
        case .jitsi, .recall, .attendee, .vexa, .acs, .zoom: true
        case .twilio, .raw, .genesys: false
        }
    }
}

/// How samples lie in a message.
public enum WireEncoding: String, Sendable, CaseIterable {
    /// Linear 16-bit samples; `s16be` in network byte order.
    case s16le, s16be
    /// Floats, full scale ±1.
    case f32le
    /// G.711.
    case mulaw, alaw
    /// G.722 at 64 kbit/s.
    case g722
    /// A packet of Opus.
    case opus

    /// The encoding that a sender means by a name such as `audio/x-mulaw` or `slin16`.
    public init?(named name: String) {
        let name = name.lowercased()
        let plain = name.prefix { $0 != ";" }.drop { $0 == " " }
        switch plain {
        case "audio/x-mulaw", "mulaw", "ulaw", "pcmu", "audio/pcmu", "g711", "g711_ulaw", "mu-law", "mu_law":
            self = .mulaw
        case "audio/x-alaw", "alaw", "pcma", "audio/pcma", "g711_alaw", "a-law": self = .alaw
        case "opus", "audio/opus": self = .opus
        case "g722", "audio/g722": self = .g722
        case "f32le", "float32", "pcm_f32le": self = .f32le
        case "s16be", "pcm_s16be": self = .s16be
        default:
            let isLinear = ["l16", "pcm", "slin", "s16", "raw", "linear", "base64", "wav"].contains {
                plain.contains($0)
            }
            guard isLinear else { return nil }
            self = .s16le
        }
    }

    /// What is left once a payload is arranged for RTP.
    var arranged: WireEncoding {
        switch self {
        case .s16le, .s16be, .f32le: .s16be
        default: self
        }
    }
}

/// What the audio of a voice is, as it is handed on: linear samples are `s16be`.
public struct WireFormat: Sendable, Hashable {
    /// The encoding.
    public var encoding: WireEncoding
    /// Samples per second; of Opus 48,000.
    public var rateHz: Int
    /// Channels that are mixed to one voice.
    public var channels: Int

    /// A format.
    public init(_ encoding: WireEncoding, rateHz: Int, channels: Int = 1) {
        self.encoding = encoding
        self.rateHz = rateHz
        self.channels = channels
    }

    /// Sampling rates that are taken.
    public static let rates = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

    /// Units of the time stamps per second: G.722 counts 8 kHz though it has 16 (RFC 3551, section 4.5.2).
    public var clockRateHz: Int { encoding == .g722 ? 8_000 : rateHz }

    /// What so many bytes last, in units of the time stamps; 0 where only the packet itself says so (Opus).
    func duration(bytes: Int) -> Int64 {
        switch encoding {
        case .s16le, .s16be: Int64(bytes / (2 * max(1, channels)))
        case .f32le: Int64(bytes / (4 * max(1, channels)))
        case .mulaw, .alaw: Int64(bytes / max(1, channels))
        case .g722: Int64(bytes)
        case .opus: 0
        }
    }
}

/// Somebody who is heard in a stream.
public struct WireVoice: Sendable, Equatable {
    /// What the sender calls the stream: a track, a channel, the id of a participant.
    public var label: String
    /// The name that people read, where the sender tells one.
    public var name: String?
    /// What the voice's audio is.
    public var format: WireFormat

    /// A voice.
    public init(label: String, name: String? = nil, format: WireFormat) {
        self.label = label
        self.name = name
        self.format = format
    }
}

/// Why media is absent by the sender's word.
public enum WireAbsence: String, Sendable, CaseIterable {
    /// The call is on hold.
    case hold
    /// The microphone is off, or sends nothing but digital silence by the sender's word.
    case mute
    /// The stream is paused.
    case pause
}

/// Audio of one message.
public struct WireMedia: Sendable, Equatable {
    /// The first voice; those after it are the further ones.
    public var voice: Int
    /// Voices whose audio lies one after the other in the payload, each with the same number of bytes.
    public var voiceCount: Int
    /// Number of the packet in the voice's stream, counted up by one.
    public var sequence: Int64
    /// When it was said, in units of the format's time stamps, from an origin of the sender's.
    public var timestamp: Int64
}

/// What a message says.
public enum WireEvent: Sendable, Equatable {
    /// Nothing that matters here.
    case nothing
    /// Media that nothing can be made of before the stream has begun: to be kept, and given again then.
    case early
    /// Audio, which is the reader's payload.
    case media(WireMedia)
    /// Media of a voice (nil: of all) is absent on purpose; nil where it comes again.
    case absence(voice: Int?, WireAbsence?)
    /// Somebody has left.
    case left(voice: Int)
    /// All media has come.
    case end
}

/// Why a message can't be understood: a close code (RFC 6455, section 7.4.1) and a line for the sender.
public struct DialectError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The close code.
    public var code: UInt16
    /// What is wrong and what to do; at most 123 bytes, so that it fits into a close frame.
    public var description: String

    /// A reason to close.
    public init(_ code: UInt16, _ description: String) {
        self.code = code
        self.description = description
    }

    static let malformed = DialectError(1007, "a text message is no JSON object of this dialect; check the path")
    static let garbledPayload = DialectError(1007, "the audio of a message is not base64; check the sender")
    static let binary = DialectError(1003, "binary messages are not of this dialect; use /raw for samples")
    static let text = DialectError(1003, "a text came where samples are due; send them as binary messages")
    static let tooManyVoices = DialectError(1008, "more people are in the stream than can be taken (64)")
    static let secondStart = DialectError(1002, "a second start message came; one connection brings one call")

    static func unknownEncoding(_ name: String) -> DialectError {
        DialectError(
            1003, "the encoding '\(name.prefix(24))' is not taken; send mu-law, A-law, 16-bit linear, G.722 or Opus")
    }

    static func unknownRate(_ rate: Int64) -> DialectError {
        DialectError(1003, "a rate of \(rate) Hz is not taken; send 8000, 16000, 24000 or 48000 Hz")
    }

    static func unannounced(_ track: String) -> DialectError {
        DialectError(1002, "media came of the track '\(track.prefix(24))', which the start message does not name")
    }
}
