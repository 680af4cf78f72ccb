import Foundation
import Programs
import TestSupport
import Testing

/// The policy profile and the notice, as a subscriber and an operator see them.
@Suite(.waiting) struct PolicyTests {
    /// Two seconds and a half of silence on two channels: ticks need no more.
    private func makeSilence(_ folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/silence.wav"
        let made = try run(
            ffmpeg,
            ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=stereo:d=2.5", "-y", path])
        try #require(made.status == 0, "\(made.errors)")
        return path
    }

    /// Plays a rep and a customer to a daemon; what a subscriber saw, and what attach said.
    private func playCall(
        _ settings: String, speakers: [String] = ["anna:rep", "ben:customer"], options: [String] = []
    ) throws -> (subscriber: Subscriber, answer: Finished, log: String) {
        let daemon = try RunningDaemon(settings: settings)
        let subscriber = try Subscriber(daemon.eventsPath)
        let tracks = speakers.enumerated().flatMap { ["--track", "\($0):\($1)"] }
        let arguments = ["attach", try makeSilence(daemon.folder), "--session", "call", "--consent", "granted"]
        let answer = try run(
            Place.command("attune"), arguments + tracks + options,
            environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
        #expect(answer.status == 0, "\(answer.errors)")
        try subscriber.wait(for: "the end of the session") { $0.type == "session.ended" }
        return (subscriber, answer, daemon.log)
    }

    @Test(arguments: ["standard", "behaviour-only", "eu-work", "us-work", "eu-education", "self"])
    func everyProfileIsConfiguredShownAndFixed(profile: String) throws {
        let daemon = try RunningDaemon(settings: "policy:\n  profile: \(profile)\n")
        let answer = try request("GET", "/v1/policy", socket: daemon.controlPath)
        #expect(answer.contains("200 OK") && answer.contains("\"profile\":\"\(profile)\""), "\(answer)")
        #expect(answer.contains("\"notice_id\":\"standard-notice\""), "\(answer)")
        #expect(
            answer.contains("\"protected\":true") == (profile.hasPrefix("eu-") || profile == "us-work"), "\(answer)")
        for method in ["PUT", "POST", "PATCH", "DELETE"] {
            let refused = try request(method, "/v1/policy", socket: daemon.controlPath)
            #expect(refused.contains("404 Not Found") || refused.contains("405 Method"), "\(method): \(refused)")
        }
        #expect(try request("GET", "/v1/policy", socket: daemon.controlPath).contains("\"profile\":\"\(profile)\""))
        let doctor = try daemon.attune("doctor")
        #expect(doctor.output.contains("ok   policy: \(profile) ("), "\(doctor.output)")
        let hello = try Subscriber(daemon.eventsPath).wait(for: "hello") { $0.type == "hello" }
        #expect(hello["policy"] as? String == profile && hello["notice_id"] as? String == "standard-notice")
        #expect(daemon.terminate() == 0)
        #expect(try daemon.attune("doctor").output.contains("no daemon runs"))
    }

    @Test func anUnknownProfileIsRefused() throws {
        let folder = try TemporaryFolder()
        let config = try folder.file("attune.yaml", "policy:\n  profile: lenient\n")
        let finished = try run(Place.command("attuned"), ["--config", config, "--check-config"])
        #expect(finished.status == 78)
        #expect(finished.errors.contains("eu-work") && finished.errors.contains("'lenient'"), "\(finished.errors)")
    }

    @Test func atWorkNoAffectOfTheRepIsPublished() throws {
        let call = try playCall("policy:\n  profile: eu-work\n", options: ["--notice", "notice-7"])
        let started = try #require(call.subscriber.lines.first { $0.type == "session.started" })
        #expect(started["notice_id"] as? String == "notice-7" && started["policy"] as? String == "eu-work")
        for (speaker, isProtected) in [("anna", true), ("ben", false)] {
            let ticks = call.subscriber.lines.filter { $0.type == "tick" && $0.speaker == speaker }
            #expect(ticks.count >= 2)
            for tick in ticks { #expect(tick.keys.contains("sentiment") != isProtected, "\(speaker)") }
        }
        #expect(call.answer.errors.isEmpty)
    }

    @Test func underSelfOnlyTheOwnVoiceIsMeasured() throws {
        let call = try playCall("policy:\n  profile: self\n", speakers: ["me:self", "ben:customer"])
        #expect(call.subscriber.lines.contains { $0.type == "tick" && $0.speaker == "me" })
        let types = Set(call.subscriber.lines.filter { $0.speaker == "ben" }.map(\.type))
        #expect(types.isSubset(of: ["speaker.joined", "speaker.left", "gap"]))
        let ended = try #require(call.subscriber.lines.last { $0.type == "session.ended" })
        let totals = try #require(ended["speakers"] as? [String: [String: any Sendable]])
        #expect(totals["ben"]?.keys.sorted() == ["consent", "role"])
        #expect(call.answer.errors == "attune: not measured under the profile 'self': ben\n")
    }

    @Test func withoutANoticeThereIsNoTick() throws {
        let call = try playCall("policy:\n  notice_id:\n")
        let started = try #require(call.subscriber.lines.first { $0.type == "session.started" })
        #expect(started["notice_id"] == nil && call.subscriber.lines.first?["notice_id"] == nil)
        #expect(!call.subscriber.lines.contains { $0.type == "tick" })
        #expect(call.answer.errors.contains("no notice was given"), "\(call.answer.errors)")
        #expect(call.log.components(separatedBy: "no notice was given").count == 2, "once in the log")
        // A session that names one is measured.
        let named = try playCall("policy:\n  notice_id:\n", options: ["--notice", "n-1"])
        #expect(named.subscriber.lines.contains { $0.type == "tick" })
    }

    @Test func thePersonMeasuredSeesWhatOthersSee() throws {
        let daemon = try RunningDaemon()
        let all = try Subscriber(daemon.eventsPath)
        let own = try Subscriber(daemon.eventsPath, sending: #"{"subscribe":{"speakers":["ben"]}}"#)
        // A second hello answers the line after the subscription: by then it holds.
        try own.send(#"{"resume":{"epoch":"another","seq":0}}"#)
        try eventually("the subscription holds") {
            try own.poll()
            return own.lines.count { $0.type == "hello" } == 2
        }
        let answer = try daemon.attune(
            "attach", makeSilence(daemon.folder), "--session", "call", "--track", "0:anna:rep", "--track",
            "1:ben:customer", "--consent", "granted")
        #expect(answer.status == 0, "\(answer.errors)")
        for subscriber in [all, own] {
            try subscriber.wait(for: "the end of the session") { $0.type == "session.ended" }
        }
        func ticks(_ subscriber: Subscriber, of speaker: String) -> [Substring] {
            subscriber.text.split(separator: "\n").filter {
                $0.contains(#""type":"tick""#) && $0.contains(#""speaker":"\#(speaker)""#)
            }
        }
        #expect(ticks(own, of: "ben").count >= 2 && ticks(own, of: "anna").isEmpty)
        #expect(ticks(own, of: "ben") == ticks(all, of: "ben"))
    }

    /// The same name in two sessions is two speakers, and a session knows nothing of those before it.
    @Test func speakersAreThoseOfTheirSession() throws {
        let daemon = try RunningDaemon()
        let voice = try Dialogue.write(daemon.folder)[0]
        let silence = try makeSilence(daemon.folder)
        let subscriber = try Subscriber(daemon.eventsPath)
        func speech(of media: String, in session: String) throws -> Double? {
            let answer = try daemon.attune(
                "attach", media, "--session", session, "--speaker", "ana:rep", "--consent", "granted")
            #expect(answer.status == 0, "\(answer.errors)")
            try subscriber.wait(for: "ticks of \(session)") {
                $0.type == "tick" && $0["session"] as? String == session && ($0.number("t") ?? 0) >= 2
            }
            _ = try daemon.attune("detach", session)
            let ended = try subscriber.wait(for: "the end of \(session)") {
                $0.type == "session.ended" && $0["session"] as? String == session
            }
            return (ended["speakers"] as? [String: [String: any Sendable]])?["ana"]?.number("speech_s")
        }
        #expect(try speech(of: voice, in: "one") ?? 0 > 0.5)
        #expect(try speech(of: silence, in: "two") == 0)
        let first = subscriber.lines.first { $0.type == "tick" && $0["session"] as? String == "two" }
        #expect((first?["baseline"] as? [String: any Sendable])?.number("speech_s") == 0)
    }

    @Test func aRecordingIsAnalysedUnderAProfile() throws {
        let folder = try TemporaryFolder()
        let silence = try makeSilence(folder)
        func events(_ options: String...) throws -> String {
            let path = folder.path + "/events.ndjson"
            let finished = try run(
                Place.command("attune"), ["analyze", silence, "--events", path, "--json"] + options)
            #expect(finished.status == 0, "\(finished.errors)")
            return try String(contentsOfFile: path, encoding: .utf8) + finished.output
        }
        #expect(try events().contains("sentiment"))
        #expect(try !events("--policy", "behaviour-only").contains("sentiment"))
        #expect(try !events("--policy", "self").contains("\"tick\""))
        let refused = try run(Place.command("attune"), ["analyze", silence, "--policy", "lenient"])
        #expect(refused.status == 64 && refused.errors.contains("eu-work"), "\(refused.errors)")
    }

    /// Sends one request over a Unix socket; the whole answer as text.
    private func request(_ method: String, _ path: String, socket: String) throws -> String {
        let descriptor = try connectUnix(socket)
        defer { close(descriptor) }
        let text = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        let bytes = Array(text.utf8)
        try #require(send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += chunk[..<count]
        }
    }
}
