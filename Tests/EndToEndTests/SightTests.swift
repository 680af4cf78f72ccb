import Foundation
import TestSupport
import Testing

/// What a camera shows, by the daemon: only with consent, and no longer than that.
@Suite(.waiting) struct FaceConsentTests {
    static let areThere = ["litert-2.3.0.so", "face-mesh-0.10.21.tflite"].allSatisfy {
        FileManager.default.fileExists(atPath: FileManager.default.currentDirectoryPath + "/models/" + $0)
    }

    /// A call whose one source has a moving picture, a key frame every second, and sound.
    private func film(_ folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/call.mkv"
        let made = try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=d=60:s=320x180:r=10", "-f", "lavfi", "-i",
                "aevalsrc=0.2*sin(600*t)*gt(sin(3*t)\\,0):d=60:s=16000", "-c:v", "libx264", "-g", "10", "-c:a", "flac",
                path,
            ])
        try #require(made.status == 0, "\(made.errors)")
        return path
    }

    @Test(.enabled(if: areThere, "needs models/ (make models-sight)"))
    func aFaceIsLookedAtWithConsentOnly() throws {
        let folder = try TemporaryFolder()
        let path = try film(folder)
        let daemon = try RunningDaemon()
        let subscriber = try Subscriber(daemon.eventsPath)
        // With consent to the voice the picture reaches no decoder, also where it is asked for.
        let voice = try daemon.attune(
            "attach", path, "--session", "a", "--speaker", "ana", "--consent", "granted", "--video", "0:ana")
        try #require(voice.status == 0, "\(voice.errors)")
        try subscriber.wait(for: "a tick") { $0.type == "tick" }
        try eventually("packets that nobody may decode") {
            try daemon.metric("attune_picture_packets_dropped_total") > 0
        }
        #expect(try daemon.metric("attune_picture_packets_decoded_total") == 0)
        #expect(!subscriber.lines.contains { $0.type == "video" || $0["visible"] != nil })
        _ = try daemon.attune("detach", "a")
        // With consent to the face it is looked at, and no longer than that.
        let face = try daemon.attune("attach", path, "--session", "b", "--speaker", "ben", "--consent", "voice,face")
        try #require(face.status == 0, "\(face.errors)")
        try eventually("a state of the picture, and what is visible") {
            try subscriber.poll()
            return subscriber.lines.contains { $0.type == "video" && $0.speaker == "ben" }
                && subscriber.lines.contains { $0.speaker == "ben" && $0["visible"] != nil }
        }
        #expect(try daemon.metric("attune_picture_packets_decoded_total") > 0)
        #expect(try daemon.attune("consent", "b", "ben", "withdraw", "--lane", "face").status == 0)
        try eventually("the change of consent") {
            try subscriber.poll()
            return subscriber.lines.contains { $0.type == "consent" && $0.speaker == "ben" }
        }
        let taken = try #require(subscriber.lines.lastIndex { $0.type == "consent" && $0.speaker == "ben" })
        try eventually("ticks after that") {
            try subscriber.poll()
            return subscriber.lines.dropFirst(taken).count { $0.type == "tick" && $0.speaker == "ben" } >= 3
        }
        #expect(!subscriber.lines.dropFirst(taken).contains { $0.type == "video" || $0["visible"] != nil })
    }

    @Test func whatCannotShowASpeakerIsSaid() throws {
        let daemon = try RunningDaemon()
        let rtp = try daemon.attune(
            "attach", "rtp://127.0.0.1:0", "--session", "a", "--speaker", "ana", "--consent", "voice,face", "--video",
            "0:ana")
        #expect(rtp.status != 0 && rtp.errors.contains("video"))
        let nobody = try daemon.attune(
            "attach", "x.mkv", "--session", "a", "--speaker", "ana", "--consent", "voice,face", "--video", "0:ben")
        #expect(nobody.status == 64)
        let beyond = try daemon.attune(
            "attach", "x.mkv", "--session", "a", "--speaker", "ana", "--consent", "voice,face", "--video", "99:ana")
        #expect(beyond.status != 0 && beyond.errors.contains("99"))
    }
}

/// What `attune watch` prints.
@Suite(.waiting) struct WatchCommandTests {
    private static let clip = FileManager.default.currentDirectoryPath + "/../shared/data/video/bbaf2n.mpg"
    private static let seesEyes = FileManager.default.fileExists(
        atPath: FileManager.default.currentDirectoryPath + "/models/face-iris-0.10.21.tflite")

    /// The fields of each line.
    private func table(_ arguments: [String]) throws -> [[String]] {
        let finished = try run(Place.command("attune"), ["watch", Self.clip] + arguments)
        try #require(finished.status == 0, "\(finished.errors)")
        return finished.output.split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Somebody who looks into the camera, and blinks once in three seconds.
    @Test(
        .enabled(if: FaceConsentTests.areThere && seesEyes, "needs models/ (make models-sight)"),
        .enabled(if: FileManager.default.fileExists(atPath: clip), "needs ../shared/data"))
    func eyesAreLookedAtWhereTheyAreAskedFor() throws {
        let plain = try table([]), asked = try table(["--eyes"])
        #expect(asked.first?.suffix(4) == ["gaze_x", "gaze_y", "eye_opening", "iris_px"])
        // The columns before are the same without.
        #expect(plain == asked.map { Array($0.dropLast(4)) })
        var open = 0, closed = 0
        for row in asked.dropFirst() {
            let eyes = row.suffix(4).map { Double($0) }
            guard let opening = eyes[2], let iris = eyes[3] else { continue }
            guard let across = eyes[0], let up = eyes[1] else {
                // Of a closed eye nobody knows where it looks.
                closed += 1
                #expect(opening < 0.2)
                continue
            }
            open += 1
            #expect(abs(across) < 0.2 && abs(up) < 0.2 && iris > 6)
        }
        #expect(open >= 25 && (1...3).contains(closed))
    }
}
