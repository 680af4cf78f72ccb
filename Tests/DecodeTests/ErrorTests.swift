import Foundation
import Glibc
import SeededNumbers
import TestSupport
import Testing

@testable import Decode

@Suite(.waiting) struct ErrorTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: folder[name]))
        return folder[name]
    }

    @Test func textIsNoMedia() throws {
        let text = String(repeating: "The quick brown fox jumps over the lazy dog.\n", count: 500)
        let error = failure(try file("text.txt", Array(text.utf8)))
        #expect(error?.kind == .invalidData || error?.kind == .noAudio)
    }

    @Test(arguments: ["mp3", "wav", "opus", "mkv", "ts"])
    func textWithAMediaNameIsNoMedia(type: String) throws {
        let text = String(repeating: "lorem ipsum dolor sit amet ", count: 1000)
        let error = failure(try file("text.\(type)", Array(text.utf8)))
        #expect(error?.kind == .invalidData || error?.kind == .noAudio)
    }

    @Test func emptyFile() throws {
        let error = failure(try file("empty.wav", []))
        #expect(error?.kind == .invalidData)
        #expect(error?.description.contains("empty") == true)
    }

    @Test func missingFile() { #expect(failure(folder["missing.wav"])?.kind == .notFound) }

    @Test func directory() {
        let error = failure(folder.path)
        #expect(error?.kind == .wrongFileType)
        #expect(error?.description.contains("directory") == true)
    }

    @Test func device() { #expect(failure("/dev/zero")?.kind == .wrongFileType) }

    @Test(arguments: ["foo://host/x", "", "pipe:x", "pipe:-3"])
    func notALocation(location: String) { #expect(failure(location)?.kind == .invalidURL) }

    @Test func closedDescriptor() { #expect(failure("pipe:987654") != nil) }

    @Test(arguments: ["concat:a.wav|b.wav", "subfile,,start,0,end,9,,:a.wav", "sftp://h/x", "gopher://h/x"])
    func protocolsThatAreNotAllowed(location: String) {
        let kind = failure(location)?.kind
        #expect(kind == .protocolNotAllowed || kind == .notFound)
    }

    @Test func callersChooseProtocols() throws {
        let options = InputOptions(allowedProtocols: ["file"])
        #expect(failure("http://127.0.0.1:1/x", options)?.kind == .protocolNotAllowed)
        #expect(failure("-", options)?.kind == .protocolNotAllowed)
        #expect(failure("/tmp/x.wav", InputOptions(allowedProtocols: ["http"]))?.kind == .protocolNotAllowed)
    }

    @Test func videoWithoutAudio() throws {
        try ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-c:v", "mpeg4", folder["silent.mp4"])
        #expect(failure(folder["silent.mp4"])?.kind == .noAudio)
    }

    @Test func pathsMayHaveColons() throws {
        try TestSignal.write(folder["10:30 http:.wav"])
        try ffmpeg("-i", folder["10:30 http:.wav"], "file:" + folder["a:b.opus"])
        #expect(try read(folder["10:30 http:.wav"]).received[0].onsets.count == 2)
        #expect(try read(folder["a:b.opus"]).received[0].onsets.count == 2)
        #expect(try read("file://" + folder["a:b.opus"]).received[0].onsets.count == 2)
    }

    @Test(arguments: ["wav", "flac", "mp3", "opus", "ts", "mka"])
    func truncatedFileGivesWhatThereIs(type: String) throws {
        try TestSignal.write(folder["whole.wav"])
        let codec = type == "mka" ? ["-c:a", "flac"] : []
        if type != "wav" { try ffmpeg(["-i", folder["whole.wav"]] + codec + [folder["whole.\(type)"]]) }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder["whole.\(type)"])))
        let reading = try read(try file("cut.\(type)", Array(bytes.prefix(bytes.count / 2))))
        #expect(!reading.received[0].samples.isEmpty)
        #expect(reading.received[0].count < 48_000)
    }

    @Test func truncatedBeforeItsIndexIsInvalid() throws {
        try TestSignal.write(folder["whole.wav"])
        try ffmpeg("-i", folder["whole.wav"], folder["whole.m4a"])
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder["whole.m4a"])))
        #expect(failure(try file("cut.m4a", Array(bytes.prefix(bytes.count / 2))))?.kind == .invalidData)
    }

    /// Whole packets of noise under a good header, and noise without any.
    @Test(arguments: ["flac", "aac", "libvorbis"])
    func nothingButGarbageIsAnError(codec: String) throws {
        try ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=60:r=48000", "-c:a", codec, folder["whole.mka"])
        try ffmpeg("-i", folder["whole.mka"], "-c", "copy", "-bsf:a", "noise=amount=1", folder["noise.mka"])
        #expect(failure(folder["noise.mka"])?.kind == .invalidData)
        var generator = SeededRandom(seed: 7)
        let noise = (0..<200_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        // Among hundreds of formats some accept almost anything, but none of them finds audio.
        let kind = failure(try file("noise", noise))?.kind
        #expect(kind == .invalidData || kind == .noAudio)
    }

    @Test func everyErrorIsOneLineWithARemedy() {
        for kind in MediaError.Kind.allCases {
            let error = MediaError(kind: kind, operation: .open, code: -5, location: "x", detail: "")
            #expect(error.description.contains("; "))
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func cancelledBeforeOpening() {
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(failure("/tmp", cancellation: cancellation)?.kind == .cancelled)
    }
}
