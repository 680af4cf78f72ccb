import Decode
import MediaTypes
import Testing

/// Pictures of generated films: how many are looked at, and what happens where they are odd.
@Suite struct PictureTests {
    /// What looking at an input came to.
    private final class Seen {
        var times: [Double] = [], sizes: [String] = [], missing: [Double] = []
        var counts = PictureCounts(), oddities: [String] = [], audioSeconds = 0.0
    }

    private func look(
        at path: String, rateHz: Double = 10, mayLook: @escaping (Int) -> Bool = { _ in true }
    ) throws -> Seen {
        var options = InputOptions()
        options.pictureRateHz = rateHz
        var input = try MediaInput(path, options: options, cancellation: Cancellation())
        let seen = Seen()
        input.viewer = PictureViewer(
            mayLook: mayLook,
            look: { _, time, picture in
                seen.times.append(time.seconds)
                let size = "\(picture.width)x\(picture.height)"
                if seen.sizes.last != size { seen.sizes.append(size) }
            }, miss: { _, time in seen.missing.append(time.seconds) })
        while try input.read({ _, _, samples in seen.audioSeconds += Double(samples.count) / 16_000 }) != .end {}
        seen.counts = input.pictureCounts
        seen.oddities = input.oddities
        return seen
    }

    private func film(
        _ folder: TemporaryFolder, _ name: String, _ options: [String], source: String = "testsrc2=d=4:s=160x120:r=25",
        audio: String = "sine=f=300:d=4"
    ) throws -> String {
        try ffmpeg(["-f", "lavfi", "-i", source, "-f", "lavfi", "-i", audio] + options + [folder[name]])
        return folder[name]
    }

    @Test(arguments: [
        ("a.mp4", ["-c:v", "libx264", "-c:a", "aac"]), ("a.webm", ["-c:v", "libvpx", "-c:a", "libopus"]),
        ("b.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"]), ("a.mpg", []),
    ])
    func tenPicturesASecondAreLookedAt(name: String, options: [String]) throws {
        let folder = try TemporaryFolder()
        let seen = try look(at: film(folder, name, options))
        #expect((38...42).contains(seen.times.count))
        #expect(zip(seen.times, seen.times.dropFirst()).allSatisfy { $1 - $0 > 0.05 && $1 - $0 < 0.15 })
        #expect(seen.missing.isEmpty)
        #expect(seen.audioSeconds > 3.8)
    }

    @Test func withoutLeaveNoPacketReachesADecoder() throws {
        let folder = try TemporaryFolder()
        let path = try film(folder, "a.mp4", ["-c:v", "libx264", "-c:a", "aac"])
        let refused = try look(at: path, mayLook: { _ in false })
        #expect(refused.counts.decodedPackets == 0)
        #expect(refused.counts.droppedPackets >= 90)
        #expect(refused.times.isEmpty)
        // Who does not ask for pictures does not even read them.
        let unasked = try look(at: path, rateHz: 0)
        #expect(unasked.counts == PictureCounts())
        #expect(unasked.audioSeconds > 3.8)
    }

    @Test func leaveTakenBackHoldsFromTheNextPacketOn() throws {
        let folder = try TemporaryFolder()
        let path = try film(folder, "a.mp4", ["-c:v", "libx264", "-g", "25", "-c:a", "aac"])
        var looks = 0
        let seen = try look(
            at: path,
            mayLook: { _ in
                looks += 1
                return looks < 40
            })
        #expect((3...20).contains(seen.times.count))
        #expect(seen.counts.decodedPackets < 40)
    }

    @Test func aCameraThatStopsIsMissed() throws {
        let folder = try TemporaryFolder()
        let path = try film(
            folder, "a.mkv", ["-c:v", "libx264", "-c:a", "flac"], source: "testsrc2=d=2:s=160x120:r=25",
            audio: "sine=f=300:d=8")
        let seen = try look(at: path)
        #expect((seen.times.last ?? 0) < 2.1)
        let first = try #require(seen.missing.first)
        #expect(first > 3.3 && first < 4)
        #expect((4...6).contains(seen.missing.count))
        #expect(seen.audioSeconds > 7.8)
    }

    @Test func aFilmWithoutSoundIsLookedAt() throws {
        let folder = try TemporaryFolder()
        try ffmpeg(["-f", "lavfi", "-i", "testsrc2=d=3:s=160x120:r=25", "-c:v", "libx264", folder["a.mp4"]])
        let seen = try look(at: folder["a.mp4"])
        #expect((28...32).contains(seen.times.count))
        #expect(throws: MediaError.self) { try look(at: folder["a.mp4"], rateHz: 0) }
    }

    @Test func anotherSizeInTheMiddleIsFollowed() throws {
        let folder = try TemporaryFolder()
        for (name, size) in [("a.ts", "160x120"), ("b.ts", "320x240")] {
            _ = try film(folder, name, ["-c:v", "libx264", "-c:a", "aac"], source: "testsrc2=d=3:s=\(size):r=25")
        }
        try ffmpeg(["-i", "concat:\(folder["a.ts"])|\(folder["b.ts"])", "-c", "copy", folder["both.ts"]])
        let seen = try look(at: folder["both.ts"])
        #expect(seen.sizes == ["160x120", "320x240"])
    }

    @Test func whatIsTooLargeIsSaidAndTheSoundGoesOn() throws {
        let folder = try TemporaryFolder()
        let path = try film(
            folder, "a.mp4", ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"],
            source: "color=c=gray:d=0.4:s=7680x4320:r=10", audio: "sine=f=300:d=2")
        let seen = try look(at: path)
        #expect(seen.times.isEmpty)
        #expect(seen.counts.errors > 0)
        #expect(seen.oddities.contains { $0.contains("video 0") })
        #expect(seen.audioSeconds > 1.8)
    }

    @Test func aKeyFrameThatNeverComesIsSaid() throws {
        let folder = try TemporaryFolder()
        let path = try film(
            folder, "a.mkv", ["-c:v", "libx264", "-g", "10000", "-bsf:v", "noise=drop=key", "-c:a", "flac"],
            source: "testsrc2=d=16:s=160x120:r=25", audio: "sine=f=300:d=16")
        let seen = try look(at: path)
        #expect(seen.times.isEmpty)
        #expect(seen.counts.decodedPackets == 0)
        #expect(seen.oddities.contains { $0.contains("no key frame") })
        #expect(seen.audioSeconds > 15.5)
    }

    @Test func brokenPacketsCostPicturesAndNoSound() throws {
        let folder = try TemporaryFolder()
        let path = try film(
            folder, "a.mkv", ["-c:v", "libx264", "-g", "25", "-bsf:v", "noise=amount=200", "-c:a", "flac"])
        let seen = try look(at: path)
        #expect(seen.audioSeconds > 3.8)
        #expect(zip(seen.times, seen.times.dropFirst()).allSatisfy { $0 < $1 })
    }
}
