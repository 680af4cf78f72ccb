import Dialects
import Events
import Kit
import NIOCore

/// The two sockets of a Zoom meeting's stream (RTMS): signalling, then media. Numbers of messages and states are those
/// that Zoom publishes ("RTMS data types", "RTMS event reference"). Confined to one event loop.
final class ZoomClient {
    /// What it tells.
    struct Listener {
        var media: (WireMedia, [WireVoice], [UInt8], Int64) -> DialectError?
        var absence: (Gap.Why?) -> Void
        var left: (Int) -> Void
        /// A socket is gone, and another one is made.
        var lost: (String) -> Void
        /// Nothing more comes; whether the meeting's host has taken back what was allowed.
        var ended: (SourceEnd, _ isRevoked: Bool) -> Void
    }

    private enum Message {
        static let signalling: Int64 = 1, signallingAnswer: Int64 = 2, media: Int64 = 3, mediaAnswer: Int64 = 4
        static let events: Int64 = 6, ready: Int64 = 7, streamState: Int64 = 8, sessionState: Int64 = 9
        static let keepAlive: Int64 = 12, keepAliveAnswer: Int64 = 13, audio: Int64 = 14
    }

    /// How long a stream may be resumed after a socket was lost, and how long nothing may come (three keep-alives).
    private static let resumeNanoseconds: Int64 = 60_000_000_000, silentNanoseconds: Int64 = 35_000_000_000

    private let call: ZoomCall
    private let eventLoop: any EventLoop
    private let listener: Listener
    private let clock: HostClock
    private var backoff: Backoff<SystemRandomNumberGenerator>
    private var signalling: ZoomSocket?, media: ZoomSocket?
    private var reader = DialectReader(.zoom)
    private var isOver = false
    /// Counts connections, so that what an old one still says is not heard.
    private var attempt = 0
    private var lostNanoseconds: Int64?
    private var heardNanoseconds: Int64
    private var watch: RepeatedTask?

    init(
        _ call: ZoomCall, minMilliseconds: Int, maxMilliseconds: Int, eventLoop: any EventLoop,
        clock: HostClock = .system,
        listener: Listener
    ) {
        self.call = call
        self.eventLoop = eventLoop
        self.clock = clock
        self.listener = listener
        backoff = Backoff(
            minMilliseconds: minMilliseconds, maxMilliseconds: maxMilliseconds, using: SystemRandomNumberGenerator())
        heardNanoseconds = clock.nanoseconds()
    }

    /// Begins; to be called on the loop.
    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        watch = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { _ in
            bound.value.lookForSilence()
        }
        connect()
    }

    /// Ends it without a word to the listener.
    func stop() {
        isOver = true
        attempt += 1
        watch?.cancel()
        watch = nil
        signalling?.close()
        media?.close()
        (signalling, media) = (nil, nil)
    }

    private func lookForSilence() {
        guard !isOver, lostNanoseconds == nil, clock.nanoseconds() - heardNanoseconds > Self.silentNanoseconds else {
            return
        }
        lose("three keep-alives did not come")
    }

    // MARK: Sockets

    private func connect() {
        attempt += 1
        let number = attempt
        ZoomSocket.connect(
            call.server, on: eventLoop,
            onOpen: { [self] socket in
                guard number == attempt else { return socket.close() }
                signalling = socket
                socket.send(handshake(Message.signalling, more: ""))
            },
            onText: { [self] in if number == attempt { hear($0, isMedia: false) } },
            onEnd: { [self] in if number == attempt { lose("the signalling connection broke off") } })
    }

    private func connectMedia(_ url: String) {
        let number = attempt
        ZoomSocket.connect(
            url, on: eventLoop,
            onOpen: { [self] socket in
                guard number == attempt else { return socket.close() }
                media = socket
                // 16-bit samples at 16 kHz, mono, each participant apart, every 20 ms.
                socket.send(
                    handshake(
                        Message.media,
                        more: #","media_type":1,"payload_encryption":false,"media_params":{"audio":{"content_type":2,"#
                            + #""sample_rate":1,"channel":1,"codec":1,"data_opt":2,"send_rate":20}}"#))
            },
            onText: { [self] in if number == attempt { hear($0, isMedia: true) } },
            onEnd: { [self] in if number == attempt { lose("the media connection broke off") } })
    }

    private func handshake(_ type: Int64, more: String) -> String {
        var json = JSONWriter()
        json.array { json in
            json.string(call.meeting)
            json.string(call.stream)
        }
        // Texts as JSON has them, from between the brackets.
        let texts = String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self)
        let parts = texts.split(separator: ",", maxSplits: 1).map(String.init)
        return #"{"msg_type":\#(type),"protocol_version":1,"meeting_uuid":\#(parts[0]),"rtms_stream_id":\#(parts[1]),"#
            + #""sequence":\#(UInt32.random(in: 1 ... .max)),"signature":"\#(call.signature)"\#(more)}"#
    }

    /// A socket is gone: both are made anew, as one alone is of no use.
    private func lose(_ why: String) {
        guard !isOver else { return }
        let now = clock.nanoseconds()
        let since = lostNanoseconds ?? now
        if lostNanoseconds == nil { listener.lost(why) }
        lostNanoseconds = since
        attempt += 1
        signalling?.close()
        media?.close()
        (signalling, media) = (nil, nil)
        guard now - since < Self.resumeNanoseconds else {
            return end(.failed("\(why), and the stream could not be resumed for 60 s"), isRevoked: false)
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let number = attempt
        eventLoop.scheduleTask(in: .milliseconds(Int64(backoff.next()))) {
            if bound.value.attempt == number, !bound.value.isOver { bound.value.connect() }
        }
    }

    private func end(_ why: SourceEnd, isRevoked: Bool) {
        guard !isOver else { return }
        stop()
        listener.ended(why, isRevoked)
    }

    // MARK: Messages

    private func hear(_ text: ByteBuffer, isMedia: Bool) {
        let now = clock.nanoseconds()
        heardNanoseconds = now
        if isMedia, takeAudio(text, now) { return }
        guard case .object(let message)? = try? JSONReader.parse(Array(text.readableBytesView)),
            case .number(let type)? = message["msg_type"]
        else { return }
        switch Int64(exactly: type) {
        case Message.signallingAnswer where !isMedia: takeAnswer(message)
        case Message.mediaAnswer where isMedia:
            guard Self.isGood(message) else { return refuse(message) }
            lostNanoseconds = nil
            backoff.reset()
            signalling?.send(#"{"msg_type":\#(Message.ready),"rtms_stream_id":"\#(Self.plain(call.stream))"}"#)
        case Message.keepAlive:
            var stamp = ""
            if case .number(let time)? = message["timestamp"], let whole = Int64(exactly: time) {
                stamp = #","timestamp":\#(whole)"#
            }
            (isMedia ? media : signalling)?.send(#"{"msg_type":\#(Message.keepAliveAnswer)\#(stamp)}"#)
        case Message.sessionState: takeState(message)
        case Message.streamState: takeState(message)
        case Message.events: takeEvent(message)
        default: break
        }
    }

    private func takeAudio(_ text: ByteBuffer, _ now: Int64) -> Bool {
        do {
            let event = try text.withUnsafeReadableBytes { bytes in
                // Lent for the duration of the call only, as the buffer's bytes are.
                try reader.take(bytes.bindMemory(to: UInt8.self).span, isText: true)
            }
            guard case .media(let audio) = event else { return false }
            if let problem = listener.media(audio, reader.voices, reader.audio, now) {
                end(.failed(problem.description), isRevoked: false)
            }
            return true
        } catch {
            return false
        }
    }

    private func takeAnswer(_ message: [String: JSONValue]) {
        guard Self.isGood(message) else { return refuse(message) }
        guard case .object(let server)? = message["media_server"], case .object(let urls)? = server["server_urls"],
            case .string(let url)? = urls["audio"] ?? urls["all"]
        else { return lose("Zoom named no server of the media") }
        connectMedia(url)
    }

    private static func isGood(_ message: [String: JSONValue]) -> Bool { message["status_code"] == .number(0) }

    private func refuse(_ message: [String: JSONValue]) {
        var code = "?"
        if case .number(let number)? = message["status_code"], let whole = Int(exactly: number) { code = "\(whole)" }
        var reason = ""
        if case .string(let text)? = message["reason"] { reason = " (\(printable(text.prefix(80))))" }
        end(
            .failed("Zoom refused with status \(code)\(reason); check the client id, the secret and the payload"),
            isRevoked: false)
    }

    /// The session's state (2 started, 3 paused, 4 resumed, 5 stopped), or the stream's (4 ended), and why.
    private func takeState(_ message: [String: JSONValue]) {
        guard case .number(let state)? = message["state"], case .number(let type)? = message["msg_type"] else { return }
        var reason: Double?
        for key in ["stop_reason", "reason"] {
            if case .number(let number)? = message[key] { reason = reason ?? number }
        }
        let isStream = Int64(exactly: type) == Message.streamState
        switch (isStream, Int(exactly: state)) {
        case (false, 3): listener.absence(.pause)
        case (false, 2), (false, 4): listener.absence(nil)
        case (false, 5), (true, 4):
            // 8: the host has taken the app's access back.
            reason == 8
                ? end(.failed("the meeting's host has taken back what was allowed"), isRevoked: true)
                : end(.endOfMedia, isRevoked: false)
        default: break
        }
    }

    /// Participants who leave (4); who comes is told by their first media.
    private func takeEvent(_ message: [String: JSONValue]) {
        guard case .object(let event)? = message["event"], event["event_type"] == .number(4) else { return }
        var people: [JSONValue] = []
        if case .array(let several)? = event["participants"] { people = several } else { people = [.object(event)] }
        for case .object(let person) in people {
            let label: String
            switch person["user_id"] {
            case .number(let number)?: label = Int64(exactly: number).map(String.init) ?? ""
            case .string(let text)?: label = text
            default: continue
            }
            if let index = reader.voices.firstIndex(where: { $0.label == label }) { listener.left(index) }
        }
    }

    private static func plain(_ text: String) -> String { text.filter { $0 != "\"" && $0 != "\\" } }
}
