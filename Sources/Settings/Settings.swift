public import Conversation
import Text

/// The validated configuration of the daemon; immutable once loaded.
public struct Settings: Sendable, Equatable {
    /// The two Unix sockets, and the port for browsers.
    public var sockets = Sockets()
    /// What subscribers of the event socket get.
    public var events = Events()
    /// Rolling windows, ticks, scores and cues.
    public var conversation = ConversationConfiguration()
    /// Where media may come from.
    public var sources = Sources()
    /// Where media of strangers is decoded.
    public enum Isolation: String, Sendable, CaseIterable {
        /// In a process of its own for each source, which has little and may do little.
        case process
        /// On a thread of the daemon, for those who look for a fault there.
        case thread
    }

    /// What happens where there is more to do than can be done.
    public var overload = Overload()
    /// The voice core.
    public var voice = Voice()
    /// What is counted in captions.
    public var captions = Captions()
    /// What is said, and who writes it down.
    public var words = Words()
    /// What happens on this host when a cue is raised.
    public var cues = Cues()
    /// Consent and notice.
    public var policy = Policy()
    /// How long sessions last.
    public var session = Session()
    /// Who has decided what on consent.
    public var ledger = Ledger()
    /// What is kept on disk.
    public var store = Store()
    /// What is kept of running calls, so that a restart does not end them.
    public var state = State()
    /// The bus of a fleet.
    public var bus = Bus()
    /// What is logged, and how.
    public var log = Log()

    /// The defaults: those that the shipped configuration file spells out.
    public init() {}

    /// The two Unix sockets, and the port for browsers.
    public struct Sockets: Sendable, Equatable {
        /// Path of the event socket.
        public var events = "/run/attune/events.sock"
        /// Path of the control socket.
        public var control = "/run/attune/control.sock"
        /// File mode of both.
        public var mode: UInt32 = 0o660
        /// Name of the group that owns both; nil for the daemon's own.
        public var group: String?
        /// Numeric users that may connect beside root and the daemon's own; nil for whoever the mode lets in.
        public var allowedUserIDs: [UInt32]?
        /// Numeric groups whose members may connect as well.
        public var allowedGroupIDs: [UInt32]?
        /// Where browsers are served; nil for nowhere.
        public var http: ListenAddress?
        /// Further names by which the listener for browsers may be addressed, in small letters.
        public var httpHosts: [String] = []
        /// Pages of others that may ask it, and show its page in a frame, such as `https://crm.example.org`.
        public var httpOrigins: [String] = []
        /// File with tokens for browsers; nil for none but those that the control socket makes.
        public var httpTokens: String?
        /// Files with the certificate chain and its key, PEM; nil for no TLS.
        public var httpCertificate: String?, httpKey: String?
    }

    /// An address and a port of TCP.
    public struct ListenAddress: Sendable, Equatable {
        /// Numeric address, without brackets.
        public var host: String
        /// Port; 0 lets the system choose one.
        public var port: Int

        /// An address.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// Whether only this machine reaches it.
        public var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }
        /// Whether it means all addresses of the machine.
        public var isWildcard: Bool { host == "0.0.0.0" || host == "::" }
        /// The address as a URL has it.
        public var urlHost: String { host.contains(":") ? "[\(host)]" : host }
    }

    /// What subscribers of the event socket get.
    public struct Events: Sendable, Equatable {
        /// Wall time between two heartbeats, milliseconds.
        public var heartbeatMilliseconds = 10_000
        /// Age and size up to which events are kept for `resume`.
        public var ringSeconds = 60, ringMebibytes = 16
        /// Subscribers at the same time.
        public var maxClients = 512
        /// Bytes that may wait for one subscriber before events are coalesced and dropped, KiB.
        public var clientQueueKibibytes = 512
        /// How long a subscriber with a full queue may go without reading before it is dropped, milliseconds.
        public var clientStallMilliseconds = 10_000
        /// What thinned ticks may take that are kept for pages that are loaded anew, MiB; 0 keeps none.
        public var historyMebibytes = 32
    }

    /// Where media may come from.
    public struct Sources: Sendable, Equatable {
        /// Sources at the same time.
        public var maximum = 256
        /// Protocols that a source's URL may use, in FFmpeg's names; nil for the built-in list.
        public var protocols: [String]?
        /// Where what FFmpeg or libsndfile opens is read.
        public var isolation = Isolation.process
        /// Memory that the process of one source may take beyond that of its program, MiB.
        public var workerMebibytes = 384
        /// Networks and addresses that are not public and that what is attached may lead to all the same.
        public var references: [String] = []
        /// Unix socket that takes plain samples; nil for none.
        public var pcmSocket: String?
        /// Where calls of Asterisk (AudioSocket) are taken; nil for nowhere.
        public var audioSocket: LoopbackAddress?
        /// Where senders bring calls by WebSocket; nil for nowhere.
        public var webSocket: ListenAddress?
        /// Files with the certificate chain and its key, PEM, of that; nil for no TLS.
        public var webSocketCertificate: String?, webSocketKey: String?
        /// How senders reach it, such as `wss://calls.example.org`; nil for its own address.
        public var webSocketURL: String?
        /// What is attached by the daemon itself, as long as it runs.
        public var attach: [DeclaredSource] = []
        /// Client id of an app of Zoom's, and the file with its secret, with which meetings' streams are asked for.
        public var zoomClientID: String?, zoomSecret: String?
        /// Time for opening an input, milliseconds.
        public var openTimeoutMilliseconds = 10_000
        /// Patience with the inputs of each protocol, by the name of an `InputProtocol`.
        public var patience: [String: Patience] = [
            "rtsp": Patience(connectMilliseconds: 10_000, readMilliseconds: 10_000),
            "rtmp": Patience(connectMilliseconds: 10_000, readMilliseconds: 10_000),
            "srt": Patience(connectMilliseconds: 5_000, readMilliseconds: 5_000),
            "hls": Patience(connectMilliseconds: 10_000, readMilliseconds: 30_000),
            "http": Patience(connectMilliseconds: 10_000, readMilliseconds: 15_000),
            "tcp": Patience(connectMilliseconds: 5_000, readMilliseconds: 15_000),
            "udp": Patience(connectMilliseconds: 10_000, readMilliseconds: 0),
        ]
        /// Time without media after which a source counts as stalled, milliseconds.
        public var stallMilliseconds = 2_000
        /// Bounds of the pause before a source is opened again, milliseconds.
        public var reconnectLeastMilliseconds = 500, reconnectMostMilliseconds = 15_000
        /// Plain RTP: speakers told apart by SSRC on one port.
        public var maxSSRCs = 32
        /// Plain RTP: longest packet taken, bytes.
        public var maxPacketBytes = 2_048
        /// Plain RTP: longest wait for a missing packet, milliseconds.
        public var jitterMostMilliseconds = 200
        /// Plain RTP: whether senders get receiver reports (RTCP).
        public var sendsReports = true
        /// Plain RTP: what one source may send before packets are dropped, kbit/s.
        public var maxKilobitsPerSecond = 20_000
        /// What the buffers of one source may hold, MiB.
        public var maxMebibytes = 24
    }

    /// How long an input may take, milliseconds.
    public struct Patience: Sendable, Equatable {
        /// Until it is open.
        public var connectMilliseconds: Int
        /// Without media, once it is open, until it is given up; 0 waits for ever.
        public var readMilliseconds: Int

        /// Both.
        public init(connectMilliseconds: Int, readMilliseconds: Int) {
            self.connectMilliseconds = connectMilliseconds
            self.readMilliseconds = readMilliseconds
        }
    }

    /// A TCP port that only this machine reaches.
    public struct LoopbackAddress: Sendable, Equatable {
        /// Numeric address.
        public var host: String
        /// Port; 0 lets the system choose one.
        public var port: Int

        /// An address; `host` must be one of the loopback interface.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// What happens where there is more to do than can be done.
    public struct Overload: Sendable, Equatable {
        /// Whether anything is given up then; else everybody is late.
        public var isEnabled = true
        /// Share of what can be had up to which tracks come back.
        public var target = 0.85
    }

    /// The voice core.
    public struct Voice: Sendable, Equatable {
        /// File with the weights of the speech network; nil looks for the installed one.
        public var detectorWeights: String?
    }

    /// What is counted in captions.
    public struct Captions: Sendable, Equatable {
        /// File with the sentiment lexicon; nil looks for the installed one, of English.
        public var lexicon: String?
        /// Words and phrases that count as fillers.
        public var fillers = TextAnalyzer.englishFillers
    }

    /// What is said, and who writes it down. What happens to the texts is part of `conversation`.
    public struct Words: Sendable, Equatable {
        /// A language that the recogniser knows, or that it is not used.
        public enum Language: String, Sendable, CaseIterable {
            /// English.
            case english = "en"
            /// Nothing is written down here.
            case off
        }

        /// What is spoken.
        public var language = Language.english
        /// Whether what is being said is told before it has ended, where texts are told.
        public var tellsPartials = true
    }

    /// Consent and notice.
    public struct Policy: Sendable, Equatable {
        /// Name of the profile in force.
        public var profile = "standard"
        /// Identifies the notice given to the people in a call, where a session does not name its own; nil for none.
        public var noticeID: String? = "standard-notice"
    }

    /// What is logged, and how.
    public struct Log: Sendable, Equatable {
        /// How a line is written.
        public enum Format: String, Sendable, CaseIterable {
            /// For people, on standard error.
            case text
            /// An object a line, on standard error.
            case json
            /// With fields of their own, to the socket of systemd's journal.
            case journal
        }

        /// Least severity that is logged: one of `severities`.
        public var level = "info"
        /// The same for single subsystems, by their names.
        public var levels: [String: String] = [:]
        /// How a line is written.
        public var format = Format.text
        /// Lines a second in the long run; what is beyond is left out and counted.
        public var maxLinesPerSecond = 200

        /// All severities, the least first.
        public static let severities = ["trace", "debug", "info", "notice", "warning", "error"]
        /// What has a level of its own.
        public static let subsystems = ["attuned", "bus", "control", "http", "services", "source", "websocket"]

        /// The defaults.
        public init() {}
    }

    /// Who has decided what on consent.
    public struct Ledger: Sendable, Equatable {
        /// The file; nil for none.
        public var path: String?
        /// Folder with the wordings of notices, whose SHA-256 is kept with their ids.
        public var noticesDirectory: String?
        /// Days after which a line is deleted.
        public var retentionDays = 1_095

        /// The defaults.
        public init() {}
    }

    /// How long sessions last.
    public struct Session: Sendable, Equatable {
        /// A session of which no media has come for so long is ended, seconds; 0 never ends one.
        public var idleSeconds = 3_600
    }

    /// What is kept of running calls, so that a restart does not end them.
    public struct State: Sendable, Equatable {
        /// The file; nil for `calls.json` in the folder of the control socket.
        public var path: String?
        /// For so long after the daemon was there last its calls are taken up again, seconds; 0 keeps nothing.
        public var maxAgeSeconds = 300

        /// Where the file is, by the sockets' place where nothing else is said.
        public func file(besides sockets: Sockets) -> String {
            if let path { return path }
            let end = sockets.control.lastIndex(of: "/") ?? sockets.control.startIndex
            return sockets.control[..<end] + "/calls.json"
        }
    }

    /// What is kept on disk.
    public struct Store: Sendable, Equatable {
        /// File in which the ticks of consented speakers are kept; nil for nothing.
        public var path: String?
        /// Days after which a stored session is deleted.
        public var retentionDays = 30
    }
}

/// Why a configuration was refused.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, if the text came from one.
    public var file: String
    /// Line and column of the offence, counted from 1; nil where it concerns the whole.
    public var line: Int?, column: Int?
    /// What is wrong and what to do.
    public var message: String
    /// What else is wrong, in the order it stands there.
    public var others: [SettingsError] = []

    /// One line: file, line, column, what is wrong and what to do, and how much else there is.
    public var description: String {
        text + (others.isEmpty ? "" : " (and \(others.count) more: attuned --check-config lists all)")
    }

    /// All that is wrong, one line each.
    public var lines: [String] { [text] + others.map(\.text) }

    private var text: String {
        let place = line.map { line in ":\(line)" + (column.map { ":\($0)" } ?? "") } ?? ""
        return "\(file)\(place): \(message)"
    }
}
