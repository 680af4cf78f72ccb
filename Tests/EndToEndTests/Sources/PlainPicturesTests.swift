import Foundation
import Programs
import TestSupport
import Testing

/// Pictures by plain RTP from a real sender: looked at with consent, and no longer than that.
@Suite(.waiting) struct PlainPicturesTests {
    /// Ports for sound and pictures, each with one behind it for RTCP.
    private func ports() -> (audio: Int, video: Int) {
        while true {
            let audio = LoopbackServer.freePort(datagrams: true), video = LoopbackServer.freePort(datagrams: true)
            if abs(audio - video) > 1 { return (audio, video) }
        }
    }

    /// A camera's moving picture with a key frame every second, and sound, until the process is ended.
    private func send(_ encoder: [String], to ports: (audio: Int, video: Int), _ folder: TemporaryFolder) throws
        -> Program
    {
        try start(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=d=600:s=320x180:r=10", "-re", "-f",
                "lavfi", "-i", "aevalsrc=0.2*sin(600*t)*gt(sin(3*t)\\,0):d=600:s=48000", "-map", "1:a", "-c:a",
                "libopus", "-f", "rtp", "-payload_type", "97", "rtp://127.0.0.1:\(ports.audio)", "-map", "0:v",
            ] + encoder + ["-g", "10", "-f", "rtp", "-payload_type", "96", "rtp://127.0.0.1:\(ports.video)"],
            logs: folder.path)
    }

    @Test(
        .enabled(if: FaceConsentTests.areThere, "needs models/ (make models-sight)"),
        arguments: [("H264", ["-c:v", "libx264"]), ("VP8", ["-c:v", "libvpx", "-deadline", "realtime"])])
    func aCameraIsLookedAtWithConsentOnly(codec: String, encoder: [String]) throws {
        let daemon = try RunningDaemon()
        let subscriber = try Subscriber(daemon.eventsPath)
        let ports = ports()
        let description = try daemon.folder.file(
            "call.sdp",
            """
            v=0
            c=IN IP4 127.0.0.1
            m=audio \(ports.audio) RTP/AVP 97
            a=rtpmap:97 opus/48000/2
            m=video \(ports.video) RTP/AVP 96
            a=rtpmap:96 \(codec)/90000

            """)
        let attached = try daemon.attune(
            "attach", description, "--session", "a", "--speaker", "ana", "--consent", "granted", "--video", "0:ana")
        try #require(attached.status == 0, "\(attached.errors)")
        let logs = try TemporaryFolder()
        let sender = try send(encoder, to: ports, logs)
        defer {
            kill(sender.processIdentifier, SIGKILL)
            sender.waitUntilExit()
        }
        // Whoever agreed to be heard is heard, and nothing more.
        try subscriber.wait(for: "a tick") { $0.type == "tick" }
        try eventually("packets at which nobody may look") {
            try daemon.metric("attune_picture_packets_dropped_total") > 20
        }
        #expect(try daemon.metric("attune_rtp_pictures_total") == 0)
        #expect(!subscriber.lines.contains { $0.type == "video" || $0["visible"] != nil })
        #expect(try daemon.attune("consent", "a", "ana", "grant", "--lane", "face").status == 0)
        try eventually("a state of the picture, and what is visible") {
            try subscriber.poll()
            return subscriber.lines.contains {
                ($0["visible"] as? [String: any Sendable])?["state"] as? String == "live" && $0.speaker == "ana"
            }
        }
        try eventually("packets that were decoded") {
            try daemon.metric("attune_picture_packets_decoded_total") > 0
        }
        #expect(subscriber.lines.contains { $0.type == "video" && $0.speaker == "ana" })
        #expect(try daemon.attune("consent", "a", "ana", "withdraw", "--lane", "face").status == 0)
        func decisions() -> [Int] {
            subscriber.lines.indices.filter { subscriber.lines[$0].type == "consent" }
        }
        try eventually("the change of consent") {
            try subscriber.poll()
            return decisions().count >= 2
        }
        let taken = try #require(decisions().last)
        try eventually("ticks after that") {
            try subscriber.poll()
            return subscriber.lines.dropFirst(taken).count { $0.type == "tick" && $0.speaker == "ana" } >= 3
        }
        #expect(!subscriber.lines.dropFirst(taken).contains { $0.type == "video" || $0["visible"] != nil })
        #expect(try daemon.metric("attune_workers_failed_total") == 0)
    }

    @Test func picturesThatAreNotThereAreRefusedWithTheRemedy() throws {
        let daemon = try RunningDaemon()
        let ports = ports()
        let description = try daemon.folder.file(
            "call.sdp",
            """
            c=IN IP4 127.0.0.1
            m=audio \(ports.audio) RTP/AVP 0
            m=video \(ports.video) RTP/AVP 96
            a=rtpmap:96 H265/90000

            """)
        func attach(_ more: String...) throws -> Finished {
            try run(
                Place.command("attune"),
                ["attach", description, "--session", "a", "--speaker", "ana", "--consent", "voice,face"] + more,
                environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path])
        }
        let other = try attach("--video", "0:ana")
        #expect(other.status != 0 && other.errors.contains("H265") && other.errors.contains("send H264 or VP8"))
        let beyond = try attach("--video", "1:ana")
        #expect(beyond.status != 0 && beyond.errors.contains("1 section(s) of pictures and no 1"))
        // Whoever does not ask for them is heard.
        #expect(try attach().status == 0)
    }
}
