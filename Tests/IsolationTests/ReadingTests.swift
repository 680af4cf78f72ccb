import Decode
import Foundation
import Isolation
import MediaTypes
import TestSupport
import Testing

@Suite(.waiting) struct ReadingTests {
    @Test(arguments: ["a.wav", "a.mp3", "a.ogg", "a.mka", "a.ts"])
    func aWorkerReadsWhatAThreadReads(name: String) throws {
        let folder = try Folder()
        let path = try folder.make(name)
        let expected = try readAll(try MediaInput(path, cancellation: Cancellation()))
        #expect(expected.samples[0].count > 40_000)
        #expect(try readAll(try open(path)) == expected)
    }

    @Test func channelsAreTracks() throws {
        let folder = try Folder()
        let path = try folder.make("a.flac", "-ac 3")
        let options = InputOptions(splitsChannels: true)
        let expected = try readAll(try MediaInput(path, options: options, cancellation: Cancellation()))
        let reading = try readAll(try open(path, options))
        #expect(reading.tracks.count == 3 && reading == expected)
    }

    @Test func errorsAreThoseOfAThread() throws {
        let folder = try Folder()
        for location in [
            "/nowhere.wav", folder.path, "foo://x/y", try folder.write([1, 2, 3], "x.mp3"), "http://127.0.0.1:1/x", "",
        ] {
            let options = InputOptions(readsDescriptors: false)
            var expected: MediaError?
            do throws(MediaError) {
                _ = try readAll(try MediaInput(location, options: options, cancellation: Cancellation()))
            } catch { expected = error }
            #expect(failure(location) == expected && expected != nil)
        }
    }

    @Test(arguments: ["pipe:0", "pipe:1", "pipe:", "-", "fd:0", "pipe:99"])
    func descriptorsAreNotRead(location: String) {
        let error = failure(location)
        #expect(
            [.wrongFileType, .protocolNotAllowed, .invalidURL, .notFound].contains(error?.kind),
            "\(location): \(error?.kind as Any)")
    }

    @Test func aMissingProgramIsNamed() {
        let error = failure("/x.wav", program: "/nowhere/attuned-worker")
        #expect(error?.kind == .workerFailed && error?.detail.contains("/nowhere/attuned-worker") == true)
    }

    @Test func aCancelledInputEndsAtOnce() throws {
        let server = LoopbackServer()
        let cancellation = Cancellation()
        let location = "http://127.0.0.1:\(server.port)/x"
        // Nobody answers there, for as long as anybody waits.
        Thread.detachNewThread {
            usleep(300_000)
            cancellation.cancel()
        }
        #expect(throws: MediaError.self) {
            _ = try open(location, InputOptions(openTimeoutMilliseconds: 3_600_000), cancellation: cancellation)
        }
    }

    /// Whoever doesn't read slows the worker, and loses nothing by that.
    @Test func whoReadsLateLosesNothing() throws {
        let folder = try Folder()
        let path = try folder.make("a.wav")
        var input = try open(path)
        usleep(300_000)
        var count = 0
        while try input.read({ _, _, samples in count += samples.count }) != .end { usleep(5_000) }
        #expect(count == 48_000)
    }
}
