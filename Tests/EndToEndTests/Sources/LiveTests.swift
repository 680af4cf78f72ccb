import Foundation
import Programs
import TestSupport
import Testing

/// The daemon on live media, with FFmpeg as the sender.
@Suite(.waiting) struct LiveTests {
    private func send(_ files: [String], to urls: [String], logs: String) throws -> Program {
        var arguments: [String] = []
        for file in files { arguments += ["-re", "-i", file] }
        for (index, url) in urls.enumerated() {
            arguments += ["-map", "\(index):a", "-c:a", "libopus", "-b:a", "24k", "-f", "rtp", url]
        }
        return try startSender(arguments, logs: logs)
    }

    @Test func ticksComeOnceASecondAndEveryLineIsAccountedFor() throws {
        let daemon = try RunningDaemon()
        let files = try Dialogue.write(daemon.folder)
        let urls = [
            try daemon.attachRTP(session: "call", speaker: "a:rep"),
            try daemon.attachRTP(session: "call", speaker: "b:customer"),
        ]
        let subscriber = try Subscriber(daemon.eventsPath)
        let logs = try TemporaryFolder()
        let sender = try send(files, to: urls, logs: logs.path)
        defer { sender.terminate() }
        let speech = try subscriber.wait(for: "speech") { $0.type == "speech.started" }
        try subscriber.wait(for: "ten ticks of b") {
            $0.type == "tick" && ($0.number("t") ?? 0) >= 10 && $0.speaker == "b"
        }
        #expect(daemon.terminate() == 0)
        try eventually("the socket is closed") {
            try subscriber.poll()
            return subscriber.isClosed
        }

        #expect(subscriber.lines.prefix(2).map(\.type) == ["hello", "snapshot"])
        let sequence = subscriber.events.compactMap { $0.number("seq") }.map { Int($0) }
        let first = try #require(subscriber.lines.first?.number("seq"))
        #expect(sequence == Array(Int(first) + 1..<Int(first) + 1 + sequence.count))
        for speaker in ["a", "b"] {
            let times = subscriber.events.filter { $0.type == "tick" && $0.speaker == speaker }.compactMap {
                $0.number("t")
            }
            #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 1) < 1e-6 }, "\(times)")
            let onset = try #require(speech.number("start_s"))
            #expect((times.first ?? .infinity) <= onset + 2.5)
        }
        // Ended in order: the totals reach the client, then the sockets are gone.
        let last = try #require(subscriber.events.last)
        #expect(last.type == "session.ended")
        let speakers = try #require(last["speakers"] as? [String: [String: any Sendable]])
        #expect(speakers.keys.sorted() == ["a", "b"])
        #expect(speakers["a"]?.number("speech_s") ?? 0 > 1)
        #expect(!FileManager.default.fileExists(atPath: daemon.eventsPath))
        #expect(!FileManager.default.fileExists(atPath: daemon.controlPath))
    }

    @Test func aKilledSenderStallsTheSourceAndANewOneRevivesIt() throws {
        let daemon = try RunningDaemon(settings: "sources:\n  stall_s: 0.5\n")
        let files = try Dialogue.write(daemon.folder)
        let url = try daemon.attachRTP(session: "call", speaker: "a")
        let subscriber = try Subscriber(daemon.eventsPath)
        let logs = try TemporaryFolder()
        // A busy machine may stall a sender that lives.
        func isStalled() throws -> Bool? {
            try subscriber.poll()
            return subscriber.lines.last { ["source.connected", "source.stalled"].contains($0.type) }
                .map { $0.type == "source.stalled" }
        }
        for round in 1...3 {
            let sender = try send([files[0]], to: [url], logs: logs.path)
            try eventually("connected \(round)") { try isStalled() == false }
            let before = subscriber.lines.filter { $0.type == "tick" }.count
            try eventually("ticks in round \(round)") {
                try subscriber.poll()
                return subscriber.lines.filter { $0.type == "tick" }.count >= before + 2
            }
            kill(sender.processIdentifier, SIGKILL)
            sender.waitUntilExit()
            try eventually("stalled \(round)") { try isStalled() == true }
        }
        // Media time kept up with the pauses between the senders: ticks never go back.
        let times = subscriber.lines.filter { $0.type == "tick" }.compactMap { $0.number("t") }
        #expect(times == times.sorted())
        #expect(Set(times).count == times.count)
        #expect(try daemon.attune("detach", "call").status == 0)
        try subscriber.wait(for: "the end") { $0.type == "session.ended" }
        let stalls = subscriber.lines.filter { $0.type == "gap" && $0["why"] as? String == "stall" }
        // What is waited for in vain is missing, too. What a busy machine read late may have revived the source once more.
        let types = subscriber.lines.map(\.type)
        let lastStall = try #require(types.lastIndex(of: "source.stalled"))
        #expect(types[lastStall...].contains { $0 == "gap" || $0 == "source.connected" })
        let last = try #require(stalls.last)
        // A busy host is behind with its media, so how long it was is not known here.
        #expect((last.number("to_s") ?? 0) > (last.number("from_s") ?? 0))
        #expect(daemon.process.isRunning)
    }

    @Test func withheldConsentLeavesNoTraceOfTheVoice() throws {
        let daemon = try RunningDaemon()
        let files = try Dialogue.write(daemon.folder)
        let urls = [
            try daemon.attachRTP(session: "call", speaker: "a"),
            try daemon.attachRTP(session: "call", speaker: "shy", consent: "withheld"),
        ]
        let subscriber = try Subscriber(daemon.eventsPath)
        let logs = try TemporaryFolder()
        let sender = try send(files, to: urls, logs: logs.path)
        defer { sender.terminate() }
        try subscriber.wait(for: "ticks of a") { $0.type == "tick" && ($0.number("t") ?? 0) >= 8 }
        #expect(daemon.terminate() == 0)
        try eventually("the socket is closed") {
            try subscriber.poll()
            return subscriber.isClosed
        }
        let types = Set(subscriber.lines.filter { $0.speaker == "shy" }.map(\.type))
        #expect(types.isSubset(of: ["speaker.joined", "speaker.left", "gap"]))
        let ended = try #require(subscriber.lines.last { $0.type == "session.ended" })
        let totals = try #require((ended["speakers"] as? [String: [String: any Sendable]])?["shy"])
        #expect(totals.keys.sorted() == ["consent"])
        #expect(totals["consent"] as? String == "withheld")
        for line in subscriber.lines where line.type == "turn" { #expect(line["previous_speaker"] as? String != "shy") }
    }

    @Test func consentTakenBackInTheMiddleEndsEveryValue() throws {
        let daemon = try RunningDaemon()
        let files = try Dialogue.write(daemon.folder)
        let urls = [
            try daemon.attachRTP(session: "call", speaker: "a"),
            try daemon.attachRTP(session: "call", speaker: "Jürgen K"),
        ]
        let subscriber = try Subscriber(daemon.eventsPath)
        let logs = try TemporaryFolder()
        let sender = try send(files, to: urls, logs: logs.path)
        defer { sender.terminate() }
        try subscriber.wait(for: "speech of both") { $0.type == "speech.ended" && $0.speaker == "Jürgen K" }
        try subscriber.wait(for: "a tick") { $0.type == "tick" && $0.speaker == "Jürgen K" }
        let change = try daemon.attune("consent", "call", "Jürgen K", "withdraw")
        #expect(change.status == 0, "\(change.errors)")
        let revoked = try subscriber.wait(for: "the change") { $0.type == "consent" }
        #expect(revoked["consent"] as? String == "withheld" && revoked["previous"] as? String == "granted")
        let time = try #require(revoked.number("t"))
        try subscriber.wait(for: "ticks after it") { $0.type == "tick" && ($0.number("t") ?? 0) > time + 5 }
        // A client that comes now finds nothing either.
        let late = try Subscriber(daemon.eventsPath)
        try late.wait(for: "a tick") { $0.type == "tick" }
        #expect(try daemon.attune("consent", "call", "nobody", "withdraw").status == 65)
        #expect(daemon.terminate() == 0)
        try eventually("the sockets are closed") {
            try subscriber.poll()
            try late.poll()
            return subscriber.isClosed && late.isClosed
        }
        let index = try #require(subscriber.lines.firstIndex { $0.type == "consent" })
        for line in subscriber.lines[index...] + late.lines {
            if line.speaker == "Jürgen K" { #expect(["consent", "speaker.left", "gap"].contains(line.type)) }
            #expect(line["previous_speaker"] as? String != "Jürgen K" && line["holder"] as? String != "Jürgen K")
        }
        let ended = try #require(subscriber.lines.last { $0.type == "session.ended" })
        let totals = try #require(ended["speakers"] as? [String: [String: any Sendable]])
        #expect(totals["Jürgen K"]?.keys.sorted() == ["consent"])
        #expect(!daemon.log.contains("Jürgen"))
    }

    @Test func aFileIsPlayedAtItsOwnPaceAndEndsItsSession() throws {
        let daemon = try RunningDaemon()
        let files = try Dialogue.write(daemon.folder)
        let short = daemon.folder.path + "/short.flac"
        try #require(run(ffmpeg, ["ffmpeg", "-loglevel", "error", "-t", "3", "-i", files[0], short]).status == 0)
        let subscriber = try Subscriber(daemon.eventsPath)
        let answer = try daemon.attune("attach", short, "--session", "file", "--speaker", "a", "--consent", "granted")
        #expect(answer.status == 0, "\(answer.errors)")
        let ended = try subscriber.wait(for: "the end of the session") { $0.type == "session.ended" }
        // No faster than that; a busy host may take longer.
        #expect((ended.number("duration_s") ?? 0) >= 2.9)
        #expect(subscriber.lines.contains { $0.type == "source.ended" && $0["reason"] as? String == "end of media" })
        #expect(try daemon.attune("sessions", "--json").output == "[]\n")
    }

    /// A station that goes off the air and comes back: the source is opened again, and what was missed is a gap.
    @Test func aRadioStationIsOpenedAgain() throws {
        let daemon = try RunningDaemon(
            settings: "sources:\n  stall_s: 0.5\n  reconnect_min_s: 0.1\n  reconnect_max_s: 0.2\n")
        let files = try Dialogue.write(daemon.folder)
        let port = UInt16.random(in: 20_000..<30_000)
        let url = "http://127.0.0.1:\(port)/live"
        let logs = try TemporaryFolder()
        // The server of FFmpeg has one listener and ends with it; it says no length.
        func station() throws -> Program {
            try startSender(
                ["-re", "-i", files[0], "-f", "mp3", "-content_type", "audio/mpeg", "-listen", "1", url],
                logs: logs.path)
        }
        let subscriber = try Subscriber(daemon.eventsPath)
        var sender = try station()
        defer { sender.terminate() }
        try eventually("attached") {
            try daemon.attune("attach", url, "--session", "radio", "--speaker", "a", "--consent", "granted").status == 0
        }
        try subscriber.wait(for: "media") { $0.type == "source.connected" }
        try subscriber.wait(for: "a tick") { $0.type == "tick" }
        kill(sender.processIdentifier, SIGKILL)
        sender.waitUntilExit()
        try subscriber.wait(for: "the break") { $0.type == "source.reconnecting" }
        sender = try station()
        let gap = try subscriber.wait(for: "a gap") { $0.type == "gap" && $0["why"] as? String == "reconnect" }
        let broken = try #require(subscriber.lines.firstIndex { $0.type == "source.reconnecting" })
        #expect(subscriber.lines[broken...].contains { $0.type == "source.connected" })
        let (from, to) = (try #require(gap.number("from_s")), try #require(gap.number("to_s")))
        #expect(from > 0.5 && to > from)
        // Time goes on: the speaker's ticks after the gap lie behind it.
        try subscriber.wait(for: "a tick after it") { $0.type == "tick" && ($0.number("t") ?? 0) > to }
        #expect(!subscriber.lines.contains { $0.type == "session.ended" })
    }

    /// A connection that nothing comes by any more is given up and made anew.
    @Test func aDeadConnectionIsGivenUp() throws {
        let daemon = try RunningDaemon(settings: "sources:\n  stall_s: 0.5\n  http: [10, 1]\n")
        let files = try Dialogue.write(daemon.folder)
        let url = "http://127.0.0.1:\(UInt16.random(in: 20_000..<30_000))/live"
        let logs = try TemporaryFolder()
        let sender = try startSender(
            ["-re", "-i", files[0], "-f", "mp3", "-content_type", "audio/mpeg", "-listen", "1", url], logs: logs.path)
        defer { kill(sender.processIdentifier, SIGKILL) }
        let subscriber = try Subscriber(daemon.eventsPath)
        try eventually("attached") {
            try daemon.attune("attach", url, "--session", "radio", "--speaker", "a", "--consent", "granted").status == 0
        }
        try subscriber.wait(for: "media") { $0.type == "source.connected" }
        kill(sender.processIdentifier, SIGSTOP)
        try subscriber.wait(for: "the stall") { $0.type == "source.stalled" }
        let lost = try subscriber.wait(for: "the end of patience") { $0.type == "source.reconnecting" }
        #expect(lost["reason"] as? String == "no media for 1000 ms")
    }

    @Test func theChannelsOfAFileBecomeSpeakers() throws {
        let daemon = try RunningDaemon()
        let files = try Dialogue.write(daemon.folder)
        let stereo = daemon.folder.path + "/stereo.wav"
        let joined = try run(
            ffmpeg,
            [
                "ffmpeg", "-loglevel", "error", "-t", "4", "-i", files[0], "-t", "4", "-i", files[1],
                "-filter_complex", "amerge", stereo,
            ])
        try #require(joined.status == 0, "\(joined.errors)")
        let subscriber = try Subscriber(daemon.eventsPath)
        let answer = try daemon.attune(
            "attach", stereo, "--session", "file", "--track", "0:a:rep", "--track", "1:b:customer", "--consent",
            "granted")
        #expect(answer.status == 0, "\(answer.errors)")
        let ended = try subscriber.wait(for: "the end of the session") { $0.type == "session.ended" }
        let speakers = try #require(ended["speakers"] as? [String: [String: any Sendable]])
        #expect(speakers.keys.sorted() == ["a", "b"])
        for speaker in ["a", "b"] {
            #expect((speakers[speaker]?.number("speech_s") ?? 0) > 0.5)
            #expect((speakers[speaker]?.number("talk_ratio") ?? 0) > 0.3)
        }
    }
}
