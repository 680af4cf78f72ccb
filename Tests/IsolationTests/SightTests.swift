import Decode
import Foundation
import Isolation
import MediaTypes
import TestSupport
import Testing

/// Pictures in a worker: they are decoded and looked at under its confinement, and only what was seen comes out.
@Suite(.waiting) struct WorkerSightTests {
    private static let models = FileManager.default.currentDirectoryPath + "/models/"
    private static let files = SightFiles(
        library: models + "litert-2.3.0.so", near: models + "face-near-0.10.21.tflite",
        far: models + "face-far-0.10.21.tflite", mesh: models + "face-mesh-0.10.21.tflite")
    static let areThere = [files.library, files.near, files.far, files.mesh]
        .allSatisfy { FileManager.default.fileExists(atPath: $0) }
    static let clip = FileManager.default.currentDirectoryPath + "/../shared/data/video/lbbc2a.mpg"

    private final class Seen {
        var sightings: [FaceSighting] = []
        var outlines: [FaceOutline?] = []
    }

    private func watch(
        _ location: String, program: String = "\(programs)/attuned-worker", files: SightFiles = Self.files,
        mayLook: @escaping (Int) -> Bool = { _ in true },
        wantsOutline: @escaping (Seen) -> Bool = { _ in false }
    ) throws -> (seen: Seen, counts: PictureCounts, confinement: String, warnings: [String], seconds: Double) {
        var options = InputOptions()
        options.pictureRateHz = 10
        var order = WorkerOrder(location, options: options, limits: WorkerLimits())
        order.sight = files
        let worker = try WorkerInput(order, program: program, cancellation: Cancellation())
        let seen = Seen()
        worker.viewer = PictureViewer(
            mayLook: mayLook, look: { _, _, _ in }, miss: { _, _ in }, wantsOutline: { _ in wantsOutline(seen) },
            sighted: { _, sighting, outline in
                seen.sightings.append(sighting)
                seen.outlines.append(outline)
            })
        var seconds = 0.0
        while try worker.read({ _, _, samples in seconds += Double(samples.count) / 16_000 }) != .end {}
        return (seen, worker.pictureCounts, worker.confinement, worker.warnings, seconds)
    }

    @Test(
        .enabled(if: areThere, "needs models/ (make models-sight)"),
        .enabled(if: FileManager.default.fileExists(atPath: clip), "needs ../shared/data"))
    func aFaceIsSeenUnderConfinement() throws {
        let (watched, counts, confinement, warnings, _) = try watch(Self.clip)
        let seen = watched.sightings
        #expect(warnings.isEmpty)
        #expect(confinement.contains("filter of calls on"))
        #expect((28...32).contains(seen.count))
        #expect(seen.count { $0.hasFace } >= 28)
        #expect(counts.decodedPackets > 0)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.time < $1.time })
        #expect(watched.outlines.allSatisfy { $0 == nil })
    }

    @Test(
        .enabled(if: areThere, "needs models/ (make models-sight)"),
        .enabled(if: FileManager.default.fileExists(atPath: clip), "needs ../shared/data"))
    func lookingNeedsNoMemoryThatBecomesCode() throws {
        let folder = try Folder()
        do {
            let (seen, _, _, warnings, _) = try watch(Self.clip, program: try folder.workerWithoutNewCode())
            #expect(warnings.isEmpty && seen.sightings.count { $0.hasFace } >= 28)
        } catch let error as MediaError {
            // A kernel that does not know it says so by the code.
            #expect(error.detail.contains("77"), "\(error)")
        }
    }

    @Test(
        .enabled(if: areThere, "needs models/ (make models-sight)"),
        .enabled(if: FileManager.default.fileExists(atPath: clip), "needs ../shared/data"))
    func contoursComeOutOnlyAsLongAsTheyAreAskedFor() throws {
        let (seen, _, _, _, _) = try watch(Self.clip, wantsOutline: { $0.sightings.count < 15 })
        #expect(seen.outlines.prefix(14).count { $0 != nil } >= 12)
        #expect(seen.outlines.dropFirst(15).allSatisfy { $0 == nil } && seen.outlines.count > 20)
        for (sighting, outline) in zip(seen.sightings, seen.outlines) {
            guard let outline else { continue }
            #expect(sighting.hasFace && abs(outline.aspectRatio - 1.25) < 0.1)
            // The contours lie where the face is, and in the order of a face.
            let oval = outline.points(of: .oval), eyes = outline.points(of: .eyeRight),
                left = outline.points(of: .eyeLeft)
            let lips = outline.points(of: .lips), nose = outline.points(of: .nose)
            let middle = oval.map(\.x).reduce(0, +) / Double(oval.count)
            #expect(abs(middle - Double(sighting.centreX)) < 0.1)
            #expect(eyes.map(\.x).max() ?? 1 < left.map(\.x).min() ?? 0, "the right eye is the person's")
            #expect(eyes.map(\.y).max() ?? 1 < nose.last?.y ?? 0 && nose.last?.y ?? 1 < lips.map(\.y).min() ?? 0)
            #expect(oval.map(\.y).max() ?? 0 > lips.map(\.y).max() ?? 1)
        }
    }

    @Test(
        .enabled(if: areThere, "needs models/ (make models-sight)"),
        .enabled(if: FileManager.default.fileExists(atPath: clip), "needs ../shared/data"))
    func ofSeveralFacesThereAreNoContours() throws {
        let folder = try Folder()
        let path = try folder.make(
            "two.mkv",
            "-i \(Self.clip) -i \(Self.clip) -filter_complex [1:v][2:v]hstack[v] -map 0 -map [v] -c:v libx264")
        let (seen, _, _, _, _) = try watch(path, wantsOutline: { _ in true })
        #expect(seen.sightings.count { $0.faceCount == 2 } > 20)
        #expect(seen.outlines.allSatisfy { $0 == nil })
    }

    @Test(.enabled(if: areThere, "needs models/ (make models-sight)"))
    func withoutLeaveNoPacketReachesADecoder() throws {
        let folder = try Folder()
        let path = try folder.make("a.mkv", "-f lavfi -i testsrc2=d=4:s=160x120:r=25 -map 0 -map 1 -c:v libx264")
        let (seen, counts, _, _, seconds) = try watch(path, mayLook: { _ in false })
        #expect(seen.sightings.isEmpty)
        #expect(counts.decodedPackets == 0 && counts.droppedPackets > 0)
        #expect(seconds > 2)
    }

    /// What the daemon has received itself: pictures without sound, by a descriptor.
    @Test(.enabled(if: areThere, "needs models/ (make models-sight)"), arguments: ["libx264", "libvpx"])
    func picturesComeByStandardInput(encoder: String) throws {
        let folder = try Folder()
        let path = try folder.make("a.mkv", "-f lavfi -i testsrc2=d=4:s=160x120:r=10 -map 1 -c:v \(encoder)")
        let inlet = try #require(FileHandle(forReadingAtPath: path))
        var options = InputOptions(allowedProtocols: ["pipe"])
        options.pictureRateHz = 10
        var order = WorkerOrder("-", options: options, limits: WorkerLimits())
        order.sight = Self.files
        let worker = try WorkerInput(
            order, program: "\(programs)/attuned-worker", input: inlet.fileDescriptor, cancellation: Cancellation())
        #expect(worker.tracks.isEmpty && worker.pictureTracks.count == 1)
        let seen = Seen()
        worker.viewer = PictureViewer(
            look: { _, _, _ in }, miss: { _, _ in }, sighted: { _, sighting, _ in seen.sightings.append(sighting) })
        while try worker.read({ _, _, _ in }) != .end {}
        #expect((38...41).contains(seen.sightings.count))
        #expect(seen.sightings.last?.state == .live)
    }

    /// The mesh is made with the first face: where it can't be, that is said once, and no face is made up.
    @Test(
        .enabled(if: areThere, "needs models/ (make models-sight)"),
        .enabled(if: FileManager.default.fileExists(atPath: clip), "needs ../shared/data"))
    func whatCannotBeMadeLaterIsSaidOnce() throws {
        let folder = try Folder()
        var files = Self.files
        files.mesh = try folder.write([UInt8](repeating: 7, count: 4_096), "broken.tflite")
        let (seen, _, _, warnings, seconds) = try watch(Self.clip, files: files)
        #expect(warnings.count { $0.contains("not every face is found") } == 1, "\(warnings)")
        #expect(seen.sightings.count >= 28 && seen.sightings.allSatisfy { !$0.hasFace })
        #expect(seconds > 2)
    }

    @Test func whatCannotBeLoadedIsSaidAndTheSoundIsRead() throws {
        let folder = try Folder()
        let path = try folder.make("a.mkv", "-f lavfi -i testsrc2=d=4:s=160x120:r=25 -map 0 -map 1 -c:v libx264")
        var options = InputOptions()
        options.pictureRateHz = 10
        var order = WorkerOrder(path, options: options, limits: WorkerLimits())
        order.sight = SightFiles(library: "/nowhere.so", near: "/n", far: "/f", mesh: "/m")
        let worker = try WorkerInput(order, program: "\(programs)/attuned-worker", cancellation: Cancellation())
        var seconds = 0.0
        while try worker.read({ _, _, samples in seconds += Double(samples.count) / 16_000 }) != .end {}
        #expect(seconds > 2)
        #expect(worker.warnings.contains { $0.contains("/nowhere.so") })
        #expect(worker.pictureTracks.isEmpty)
    }
}
