import Foundation
import Programs
import TestSupport
import Testing

/// A no that is said in a running call, against the daemon: it holds, whatever comes after it.
@Suite(.waiting) struct WithdrawalTests {
    /// A call on one port: `annabel` and `bo` by SSRC, `guest` for whoever sends.
    private final class Call {
        let daemon: RunningDaemon
        let subscriber: Subscriber
        private(set) var sender: PlainSender
        private(set) var source = ""

        init(settings: String = "") throws {
            daemon = try RunningDaemon(settings: settings)
            subscriber = try Subscriber(daemon.eventsPath)
            // Another source keeps the session.
            _ = try daemon.attachRTP(session: "call", speaker: "nobody")
            sender = try PlainSender(to: ":1")
            try attach()
        }

        func attach(consent: String = "granted") throws {
            let answer = try daemon.attune(
                "attach", "rtp://127.0.0.1:0", "--session", "call", "--consent", consent, "--ssrc", "annabel=0x11",
                "--ssrc", "bo=0x12", "--ssrc", "guest=*")
            try #require(answer.status == 0, "\(answer.errors)")
            let words = answer.output.split(whereSeparator: \.isWhitespace).map(String.init)
            sender = try PlainSender(to: try #require(words.last))
            let sessions = try daemon.attune("sessions").output
            source = try #require(sessions.matches(of: /source-\d+/).last.map { String($0.output) })
        }

        func consent(_ speaker: String, _ change: String) throws {
            #expect(try daemon.attune("consent", "call", speaker, change).status == 0)
        }

        /// Sends until an event comes that did not come before.
        @discardableResult
        func send(
            _ sources: UInt32..., until what: String, _ condition: ([String: any Sendable]) -> Bool
        ) throws -> [String: any Sendable] {
            let begin = subscriber.lines.count
            try eventually(what) {
                sender.send(sources: sources)
                try subscriber.poll()
                return subscriber.lines.dropFirst(begin).contains(where: condition)
            }
            let found = subscriber.lines.dropFirst(begin).last(where: condition)
            return try #require(found)
        }

        func ticks(_ sources: UInt32..., of speaker: String, count: Int = 1) throws {
            for _ in 0..<count {
                let begin = subscriber.lines.count
                try eventually("ticks of \(speaker)") {
                    sender.send(sources: sources)
                    try subscriber.poll()
                    return subscriber.lines.dropFirst(begin).contains { $0.type == "tick" && $0.speaker == speaker }
                }
            }
        }
    }

    private static let measured: Set<String> = ["tick", "speech.started", "speech.ended", "turn", "overlap", "quality"]

    /// By a client of the socket that comes back, and by one of `/v1/events`.
    @Test(arguments: [true, false]) func whoLeftAndThenSaysNoIsNotBroughtBack(byJoining: Bool) throws {
        let call = try Call()
        try call.ticks(0x11, 0x12, of: "annabel", count: 2)
        #expect(try call.daemon.attune("detach", "call", call.source).status == 0)
        try call.subscriber.wait(for: "the leaving") { $0.type == "speaker.left" && $0.speaker == "annabel" }
        if byJoining { try call.attach(consent: "withheld") } else { try call.consent("annabel", "withdraw") }
        let last = try call.subscriber.wait(for: "the no") {
            $0.speaker == "annabel" && $0["consent"] as? String == "withheld"
        }

        let back = try Subscriber(call.daemon.eventsPath, sending: #"{"resume":{"epoch":"another","seq":0}}"#)
        try back.wait(for: "the same") { $0.number("seq") == last.number("seq") && $0.type == last.type }
        let stream = try EventStreamClient(call.daemon, lastID: "another:0")
        try eventually("the same by the other way") {
            try stream.events().contains { $0.data.number("seq") == last.number("seq") }
        }
        let streamed = try stream.events().map(\.data)
        for lines in [back.lines, streamed] {
            #expect(!lines.contains { $0.speaker == "annabel" && Self.measured.contains($0.type) })
            // Whoever said nothing is still there, unless joining said no for both.
            #expect(lines.contains { $0.speaker == "bo" && $0.type == "tick" } == !byJoining)
        }
        #expect(call.daemon.terminate() == 0)
    }

    @Test func whoWasDeletedIsNotStoredAgainInTheSameCall() throws {
        let store = try TemporaryFolder()
        let call = try Call(settings: "store:\n  path: \(store.path)/attune.db\n")
        func isStored() throws -> Bool {
            // What waits is written before the answer.
            let listed = try call.daemon.attune("sessions", "--stored").output
            let files = try FileManager.default.contentsOfDirectory(atPath: store.path).map { name in
                try Data(contentsOf: URL(fileURLWithPath: store.path + "/" + name))
            }
            return listed.contains("annabel") || files.contains { $0.range(of: Data("annabel".utf8)) != nil }
        }
        func put(_ body: String) throws {
            let answer = try run(
                URL(fileURLWithPath: "/usr/bin/env"),
                [
                    "curl", "-sS", "-X", "PUT", "--unix-socket", call.daemon.controlPath, "-d", body,
                    "http://localhost/v1/sessions/call/speakers/annabel",
                ])
            #expect(answer.output.contains("granted"), "\(answer)")
        }
        try call.ticks(0x11, 0x12, of: "annabel")
        #expect(try isStored())
        #expect(try call.daemon.attune("forget", "annabel").status == 0)
        try put(#"{"name":"Anna"}"#)
        try put(#"{"role":"customer"}"#)
        try call.ticks(0x11, 0x12, of: "annabel")
        call.sender.leave(0x11)
        try call.send(0x11, 0x12, until: "the return") { $0.type == "speaker.joined" && $0.speaker == "annabel" }
        try call.ticks(0x11, 0x12, of: "annabel", count: 2)
        #expect(try !isStored())
        try call.consent("annabel", "withdraw")
        try call.consent("annabel", "grant")
        try call.ticks(0x11, 0x12, of: "annabel")
        #expect(try isStored())
        #expect(call.daemon.terminate() == 0)
    }

    @Test(arguments: [true, false]) func aNewSSRCIsNoNewConsent(hasName: Bool) throws {
        let call = try Call()
        if hasName { call.sender.describe(0x21, name: "guest@host") }
        try call.ticks(0x12, 0x21, of: "guest-00000021")
        if hasName { call.sender.describe(0x21, name: "guest@host") }
        try call.consent("guest-00000021", "withdraw")
        call.sender.leave(0x21)
        let joined = try call.send(0x12, 0x22, until: "the new source") {
            $0.type == "speaker.joined" && $0.speaker == "guest-00000022"
        }
        #expect(joined["consent"] as? String == "unknown")
        if hasName {
            call.sender.describe(0x22, name: "guest@host")
            try call.send(0x12, 0x22, until: "the no") {
                $0.type == "consent" && $0.speaker == "guest-00000022" && $0["consent"] as? String == "withheld"
            }
        }
        // Nor is a port that is attached again.
        try call.ticks(0x12, 0x22, of: "bo", count: 2)
        #expect(try call.daemon.attune("detach", "call", call.source).status == 0)
        try call.attach()
        try call.ticks(0x12, 0x22, 0x23, of: "bo", count: 2)
        #expect(
            call.subscriber.lines.contains { $0.type == "speaker.joined" && $0.speaker == "guest-00000023" })
        let told = call.subscriber.lines.filter { Self.measured.contains($0.type) }.compactMap(\.speaker)
        #expect(!told.contains("guest-00000022") && !told.contains("guest-00000023"))
        // Whoever knows that it is another one says so.
        try call.consent("guest-00000023", "grant")
        try call.ticks(0x12, 0x23, of: "guest-00000023")
        #expect(call.daemon.terminate() == 0)
    }
}
