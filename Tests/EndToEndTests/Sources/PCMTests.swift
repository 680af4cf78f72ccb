import Foundation
import Programs
import TestSupport
import Testing

/// The daemon on samples that programs push: the PCM socket and AudioSocket.
@Suite(.waiting) struct PCMTests {
    private let folder: TemporaryFolder
    private let daemon: RunningDaemon

    init() throws {
        folder = try TemporaryFolder()
        daemon = try RunningDaemon(
            folder: folder,
            settings: """
                sources:
                  pcm_socket: \(folder.path)/pcm.sock
                  audiosocket: 127.0.0.1:0
                  stall_s: 1.5

                """)
    }

    /// Sends a hello and what follows; the socket stays open.
    private func push(_ hello: String, _ bytes: [UInt8] = []) throws -> Int32 {
        let socket = try connectUnix(folder.path + "/pcm.sock")
        try send(Array((hello + "\n").utf8) + bytes, to: socket)
        return socket
    }

    private func send(_ bytes: [UInt8], to socket: Int32) throws {
        var place = 0
        while place < bytes.count {
            let piece = Array(bytes[place...].prefix(65_536))
            let sent = Glibc.send(socket, piece, piece.count, Int32(MSG_NOSIGNAL))
            try #require(sent > 0)
            place += sent
        }
    }

    /// What the other side says until it closes, or until a line feed.
    private func answer(_ socket: Int32, untilLine: Bool = false) -> String {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while recv(socket, &byte, 1, 0) == 1 {
            text.append(byte)
            if untilLine, byte == 0x0A { break }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Speech-like sound of 1.4 s each within eight seconds: from 0.5 and from 4.5 s.
    private func voice(_ encoding: String, rateHz: Int) throws -> [UInt8] {
        let dialogue = try Dialogue.write(folder)
        let path = folder.path + "/voice"
        let made = try run(
            ffmpeg,
            ["ffmpeg", "-loglevel", "error", "-t", "8", "-i", dialogue[0], "-f", encoding, "-ar", "\(rateHz)", path])
        try #require(made.status == 0, "\(made.errors)")
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static let badHellos = [
        ("", "JSON"), ("nonsense", "JSON"), ("[]", "object"), ("{}", "'format' is missing"),
        (#"{"format":"mp3"}"#, "s16le, f32le or mulaw"), (#"{"format":"s16le"}"#, "'rate'"),
        (#"{"format":"s16le","rate":1,"channels":1}"#, "4000 to 192000"),
        (#"{"format":"s16le","rate":8000,"channels":0}"#, "'channels'"),
        (#"{"format":"s16le","rate":8000,"channels":1}"#, "'session'"),
        (#"{"format":"s16le","rate":8000,"channels":1,"session":"s"}"#, "speaker"),
        (#"{"format":"s16le","rate":8000,"channels":1,"session":"s","speaker":"a"}"#, "no consent"),
        (#"{"format":"s16le","rate":8000,"channels":1,"session":"s","speaker":"a","consent":"perhaps"}"#, "perhaps"),
        (
            #"{"format":"s16le","rate":8000,"channels":1,"session":"s","speaker":"a","consent":"granted","ears":2}"#,
            "ears"
        ),
        (#"{"format":"s16le","rate":8000,"channels":1,"session":"s","tracks":[{"track":1,"speaker":"a"}]}"#, "'track'"),
        (String(repeating: "x", count: 5_000), "4096 bytes"), (#"{"format":"\u12"#, "JSON"),
    ]

    @Test func aBadHelloIsAnsweredByOneLineThatNamesIt() throws {
        for (hello, part) in Self.badHellos {
            let socket = try push(hello, [UInt8](repeating: 0, count: 1_000))
            defer { close(socket) }
            let answer = answer(socket)
            #expect(answer.contains(part), "\(answer)")
            #expect(answer.hasPrefix("{") && answer.hasSuffix("}\n") && answer.filter(\.isNewline).count == 1)
        }
        #expect(try daemon.attune("sessions", "--json").output == "[]\n")
    }

    /// Users and groups count for this socket as for the others.
    @Test func whoIsNotOnTheListPushesNothing() throws {
        let setpriv = URL(fileURLWithPath: "/usr/bin/setpriv")
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: setpriv.path),
            FileManager.default.isExecutableFile(atPath: "/usr/bin/socat")
        else {
            print("skipped: only root can be somebody else, with setpriv and socat")
            return
        }
        let folder = try TemporaryFolder()
        let strict = try RunningDaemon(
            folder: folder,
            settings: "  mode: \"0666\"\n  allow_gids: [4711]\nsources:\n  pcm_socket: \(folder.path)/pcm.sock\n")
        chmod(folder.path, 0o755)
        func push(group: Int) throws -> String {
            let hello = #"{"format":"s16le","rate":8000,"channels":1,"session":"s","speaker":"a"}"#
            return try run(
                setpriv,
                [
                    "--reuid=4710", "--regid=\(group)", "--clear-groups", "sh", "-c",
                    "echo '\(hello)' | socat - UNIX-CONNECT:\(folder.path)/pcm.sock",
                ]
            ).output
        }
        // Who is on the list is told that the hello lacks a consent.
        #expect(try push(group: 4711).contains("no consent"))
        #expect(try push(group: 4710) == "")
        try eventually("the log says why") { strict.log.contains("neither sockets.allow_uids nor allow_gids") }
    }

    /// A sender that begins muted, says that it speaks, and is detached alone.
    @Test func oneSourceIsMutedAndDetachedWhileAnotherGoesOn() throws {
        _ = try daemon.attachRTP(session: "call", speaker: "ben")
        let hello =
            #"{"format":"s16le","rate":8000,"channels":1,"session":"call","speaker":"ana","consent":"granted","muted":true}"#
        let socket = try push(hello)
        defer { close(socket) }
        let accepted = answer(socket, untilLine: true)
        let source = try #require(accepted.split(separator: "\"").first { $0.hasPrefix("source-") }.map(String.init))
        for state in ["active", "hold", "mute", "pause"] {
            let said = try daemon.attune("source", "call", source, state, "--track", "0")
            #expect(said.status == 0, "\(said.errors)")
        }
        #expect(try daemon.attune("source", "call", "source-99", "hold").errors.contains("no running source"))
        let detached = try daemon.attune("detach", "call", source)
        #expect(detached.output.contains(#""state":"ended""#) && !detached.output.contains("session_ended"))
        #expect(try daemon.attune("sessions").output.contains("(detached)"))
        let last = try daemon.attune("detach", "call", "source-1")
        #expect(last.output.contains(#""session_ended":{"#), "\(last.output) \(last.errors)")
        #expect(try daemon.attune("sessions", "--json").output == "[]\n")
        for line in ["attached", "ended: detached", "the sender says hold", "session ended"] {
            #expect(daemon.log.contains(line), "\(line) is not in \(daemon.log)")
        }
        #expect(!daemon.log.contains("ana") && !daemon.log.contains("ben"))
    }

    @Test func pushedSamplesAreASourceUntilTheyEnd() throws {
        let subscriber = try Subscriber(daemon.eventsPath)
        let samples = try voice("f32le", rateHz: 24_000)
        // All at once: what comes faster than real time waits in the socket.
        let socket = try push(
            #"{"format":"f32le","rate":24000,"channels":1,"session":"call","speaker":"ana","role":"rep","consent":"granted","notice_id":"n-7"}"#
        )
        let accepted = answer(socket, untilLine: true)
        #expect(accepted.contains(#""speakers":["ana"]"#), "\(accepted)")
        try send(samples, to: socket)
        close(socket)
        let ended = try subscriber.wait(for: "the end of the session") { $0.type == "session.ended" }
        let started = try #require(subscriber.lines.first { $0.type == "session.started" })
        #expect(started["notice_id"] as? String == "n-7")
        #expect(subscriber.lines.first { $0.type == "speaker.joined" }?["role"] as? String == "rep")
        #expect((ended.number("duration_s") ?? 0) > 7.5)
        #expect(subscriber.lines.contains { $0.type == "source.ended" && $0["reason"] as? String == "end of media" })
        let starts = subscriber.lines.filter { $0.type == "speech.ended" }.compactMap { $0.number("start_s") }
        try #require(starts.count == 2, "\(starts)")
        #expect(abs(starts[1] - starts[0] - 4) < 0.05)
    }

    @Test func aPauseOfTheSenderStallsTheSource() throws {
        let subscriber = try Subscriber(daemon.eventsPath)
        let samples = try voice("mulaw", rateHz: 8_000)
        let socket = try push(
            #"{"format":"mulaw","rate":8000,"channels":2,"session":"call","consent":"granted","#
                + #""tracks":[{"track":0,"speaker":"a"},{"track":1,"speaker":"b","consent":"withheld"}]}"#,
            Array(samples[..<4_000]))
        defer { close(socket) }
        try subscriber.wait(for: "a stall") { $0.type == "source.stalled" }
        try send(Array(samples[4_000..<8_000]), to: socket)
        try eventually("live again") {
            try subscriber.poll()
            return subscriber.lines.filter { $0.type == "source.connected" }.count == 2
        }
        for speaker in ["a", "b"] {
            let gap = try subscriber.wait(for: "the gap") { $0.type == "gap" && $0.speaker == speaker }
            #expect(gap["why"] as? String == "stall")
        }
        let joined = subscriber.lines.filter { $0.type == "speaker.joined" }.map { $0["consent"] as? String }
        #expect(joined == ["granted", "withheld"])
        #expect(try daemon.attune("detach", "call").status == 0)
        #expect(answer(socket).split(separator: "\n").count == 1, "the answer to the hello, then the end")
    }

    // MARK: AudioSocket

    private static let call = "40325ec2-5efd-4bd3-805f-53576e581d13"

    /// A connection that has said nothing yet.
    private func connectSilently() throws -> Int32 {
        let line = try #require(daemon.log.split(separator: "\n").first { $0.contains("by AudioSocket") })
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        return socket
    }

    private func connect(call: String) throws -> Int32 {
        let socket = try connectSilently()
        let uuid = try #require(UUID(uuidString: call)).uuid
        try send([0x01, 0x00, 0x10] + withUnsafeBytes(of: uuid, Array.init), to: socket)
        return socket
    }

    /// Whichever way a voice comes back, and however its name is written, a no is a no.
    @Test(arguments: [false, true]) func aNoHoldsForPushedSamplesToo(byCall: Bool) throws {
        let subscriber = try Subscriber(daemon.eventsPath)
        _ = try daemon.attachRTP(session: "call", speaker: "ben")
        func hello(_ name: String) -> String {
            #"{"format":"s16le","rate":8000,"channels":1,"session":"call","speaker":"\#(name)","consent":"granted"}"#
        }
        let samples = try voice("s16le", rateHz: 8_000)
        let socket = try push(hello("Zo\u{E9}"), samples)
        try subscriber.wait(for: "a tick") { $0.type == "tick" && $0.speaker == "Zo\u{E9}" }
        #expect(try daemon.attune("consent", "call", "Zo\u{E9}", "withdraw").status == 0)
        close(socket)
        // Its name is free once its source has ended.
        try subscriber.wait(for: "the end of the source") { $0.type == "source.ended" }
        let no = try #require(subscriber.lines.lastIndex { $0.type == "consent" })

        let back: Int32
        if byCall {
            let attached = try daemon.attune(
                "attach", "audiosocket:" + Self.call, "--session", "call", "--speaker", "Zoe\u{301}", "--consent",
                "granted")
            #expect(attached.status == 0, "\(attached.errors)")
            back = try connect(call: Self.call)
            for start in stride(from: 0, to: samples.count, by: 320) {
                try send([0x10, 0x01, 0x40] + samples[start..<(start + 320)], to: back)
            }
            try send([0, 0, 0], to: back)
        } else {
            back = try push(hello("Zoe\u{301}"), samples)
        }
        close(back)
        try eventually("that it is over") {
            try subscriber.poll()
            return subscriber.lines.filter { $0.type == "source.ended" }.count == 2
        }
        let after = subscriber.lines.dropFirst(no + 1).filter { $0.speaker == "Zo\u{E9}" }
        // That media is missing says nothing of whose it is.
        #expect(Set(after.map(\.type)).subtracting(["gap"]) == ["speaker.joined", "speaker.left"], "\(after)")
        #expect(after.allSatisfy { $0.type != "speaker.joined" || $0["consent"] as? String == "withheld" })
        #expect(!subscriber.lines.contains { $0.speaker?.unicodeScalars.contains("\u{301}") == true })
        let later = try Subscriber(daemon.eventsPath, sending: #"{"resume":{"epoch":"another","seq":0}}"#)
        let last = try #require(subscriber.lines.last { $0.type == "source.ended" })
        try later.wait(for: "the same") { $0.number("seq") == last.number("seq") }
        #expect(!later.lines.contains { ["tick", "speech.ended"].contains($0.type) && $0.speaker == "Zo\u{E9}" })
        #expect(daemon.terminate() == 0)
    }

    /// Connections that say nothing keep no call out, are counted, and take a line of the log a second.
    @Test func silentConnectionsKeepNoCallOut() throws {
        let subscriber = try Subscriber(daemon.eventsPath)
        let attached = try daemon.attune(
            "attach", "audiosocket:" + Self.call, "--session", "call", "--speaker", "ana", "--consent", "granted")
        #expect(attached.status == 0, "\(attached.errors)")
        let start = Date()
        let silent = try (0..<300).map { _ in try connectSilently() }
        defer { for socket in silent { close(socket) } }
        let socket = try connect(call: Self.call)
        defer { close(socket) }
        try send([0x10, 0x01, 0x40] + Array(repeating: 0, count: 320), to: socket)
        try subscriber.wait(for: "the call") { $0.type == "source.connected" }
        try eventually("the silent ones are counted") {
            let metrics = try run(
                URL(fileURLWithPath: "/usr/bin/env"),
                ["curl", "-sS", "--unix-socket", daemon.controlPath, "http://localhost/metrics"]
            ).output
            let counts = metrics.split(separator: "\n").filter {
                $0.hasPrefix("attune_connections_refused_total{socket=\"audiosocket\"")
            }.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
            return counts.reduce(0, +) == 300
        }
        let log = daemon.log
        let lines = log.split(separator: "\n").filter { $0.contains("refused") }.count
        let seconds = Int(Date().timeIntervalSince(start))
        #expect(lines <= seconds + 2, "\(lines) lines in \(seconds) s")
        #expect(!log.lowercased().contains(Self.call), "\(log)")
    }

    @Test func aCallOfAsteriskIsHeardOnceItWasAttached() throws {
        let subscriber = try Subscriber(daemon.eventsPath)
        let stranger = try connect(call: Self.call)
        #expect(answer(stranger) == "\0\0\0", "an unknown call is hung up on")
        close(stranger)
        #expect(daemon.log.contains("with a UUID that nobody attached"))
        #expect(!daemon.log.lowercased().contains(Self.call))

        func attach(_ uuid: String, _ session: String) throws -> Finished {
            try daemon.attune(
                "attach", "audiosocket:" + uuid, "--session", session, "--speaker", "ana", "--consent", "granted")
        }
        #expect(try attach("nonsense", "call").errors.contains("UUID"))
        let answer = try attach(Self.call.uppercased(), "call")
        #expect(answer.status == 0 && answer.output.contains("connecting"), "\(answer.errors)")
        #expect(try attach(Self.call, "other").errors.contains("attached already"))

        let samples = try voice("s16le", rateHz: 8_000)
        let socket = try connect(call: Self.call)
        defer { close(socket) }
        for start in stride(from: 0, to: samples.count, by: 320) {
            try send([0x10, 0x01, 0x40] + samples[start..<(start + 320)], to: socket)
        }
        try send([0, 0, 0], to: socket)
        try subscriber.wait(for: "the end of the session") { $0.type == "session.ended" }
        #expect(subscriber.lines.filter { $0.type == "speech.ended" }.count == 2)
        #expect(try daemon.attune("sessions", "--json").output == "[]\n")

        // A call that never comes can be detached, and attached again.
        #expect(try attach(Self.call, "later").status == 0)
        #expect(try daemon.attune("detach", "later").status == 0)
        #expect(try attach(Self.call, "later").status == 0)
        #expect(daemon.terminate() == 0)
    }
}
