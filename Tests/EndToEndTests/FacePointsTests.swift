import Foundation
import TestSupport
import Testing

/// Contours of a face by the daemon, from the worker to the socket: only where all agree, and nowhere afterwards.
@Suite(.waiting) struct FacePointsEndTests {
    private static let clip = FileManager.default.currentDirectoryPath + "/../shared/data/video/lbbc2a.mpg"
    private static let asking = #"{"subscribe":{"types":["face.points","consent","tick","session.ended"]}}"#

    /// A minute of somebody's face.
    private func film(_ folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/face.mkv"
        let made = try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "ffmpeg", "-v", "error", "-y", "-stream_loop", "20", "-i", Self.clip, "-t", "60", "-c:v", "libx264",
                "-g",
                "10", "-c:a", "flac", path,
            ])
        try #require(made.status == 0, "\(made.errors)")
        return path
    }

    @Test(
        .enabled(if: FaceConsentTests.areThere, "needs models/ (make models-sight)"),
        .enabled(if: FileManager.default.fileExists(atPath: clip), "needs ../shared/data"),
        arguments: ["process", "thread"])
    func contoursAreToldToWhoAsksAndKeptNowhere(isolation: String) throws {
        let folder = try TemporaryFolder(), stored = try TemporaryFolder()
        let path = try film(folder)
        let daemon = try RunningDaemon(
            settings: "sources:\n  isolation: \(isolation)\nstore:\n  path: \(stored.path)/attune.db\n")
        let everything = try Subscriber(daemon.eventsPath)
        let asking = try Subscriber(daemon.eventsPath, sending: Self.asking)
        // Not asked for with the source: none, whoever subscribes.
        let plain = try daemon.attune("attach", path, "--session", "a", "--speaker", "ana", "--consent", "voice,face")
        try #require(plain.status == 0, "\(plain.errors)")
        try asking.wait(for: "what is visible") { $0.speaker == "ana" && $0["visible"] != nil }
        #expect(!asking.lines.contains { $0.type == "face.points" })
        _ = try daemon.attune("detach", "a")
        let given = try daemon.attune(
            "attach", path, "--session", "b", "--speaker", "ben", "--consent", "voice,face", "--face-points")
        try #require(given.status == 0, "\(given.errors)")
        let first = try asking.wait(for: "contours") { $0.type == "face.points" }
        #expect(first.speaker == "ben" && (first["aspect_ratio"] as? Double ?? 0) > 1)
        let nose = try #require(first["nose"] as? [[Double]]), oval = try #require(first["oval"] as? [[Double]])
        // The nose lies within the oval, and points down.
        #expect(nose.map { $0[1] } == nose.map { $0[1] }.sorted())
        for point in nose {
            #expect(point[0] > oval.map { $0[0] }.min() ?? 1 && point[0] < oval.map { $0[0] }.max() ?? 0)
        }
        #expect(try daemon.attune("consent", "b", "ben", "withdraw", "--lane", "face").status == 0)
        try asking.wait(for: "the change of consent") { $0.type == "consent" && $0.speaker == "ben" }
        let taken = try #require(asking.lines.lastIndex { $0.type == "consent" && $0.speaker == "ben" })
        try eventually("ticks after that") {
            try asking.poll()
            return asking.lines.dropFirst(taken).count { $0.type == "tick" && $0.speaker == "ben" } >= 3
        }
        #expect(!asking.lines.dropFirst(taken).contains { $0.type == "face.points" })
        _ = try daemon.attune("detach", "b")
        try everything.wait(for: "the end") { $0.type == "session.ended" && $0["session"] as? String == "b" }
        #expect(!everything.text.contains("face.points") && !everything.text.contains("brow_left"))
        let anew = try Subscriber(daemon.eventsPath, sending: Self.asking)
        try anew.send(#"{"resume":{"epoch":"-","seq":0}}"#)
        try anew.wait(for: "the end, told again") { $0.type == "session.ended" && $0["session"] as? String == "b" }
        #expect(!anew.text.contains("brow_left"))
        // Nor in a file of the store, whatever it is.
        for name in try FileManager.default.contentsOfDirectory(atPath: stored.path) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: stored.path + "/" + name))
            #expect(bytes.range(of: Data("brow_left".utf8)) == nil && bytes.range(of: Data("face.points".utf8)) == nil)
        }
        let report = try daemon.attune("report", "b")
        #expect(!report.output.contains("brow"))
        #expect(!daemon.log.contains("brow_left"))
    }

    @Test(arguments: [
        ("behaviour-only", "ana:customer", false), ("eu-work", "ana:rep", false), ("eu-work", "ana:guest", true),
    ])
    func whereThePolicyTellsNoneTheyAreRefused(profile: String, speaker: String, isTaken: Bool) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("a.wav", "")
        let daemon = try RunningDaemon(settings: "policy:\n  profile: \(profile)\n  notice_id: n\n")
        let attached = try daemon.attune(
            "attach", path, "--session", "a", "--speaker", speaker, "--consent", "voice,face", "--face-points")
        #expect(attached.errors.contains("contours") == !isTaken, "\(attached.errors)")
        #expect(isTaken || attached.status != 0)
    }
}
