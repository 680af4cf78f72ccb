import Foundation
import Glibc
import Programs
import TestSupport
import Testing

/// Many speakers on one port, told apart by SSRC and by what RTCP says of them.
@Suite(.waiting) struct SourcesOnAPortTests {
    private func send(
        _ sender: PlainSender, _ sources: [UInt32], until subscriber: Subscriber, _ what: String,
        _ condition: ([String: any Sendable]) -> Bool
    ) throws {
        try eventually(what) {
            sender.send(sources: sources)
            try subscriber.poll()
            return subscriber.lines.contains(where: condition)
        }
    }

    private func attach(
        _ daemon: RunningDaemon, _ speakers: [String], at url: String = "rtp://127.0.0.1:0"
    ) throws -> PlainSender {
        let arguments = ["attach", url, "--session", "call", "--consent", "granted"] + speakers
        let answer = try run(
            Place.command("attune"), arguments, environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
        try #require(answer.status == 0, "\(answer.errors)")
        return try PlainSender(
            to: try #require(answer.output.split(whereSeparator: \.isWhitespace).last.map(String.init)))
    }

    @Test func sourcesAreNamedBySSRCAndByCNAMEAndLeaveWithBYE() throws {
        let daemon = try RunningDaemon()
        let sender = try attach(daemon, ["--ssrc", "ana:rep=0x11", "--cname", "bo=bo@host"])
        let subscriber = try Subscriber(daemon.eventsPath)
        try send(sender, [0x11, 0x22], until: subscriber, "the unnamed source") {
            $0.type == "speaker.joined" && $0.speaker == "speaker-00000022"
        }
        // Nobody agreed to anything for it.
        let joined = try #require(subscriber.lines.first { $0.speaker == "speaker-00000022" })
        #expect(joined["consent"] as? String == "unknown")
        let sessions = try daemon.attune("sessions").output
        #expect(sessions.contains("ana, bo, speaker-00000022"), "\(sessions)")
        #expect(!sessions.contains("speaker-00000011"))

        sender.describe(0x22, name: "bo@host")
        try send(sender, [0x11, 0x22], until: subscriber, "the naming") {
            $0.type == "speaker.left" && $0["reason"] as? String == "named"
        }
        try send(sender, [0x11, 0x22], until: subscriber, "ticks of bo") { $0.type == "tick" && $0.speaker == "bo" }
        sender.leave(0x22)
        try send(sender, [0x11], until: subscriber, "the leaving") {
            $0.type == "speaker.left" && $0.speaker == "bo" && $0["reason"] as? String == "the sender said goodbye"
        }
        // What was taken back meanwhile stays taken back.
        #expect(try daemon.attune("consent", "call", "bo", "withdraw").status == 0)
        try send(sender, [0x11, 0x22], until: subscriber, "the return") {
            $0.type == "speaker.joined" && $0.speaker == "bo" && $0["consent"] as? String == "withheld"
        }
        #expect(!subscriber.lines.contains { $0.type == "tick" && $0.speaker == "speaker-00000022" })
        #expect(daemon.terminate() == 0)
    }

    @Test func whatAMixerSendsIsTheContributorsWhoIsAlone() throws {
        let daemon = try RunningDaemon()
        let sender = try attach(
            daemon, ["--ssrc", "ana:rep=0x21", "--cname", "bo=bo@host", "--ssrc", "guest=*"],
            at: "rtp://127.0.0.1:0?codec=l16&rate=16000")
        let subscriber = try Subscriber(daemon.eventsPath)
        func mix(_ contributors: UInt32..., until what: String, _ condition: ([String: any Sendable]) -> Bool) throws {
            try eventually(what) {
                sender.send(mixer: 0x99, contributors: contributors)
                try subscriber.poll()
                return subscriber.lines.contains(where: condition)
            }
        }
        func clipping(_ line: [String: any Sendable]) -> Double? {
            (line["audio"] as? [String: Any])?["clipping_pct"] as? Double
        }
        // Before anybody contributes, the mixer is a source like any other.
        try mix(until: "the mixer as a guest") { $0.type == "speaker.joined" && $0.speaker == "guest-00000099" }
        sender.describe(0x22, name: "bo@host")
        try mix(0x21, until: "the mixer's leaving") {
            $0.type == "speaker.left" && $0["reason"] as? String == "the sender is a mixer"
        }
        try mix(0x21, until: "ana") { $0.type == "tick" && $0.speaker == "ana" && (clipping($0) ?? 0) > 0 }
        // Together: missing of both, and of nobody else.
        try mix(0x21, 0x22, 0x23, until: "the guest") {
            $0.type == "speaker.joined" && $0.speaker == "guest-00000023"
        }
        for _ in 0..<10 { sender.send(mixer: 0x99, contributors: [0x21, 0x22]) }
        for name in ["ana", "bo"] {
            try mix(until: "what is missing of \(name)") {
                $0.type == "gap" && $0.speaker == name && $0["why"] as? String == "mixed"
            }
        }
        try mix(0x23, until: "ticks of the guest") { $0.type == "tick" && $0.speaker == "guest-00000023" }
        // What ana said and what the guest says is not bo's.
        let ticks = subscriber.lines.filter { $0.type == "tick" && $0.speaker == "bo" }
        #expect(!ticks.isEmpty && ticks.allSatisfy { (clipping($0) ?? 0) == 0 })
        #expect(daemon.terminate() == 0)
    }

    @Test func unnamedSourcesHaveConsentOnlyIfTheRequestSaysSo() throws {
        let daemon = try RunningDaemon(settings: "sources:\n  max_ssrcs: 2\n")
        let sender = try attach(daemon, ["--ssrc", "guest:customer=*"])
        let subscriber = try Subscriber(daemon.eventsPath)
        for name in ["guest-deadbeef", "guest-00000002"] {
            try send(sender, [0xDEAD_BEEF, 2, 3], until: subscriber, "ticks of \(name)") {
                $0.type == "tick" && $0.speaker == name
            }
            let joined = try #require(subscriber.lines.first { $0.type == "speaker.joined" && $0.speaker == name })
            #expect(joined["consent"] as? String == "granted" && joined["role"] as? String == "customer")
        }
        // The third is over the limit; the log says so.
        #expect(!subscriber.text.contains("guest-00000003"))
        try eventually("the refusal is logged") {
            sender.send(sources: [3])
            return daemon.log.contains("sources.max_ssrcs")
        }
        sender.leave(2)
        try send(sender, [3], until: subscriber, "the third in its place") {
            $0.type == "speaker.joined" && $0.speaker == "guest-00000003"
        }
        #expect(daemon.terminate() == 0)
    }

    @Test func aSenderThatReportsIsReportedTo() throws {
        let daemon = try RunningDaemon()
        let sender = try attach(daemon, ["--speaker", "ana"])
        var answer: [UInt8]?
        try eventually("a receiver report") {
            sender.send(sources: [0x11])
            sender.report(0x11)
            answer = sender.answer()
            return answer != nil
        }
        let report = try #require(answer)
        #expect(report.count > 40)
        #expect(Array(report[..<4]) == [0x81, 201, 0, 7])
        #expect(Array(report[8..<16]) == [0, 0, 0, 0x11, 0, 0, 0, 0], "the source, nothing lost")
        #expect(Array(report[24..<28]) == [0x45, 0x67, 0x89, 0xAB], "which of its reports was the last")
        #expect(daemon.terminate() == 0)
    }

    @Test func encryptedMediaIsHeardWithItsKeyOnly() throws {
        let secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk"
        let daemon = try RunningDaemon()
        let file = try daemon.folder.file("key.txt", "AES_CM_128_HMAC_SHA1_80 inline:\(secret)\n")
        let answer = try daemon.attune(
            "attach", "rtp://127.0.0.1:0", "--session", "call", "--ssrc", "ana=17", "--ssrc", "bo=18", "--consent",
            "granted", "--crypto-file", file)
        try #require(answer.status == 0, "\(answer.errors)")
        let url = try #require(answer.output.split(whereSeparator: \.isWhitespace).last.map(String.init))
        let subscriber = try Subscriber(daemon.eventsPath)

        // In the clear nothing is taken.
        let plain = try PlainSender(to: url)
        try eventually("the refusal is logged") {
            plain.send(sources: [1])
            return daemon.log.contains("not authentic")
        }
        let logs = try TemporaryFolder()
        let sender = try startSender(
            [
                "-re", "-f", "lavfi", "-i", "sine=300:duration=60", "-c:a", "libopus", "-f", "rtp", "-ssrc", "17",
                "-srtp_out_suite", "AES_CM_128_HMAC_SHA1_80", "-srtp_out_params", secret,
                "srtp" + url.dropFirst(3),
            ], logs: logs.path)
        defer { sender.terminate() }
        try subscriber.wait(for: "ticks") { $0.type == "tick" && $0.speaker == "ana" }
        let other = try PlainSender(to: url, key: Array("0123456789abcdef0123456789abcd".utf8))
        other.send(sources: [18])
        other.leave(18)
        try subscriber.wait(for: "the goodbye") { $0.type == "speaker.left" && $0.speaker == "bo" }
        try "no key".write(toFile: file, atomically: true, encoding: .utf8)
        let refused = try daemon.attune(
            "attach", "rtp://127.0.0.1:0", "--session", "other", "--speaker", "a", "--consent", "granted",
            "--crypto-file", file)
        #expect(refused.status == 64 && refused.errors.contains("crypto suite"), "\(refused.errors)")
        #expect(daemon.terminate() == 0)
        #expect(!daemon.log.contains(secret) && !answer.output.contains(secret) && !subscriber.text.contains(secret))
    }

    /// An interface with the flag IFF_MULTICAST, which loopback has not.
    private static let multicastInterface: String? = {
        let folder = "/sys/class/net"
        return try? FileManager.default.contentsOfDirectory(atPath: folder).sorted().first { name in
            let text = try String(contentsOfFile: "\(folder)/\(name)/flags", encoding: .utf8)
            let flags = Int(text.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst(2), radix: 16) ?? 0
            return flags & 0x1001 == 0x1001
        }
    }()

    @Test(.enabled(if: multicastInterface != nil, "needs a network interface with multicast"))
    func aMulticastGroupIsJoined() throws {
        let interface = try #require(Self.multicastInterface)
        let daemon = try RunningDaemon()
        let answer = try daemon.attune(
            "attach", "rtp://239.255.7.7:0?interface=\(interface)", "--session", "call", "--speaker", "ana",
            "--consent",
            "granted")
        try #require(answer.status == 0, "\(answer.errors)")
        let sender = try PlainSender(
            to: try #require(answer.output.split(whereSeparator: \.isWhitespace).last.map(String.init)))
        sender.aim(at: "239.255.7.7", interface: interface)
        let subscriber = try Subscriber(daemon.eventsPath)
        try send(sender, [1], until: subscriber, "ticks") { $0.type == "tick" }
        let refused = try daemon.attune(
            "attach", "rtp://239.255.7.8:0?interface=nosuch0", "--session", "other", "--speaker", "a", "--consent",
            "granted")
        #expect(refused.status == 65 && refused.errors.contains("no interface 'nosuch0'"), "\(refused.errors)")
        #expect(daemon.terminate() == 0)
    }

    @Test func contradictingSpeakersAreRefused() throws {
        let daemon = try RunningDaemon()
        let cases: [(arguments: [String], part: String)] = [
            (["--ssrc", "a=xyz"], "is no SSRC"),
            (["--ssrc", "a=1", "--ssrc", "b=0x1"], "given twice"),
            (["--ssrc", "a=1", "--track", "0:b"], "told apart by ssrc"),
        ]
        for (arguments, part) in cases {
            let attached = try run(
                Place.command("attune"),
                ["attach", "rtp://127.0.0.1:0", "--session", "s", "--consent", "granted"] + arguments,
                environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
            #expect(attached.status == 64 && attached.errors.contains(part), "\(attached.errors)")
        }
        let file = try daemon.folder.file("x.wav", "RIFF")
        let attached = try daemon.attune(
            "attach", file, "--session", "s", "--consent", "granted", "--ssrc", "a=1")
        #expect(attached.errors.contains("no plain RTP"), "\(attached.errors)")
        #expect(daemon.terminate() == 0)
    }
}
