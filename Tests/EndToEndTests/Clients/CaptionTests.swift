import Foundation
import Programs
import TestSupport
import Testing

/// Captions over the control socket, from files, and of recordings: counted, never kept.
@Suite(.waiting) struct CaptionTests {
    /// Words that nothing else has, so that a trace of them is one of the captions.
    private static let words = "zyxgorp wunderbar quuxfest"

    /// A daemon that plays a rep and a customer at the pace of the media, and a subscriber that has seen them join.
    private func startCall(
        _ settings: String = "", consent: String = "granted"
    ) throws -> (daemon: RunningDaemon, subscriber: Subscriber) {
        let daemon = try RunningDaemon(settings: settings)
        let subscriber = try Subscriber(daemon.eventsPath)
        let media = daemon.folder.path + "/silence.wav"
        try makeSilence(media, seconds: 300)
        let answer = try daemon.attune(
            "attach", media, "--session", "call", "--track", "0:ana:rep", "--track", "1:ben:customer", "--consent",
            consent)
        try #require(answer.status == 0, "\(answer.errors)")
        try subscriber.wait(for: "ben") { $0.type == "speaker.joined" && $0.speaker == "ben" }
        return (daemon, subscriber)
    }

    private func makeSilence(_ path: String, seconds: Int) throws {
        let made = try run(
            ffmpeg,
            [
                "ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=stereo:d=\(seconds)", "-y",
                path,
            ]
        )
        try #require(made.status == 0, "\(made.errors)")
    }

    /// The session's present, as far as the subscriber was told.
    private func present(_ subscriber: Subscriber) throws -> Double {
        var seen = -1
        while seen < subscriber.lines.count {
            seen = subscriber.lines.count
            try subscriber.poll()
        }
        return subscriber.lines.last { $0.type == "tick" }?.number("t") ?? 0
    }

    private func send(_ body: String, to daemon: RunningDaemon, session: String = "call") throws -> String {
        try request("POST", "/v1/sessions/\(session)/captions", body: body, socket: daemon.controlPath)
    }

    private func line(_ speaker: String, _ end: Double, _ text: String, more: String = "") -> String {
        #"{"speaker":"\#(speaker)","start_s":\#(end - 1),"end_s":\#(end),"text":"\#(text)"\#(more)}"#
    }

    @Test func captionsAreCountedAndTheirWordsAreNowhere() throws {
        let (daemon, subscriber) = try startCall("log: {level: trace}\n")
        let text = "Um, \(Self.words), you know?"
        // Tried again with a later time where a busy machine came too late; the ids make it the same lines.
        try eventually("one line counts") {
            let body = line("ana", try present(subscriber) + 2, text, more: #","id":"a""#)
            return try send(body, to: daemon).hasSuffix(#"{"counted":1,"ignored":0,"out_of_time":0,"skipped":0}"#)
        }
        try eventually("several lines count") {
            let end = try present(subscriber) + 2
            let several = [
                line("ana", end, text, more: #","id":"a""#), line("ben", end, Self.words, more: #","id":"b""#),
                line("ben", end + 500, Self.words),
            ]
            let answer = try send("[" + several.joined(separator: ",") + "]", to: daemon)
            return answer.hasSuffix(#"{"counted":2,"ignored":0,"out_of_time":1,"skipped":0}"#)
        }
        let tick = try subscriber.wait(for: "a tick with words") { line in
            line.type == "tick" && line.speaker == "ana" && line.window("session")?.number("words") == 6
        }
        let window = try #require(tick.window("session"))
        #expect(window.number("filler_words") == 2 && window.number("questions") == 1)
        #expect(window.number("words_per_min") == 360)
        try subscriber.wait(for: "a tick of ben") { line in
            line.type == "tick" && line.speaker == "ben" && line.window("session")?.number("words") == 3
        }
        // What is refused is not repeated in the refusal either.
        for (body, status, problem) in [
            (line("eve", 2, Self.words), 404, "no_such_speaker"),
            (line("ana", -5, Self.words), 422, "invalid_request"),
            ("[" + line("ana", 2, Self.words), 400, "malformed_request"),
            (#"{"speaker":"ana","start_s":"\#(Self.words)","end_s":2,"text":"x"}"#, 400, "malformed_request"),
            (line("ana", 2, String(repeating: Self.words, count: 200)), 422, "invalid_request"),
            (line("ana", 2, String(repeating: Self.words, count: 4_000)), 413, "too_large"),
            ("[" + Array(repeating: line("ana", 2, "x"), count: 500).joined(separator: ",") + "]", 429, "too_many"),
        ] {
            let answer = try send(body, to: daemon)
            #expect(answer.contains(" \(status) ") && answer.contains(problem), "\(answer)")
            #expect(!answer.contains("zyxgorp"), "\(answer)")
        }
        #expect(try send(line("ana", 2, "x"), to: daemon, session: "none").contains("no_such_session"))
        let totals = try daemon.attune("detach", "call").output
        #expect(totals.contains(#""words":6"#))
        try subscriber.wait(for: "the end") { $0.type == "session.ended" }
        #expect(daemon.terminate() == 0)
        for file in try FileManager.default.subpathsOfDirectory(atPath: daemon.folder.path) {
            let bytes = FileManager.default.contents(atPath: daemon.folder.path + "/" + file) ?? Data()
            for word in Self.words.split(separator: " ") {
                #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word) is in \(file)")
                #expect(!subscriber.text.contains(word) && !totals.contains(word))
            }
        }
    }

    @Test func captionsWithoutConsentAreIgnored() throws {
        let (daemon, subscriber) = try startCall(consent: "withheld")
        #expect(
            try send(line("ana", 2, "hello"), to: daemon).hasSuffix(
                #"{"counted":0,"ignored":1,"out_of_time":0,"skipped":0}"#))
        #expect(try daemon.attune("consent", "call", "ana", "grant").status == 0)
        let tick = try subscriber.wait(for: "a tick") { $0.type == "tick" && $0.speaker == "ana" }
        #expect(tick.window("session")?.keys.contains("words") == false, "nothing from before")
    }

    /// One bad line among good ones is said and counted, and the others go on.
    @Test func aBadLineEndsNothing() throws {
        let (daemon, subscriber) = try startCall()
        let end = try present(subscriber) + 1
        let several = [line("ana", end, "one"), line("eve", end, "stranger"), line("ana", -5, "early")]
        let answer = try send("[" + several.joined(separator: ",") + "]", to: daemon)
        #expect(answer.hasSuffix(#""skipped":2}"#), "\(answer)")
        let input = [line("ana", end, "one"), line("eve", end, "x"), "[INFO] model loaded", line("ben", end, "two")]
        let handed = try run(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", "printf '%s\\n' \"$@\" | \"$0\" caption - --session call", Place.command("attune").path] + input,
            environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
        #expect(handed.status == 0, "\(handed.errors)")
        #expect(handed.output.hasSuffix(", 2 skipped\n"), "\(handed.output)")
        #expect(
            handed.errors.split(separator: "\n").count == 2 && handed.errors.contains("line 2: "), "\(handed.errors)")
    }

    @Test func aFileIsHandedOverAsTheSessionGetsThere() throws {
        let (daemon, subscriber) = try startCall()
        let file = try daemon.folder.file(
            "call.vtt",
            """
            WEBVTT

            00:00.500 --> 00:01.500
            <v ana>Good morning, Ben.

            00:02.000 --> 00:03.000
            <v ben>Good morning. How are you?
            """)
        try eventually("the file is handed over in time") {
            let handed = try daemon.attune(
                "caption", file, "--session", "call", "--offset", "\(try present(subscriber))")
            try #require(handed.status == 0, "\(handed.errors)")
            return handed.output == "2 counted, 0 ignored, 0 out of time\n"
        }
        try subscriber.wait(for: "the words of ben") {
            $0.type == "tick" && $0.speaker == "ben" && $0.window("session")?.number("words") == 5
        }
        for (arguments, status) in [
            (["caption", file, "--session", "none"], 65), (["caption", "/none.vtt", "--session", "call"], 66),
            (["caption", daemon.config, "--session", "call"], 65),
        ] as [([String], Int32)] {
            let refused = try run(
                Place.command("attune"), arguments, environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
            #expect(refused.status == status && !refused.errorLine.contains("\n"), "\(refused.errors)")
        }
    }

    @Test func aRecordingWithCaptionsHasTheirCounts() throws {
        let folder = try TemporaryFolder()
        let media = folder.path + "/silence.wav"
        try makeSilence(media, seconds: 8)
        let vtt = try folder.file(
            "call.vtt",
            "WEBVTT\n\n00:01.000 --> 00:03.000\n<v ana>Um, \(Self.words)?\n\n00:05.000 --> 00:06.000\n<v ana>Yes")
        let ndjson = try folder.file(
            "call.ndjson",
            line("ana", 3, "Um", more: #","partial":true,"id":"1""#) + "\n\n"
                + line("ana", 3, "Um, \(Self.words)?", more: #","id":"1""#) + "\n" + line("ana", 6, "Yes") + "\n")
        var outputs: [String] = []
        for file in [vtt, ndjson] {
            let events = folder.path + "/events.ndjson"
            let finished = try run(
                Place.command("attune"),
                ["analyze", "--json", "--speaker", "ana:rep=\(media)#0", "--captions", file, "--events", events])
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(finished.output.contains(#""words":5"#) && finished.output.contains(#""filler_words":1"#))
            let ticks = try String(contentsOfFile: events, encoding: .utf8).split(separator: "\n")
                .filter { $0.contains(#""type":"tick""#) }
            // A line is there from the second on in which it ends.
            let first = try #require(ticks.first { !$0.contains(#""words":0"#) })
            #expect(first.contains(#""t":3,"#), "\(first)")
            #expect(!ticks.joined().contains("zyxgorp") && !finished.output.contains("zyxgorp"))
            outputs.append(finished.output)
        }
        #expect(outputs[0].contains(#""questions":1"#) && outputs[1].contains(#""questions":1"#))
        let stranger = try run(Place.command("attune"), ["analyze", media, "--captions", vtt])
        #expect(stranger.status == 65 && stranger.errors.contains("names 'ana'"), "\(stranger.errors)")
    }

    /// Sends one request over a Unix socket; the whole answer as text.
    private func request(_ method: String, _ path: String, body: String, socket: String) throws -> String {
        let descriptor = try connectUnix(socket)
        defer { close(descriptor) }
        let head =
            "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
        let bytes = Array((head + body).utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A daemon that has refused a large body need not read it to its end.
            guard count > 0 else { break }
            sent += count
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += chunk[..<count]
        }
    }
}

extension [String: any Sendable] {
    /// A window of a tick.
    fileprivate func window(_ name: String) -> [String: any Sendable]? {
        (self["windows"] as? [String: any Sendable])?[name] as? [String: any Sendable]
    }
}
