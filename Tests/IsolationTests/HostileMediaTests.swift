import Decode
import Foundation
import Programs
import Synchronization
import TestSupport
import Testing

@testable import Isolation

/// Media that costs more than it is, and media that leads somewhere.
@Suite(.waiting) struct HostileMediaTests {
    // MARK: Bombs

    /// A WAV or FLAC file of silence at `rateHz`.
    private static func silence(_ folder: Folder, _ type: String, rateHz: Int, channels: Int) throws -> String {
        if type == "wav" {
            return try folder.write(
                waveFile([Int16](repeating: 9, count: 60_000 * channels), rateHz: rateHz, channels: channels), "b.wav")
        }
        // FFmpeg writes any rate that it is told.
        let raw = try folder.write([UInt8](repeating: 9, count: 60_000 * channels), "raw")
        let words = "-v error -f s16le -ar \(rateHz) -ac \(channels) -i \(raw) -c:a flac -frame_size 65535 -strict -2"
        try Program("ffmpeg", words.split(separator: " ").map(String.init) + [folder["b.flac"]]).waitUntilExit()
        return folder["b.flac"]
    }

    @Test(arguments: ["wav", "flac"], [(1, 1), (1, 8), (3_999, 1), (900_000, 1)])
    func aRateThatNobodySpeaksAtIsRefused(type: String, shape: (rateHz: Int, channels: Int)) throws {
        let folder = try Folder()
        let path = try Self.silence(folder, type, rateHz: shape.rateHz, channels: shape.channels)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let server = LoopbackServer { _, connection in
            connection.send(length: bytes.count)
            connection.send(bytes)
        }
        // FLAC has no room for rates as high as that.
        let isWritten = !bytes.isEmpty
        guard isWritten, type == "wav" || shape.rateHz < 700_000 else { return }
        for location in [path, "http://127.0.0.1:\(server.port)/b.\(type)"] {
            let error = failure(location)
            #expect(
                error?.kind == .unsupported && error?.detail.contains("\(shape.rateHz) Hz") == true, "\(error as Any)")
        }
    }

    @Test func theLowestRateIsTakenInSlices() throws {
        let folder = try Folder()
        let path = try Self.silence(folder, "flac", rateHz: 4_000, channels: 1)
        let reading = try readAll(try open(path))
        #expect(abs(reading.samples[0].count - 4 * 30_000) < 100)
    }

    /// A header of some kilobytes whose index would take `tracks` × 24 MB.
    private static func constantSizeTracks(_ tracks: Int) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func box(_ type: String, _ body: [UInt8]) -> [UInt8] { number(8 + body.count) + Array(type.utf8) + body }
        let none = [UInt8](repeating: 0, count: 4)
        func track(_ id: Int) -> [UInt8] {
            let header = box("tkhd", none + none + none + number(id) + [UInt8](repeating: 0, count: 68))
            let entry =
                [UInt8](repeating: 0, count: 6) + [0, 1] + none + none + [0, 1, 0, 16] + none + number(8_000 << 16)
            let samples = 1_000_000
            let table =
                box("stsd", none + number(1) + box("ulaw", entry))
                + box("stts", none + number(1) + number(samples) + number(160))
                + box("stsc", none + number(1) + number(1) + number(samples) + number(1))
                + box("stsz", none + number(160) + number(samples)) + box("stco", none + number(1) + number(64))
            let media =
                box("mdhd", none + none + none + number(8_000) + number(samples) + none)
                + box("hdlr", none + none + Array("soun".utf8) + [UInt8](repeating: 0, count: 13))
                + box("minf", box("stbl", table))
            return box("trak", header + box("mdia", media))
        }
        let movie = box(
            "mvhd", none + none + none + number(8_000) + number(1_000_000) + [UInt8](repeating: 0, count: 80))
        return box("ftyp", Array("isom".utf8) + none) + box("moov", movie + (1...tracks).flatMap(track))
            + box("mdat", [UInt8](repeating: 0, count: 64))
    }

    /// Refused, or read within its bounds: the process has no more than that.
    @Test func aHeaderThatPromisesMillionsIsBounded() throws {
        let folder = try Folder()
        let path = try folder.write(Self.constantSizeTracks(40), "bomb.mp4")
        var limits = WorkerLimits()
        limits.memoryMebibytes = 64
        let order = WorkerOrder(path, options: InputOptions(bufferBytes: 24 << 20), limits: limits)
        do throws(MediaError) {
            let worker = try WorkerInput(order, program: "\(programs)/attuned-worker", cancellation: Cancellation())
            let status = (try? String(contentsOfFile: "/proc/\(worker.process.pid)/status", encoding: .utf8)) ?? ""
            let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            let kibibytes = peak.flatMap { Int($0.filter(\.isNumber)) }
            // The program itself has some 40 MB, most of it shared.
            #expect(kibibytes.map { $0 < 128 << 10 } == true, "\(peak ?? "")")
        } catch {
            #expect(error.kind == .tooLarge || error.kind == .workerFailed || error.kind == .unsupported, "\(error)")
        }
    }

    /// Tags without end are read until the time for opening is over, or the memory.
    @Test(arguments: ["id3", "matroska", "moov"])
    func headersWithoutEndAreBounded(kind: String) throws {
        let start: [UInt8]
        let piece: [UInt8]
        switch kind {
        case "id3":
            // Tags of 1 MB, one behind the other, each a frame of text.
            let size = 1 << 20
            let synchsafe = [
                UInt8(size >> 21 & 127), UInt8(size >> 14 & 127), UInt8(size >> 7 & 127), UInt8(size & 127),
            ]
            let frame = size - 10
            start = []
            piece =
                Array("ID3".utf8) + [4, 0, 0] + synchsafe + Array("TXXX".utf8)
                + [
                    UInt8(frame >> 21 & 127), UInt8(frame >> 14 & 127), UInt8(frame >> 7 & 127), UInt8(frame & 127), 0,
                    0,
                ]
                + [UInt8](repeating: 65, count: frame)
        case "matroska":
            start =
                [0x1A, 0x45, 0xDF, 0xA3, 0x84, 0x42, 0x82, 0x81, 0x77, 0x18, 0x53, 0x80, 0x67, 0x01]
                + [UInt8](repeating: 0xFF, count: 7) + [0x12, 0x54, 0xC3, 0x67, 0x01]
                + [UInt8](repeating: 0xFF, count: 7)
            let value = [UInt8](repeating: 66, count: 60_000)
            piece = [0x73, 0x73, 0x22, 0xEA, 0x80 | 0x22, 0xEA, 0x73] + value
        default:
            start = [0, 0, 0, 16] + Array("ftypisom".utf8) + [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF] + Array("moov".utf8)
            piece = [0, 1, 0, 0] + Array("udta".utf8) + [UInt8](repeating: 0x41, count: 65_528)
        }
        let server = LoopbackServer { _, connection in
            connection.send(type: "audio/mpeg")
            connection.send(start)
            for _ in 0..<4_000 { connection.send(piece) }
        }
        var limits = WorkerLimits()
        limits.memoryMebibytes = 128
        let options = InputOptions(openTimeoutMilliseconds: 3_000, readTimeoutMilliseconds: 500)
        #expect(failure("http://127.0.0.1:\(server.port)/x", options, limits: limits) != nil)
    }

    // MARK: References

    /// A server of this machine that nobody may be led to, and how often somebody was.
    private final class Canary: Sendable {
        private let count = Atomic<Int>(0)
        private let server = Mutex<LoopbackServer?>(nil)

        init() {
            let opened = LoopbackServer { [weak self] _, connection in
                self?.count.add(1, ordering: .relaxed)
                connection.send(length: 0)
            }
            server.withLock { $0 = opened }
        }

        var port: Int { server.withLock { $0?.port ?? 0 } }
        var visits: Int { count.load(ordering: .relaxed) }
    }

    /// Answers that lead elsewhere, by what leads there; TARGET and PORT are put in.
    private static let references: [(kind: String, path: String, type: String, body: String)] = [
        (
            "segment", "x.m3u8", "application/vnd.apple.mpegurl",
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nTARGET.ts\n"
        ),
        (
            "key", "x.m3u8", "application/vnd.apple.mpegurl",
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-KEY:METHOD=AES-128,URI=\"TARGET\"\n#EXTINF:4,\na.ts\n"
        ),
        (
            "variant", "x.m3u8", "application/vnd.apple.mpegurl",
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nTARGET.m3u8\n"
        ),
        (
            "dash", "x.mpd", "application/dash+xml",
            """
            <?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>
            <BaseURL>TARGET</BaseURL><AdaptationSet mimeType="audio/mp4"><Representation id="a"/>
            </AdaptationSet></Period></MPD>
            """
        ),
        ("concat", "x", "text/plain", "ffconcat version 1.0\nfile 'TARGET'\n"),
        ("sdp", "x.sdp", "application/sdp", "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio PORT RTP/AVP 0\r\n"),
    ]

    @Test(arguments: references.map(\.kind)) func nothingThatIsReadLeadsToAnotherServiceOfThisMachine(kind: String)
        throws
    {
        let canary = Canary()
        let reference = try #require(Self.references.first { $0.kind == kind })
        let body = reference.body.replacingOccurrences(of: "TARGET", with: "http://127.0.0.1:\(canary.port)/secret")
            .replacingOccurrences(of: "PORT", with: "\(canary.port)")
        let server = LoopbackServer { _, connection in
            connection.send(type: reference.type)
            connection.send(Array(body.utf8))
        }
        let options = InputOptions(openTimeoutMilliseconds: 3_000, readTimeoutMilliseconds: 500)
        let error = failure("http://127.0.0.1:\(server.port)/\(reference.path)", options)
        #expect(error != nil && canary.visits == 0, "\(error as Any)")
    }

    /// A server that sends whoever comes on to another port of this machine.
    private func redirection(to canary: Canary) -> LoopbackServer {
        LoopbackServer { _, connection in
            connection.send(
                Array(
                    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:\(canary.port)/\r\nContent-Length: 0\r\n\r\n".utf8
                ))
        }
    }

    @Test func noRedirectLeadsToAnotherServiceOfThisMachine() {
        let canary = Canary()
        let server = redirection(to: canary)
        let error = failure("http://127.0.0.1:\(server.port)/x")
        #expect(canary.visits == 0 && error?.kind == .referenceNotAllowed)
        #expect(error?.detail.contains("127.0.0.1:\(canary.port)") == true)
    }

    @Test func whatTheOperatorNamesIsLetThrough() {
        let canary = Canary()
        let server = redirection(to: canary)
        var limits = WorkerLimits()
        limits.references = ["127.0.0.0/8"]
        #expect(failure("http://127.0.0.1:\(server.port)/x", limits: limits) != nil)
        #expect(canary.visits > 0)
    }

    /// Also where nothing else would keep it from that: on a thread, with a file that may be read.
    @Test func aListOfFilesIsNoMedia() throws {
        let folder = try Folder()
        _ = try folder.write(waveFile([Int16](repeating: 9, count: 8_000), rateHz: 8_000), "other.wav")
        let list = try folder.write(Array("ffconcat version 1.0\nfile 'other.wav'\n".utf8), "list")
        #expect(throws: MediaError.self) { _ = try readAll(try MediaInput(list, cancellation: Cancellation())) }
    }

    @Test(arguments: ["list.m3u8", "list.txt", "list.mp3"])
    func aFileLeadsToNoServer(name: String) throws {
        let canary = Canary()
        let folder = try Folder()
        let text =
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://127.0.0.1:\(canary.port)/a.ts\n#EXT-X-ENDLIST\n"
        let error = failure(try folder.write(Array(text.utf8), name))
        #expect(error != nil && canary.visits == 0)
    }
}
