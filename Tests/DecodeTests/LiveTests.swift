import Decode
import Foundation
import Glibc
import Programs
import TestSupport
import Testing

/// An `ffmpeg` that sends the test signal in a loop until it is let go; tried again while nobody listens yet.
final class Sender: Sendable {
    private let loop: Program

    /// Sends `recording` with these output options.
    init(_ recording: String, _ output: String) throws {
        let send = "ffmpeg -nostdin -v quiet -re -stream_loop -1 -i '\(recording)' \(output)"
        loop = try Program("/bin/sh", ["-c", "while :; do \(send); sleep 0.2; done"])
    }

    deinit { loop.end() }
}

@Suite(.waiting) struct LiveTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TestSignal.write(folder["signal.wav"])
    }

    /// Real senders. The start of a live stream is anywhere, but the bursts keep their distances.
    @Test(.timeLimit(.minutes(30)), arguments: ["udp", "srt", "rtmp", "tcp", "rtsp"])
    func liveStreamKeepsItsTimes(kind: String) async throws {
        let port = LoopbackServer.freePort(datagrams: kind == "udp" || kind == "srt")
        let host = "127.0.0.1:\(port)"
        let (location, output) =
            switch kind {
            case "udp": ("udp://\(host)", "-c:a aac -f mpegts udp://\(host)?pkt_size=1316")
            case "srt": ("srt://\(host)?mode=listener", "-c:a aac -f mpegts srt://\(host)")
            case "rtmp": ("rtmp://\(host)/live/x?listen=1", "-c:a aac -f flv rtmp://\(host)/live/x")
            case "rtsp":
                ("rtsp://\(host)/x?listen=1", "-c:a aac -f rtsp -rtsp_transport tcp rtsp://\(host)/x")
            default: ("tcp://\(host)?listen", "-c:a libopus -f matroska tcp://\(host)")
            }
        let sender = try Sender(folder["signal.wav"], output)
        let reading = await onThread {
            attempt(location, InputOptions(openTimeoutMilliseconds: 60_000)) {
                ($0.received.first?.samples.count ?? 0) > 16_000 * 7
            }
        }
        let received = try #require(try reading.get().received.first)
        let distances = zip(received.onsets.dropFirst(), received.onsets).map { $0 - $1 }
        #expect(distances.count >= 2, "\(received.onsets)")
        #expect(received.jumps.count <= 1, "\(received.jumps)")
        // Bursts are 1.2 s apart, and 1.8 s over the seam of the loop, where the encoder goes on evenly.
        for distance in distances {
            #expect(abs(distance - 1.2) < 0.005 || abs(distance - 1.8) < 0.005, "\(received.onsets)")
        }
        withExtendedLifetime(sender) {}
    }

    @Test(.timeLimit(.minutes(30)))
    func httpGivesWhatTheFileGives() async throws {
        try ffmpeg("-i", folder["signal.wav"], folder["signal.mp3"])
        let path = folder["signal.mp3"]
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let server = LoopbackServer { _, connection in
            connection.send(type: "audio/mpeg")
            connection.send(bytes)
        }
        let port = server.port
        let overHTTP = await onThread { attempt("http://127.0.0.1:\(port)/live") }
        let onsets = try overHTTP.get().received.first?.onsets ?? []
        #expect(largestDifference(onsets, TestSignal.onsets) < 0.005, "\(onsets)")
        withExtendedLifetime(server) {}
    }

    /// A station says neither length nor duration: when it hangs up, it may come back. What has a length, or an end of
    /// its own, is over for good.
    @Test(.timeLimit(.minutes(30)), arguments: [("mp3", false, false), ("mp3", true, true), ("flac", false, true)])
    func onlyWhatHasAnEndIsFinite(format: String, saysLength: Bool, isFinite: Bool) async throws {
        let path = folder["signal.\(format)"]
        try ffmpeg("-i", folder["signal.wav"], path)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let server = LoopbackServer { _, connection in
            connection.send(type: "audio/mpeg", length: saysLength ? bytes.count : nil)
            connection.send(bytes)
        }
        let port = server.port
        let found = await onThread {
            let input = try? MediaInput("http://127.0.0.1:\(port)/live", cancellation: Cancellation())
            return input?.isFinite
        }
        #expect(found == isFinite)
        withExtendedLifetime(server) {}
    }

    @Test(
        .timeLimit(.minutes(30)),
        arguments: [("404 Not Found", MediaError.Kind.notFound), ("403 Forbidden", .accessDenied)])
    func httpStatusIsAnErrorKind(status: String, kind: MediaError.Kind) async {
        let server = LoopbackServer { _, connection in connection.send(status: status, length: 0) }
        let port = server.port
        let error = await onThread { failure("http://127.0.0.1:\(port)/x") }
        #expect(error?.kind == kind)
        withExtendedLifetime(server) {}
    }

    /// A stall in the middle is idle time, not the end.
    @Test(.timeLimit(.minutes(30)))
    func readingGoesOnAfterAStall() async throws {
        try ffmpeg("-i", folder["signal.wav"], "-c:a", "mp2", folder["signal.ts"])
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder["signal.ts"])))
        let stall = DispatchSemaphore(value: 0)
        let server = LoopbackServer { _, connection in
            connection.send(type: "video/mp2t")
            connection.send(Array(bytes.prefix(bytes.count / 2)))
            stall.wait()
            connection.send(Array(bytes.dropFirst(bytes.count / 2)))
        }
        let port = server.port
        let reading = try await onThread {
            attempt("http://127.0.0.1:\(port)/x.ts", InputOptions(readTimeoutMilliseconds: 200)) { reading in
                if reading.idleCount == 2 { stall.signal() }
                return false
            }
        }.get()
        let received = try #require(reading.received.first)
        #expect(reading.idleCount >= 2)
        #expect(abs(Double(received.samples.count) / 16_000 - TestSignal.seconds) < 0.05)
        #expect(largestDifference(received.onsets, TestSignal.onsets.map { $0 + 481.0 / 48_000 }) < 0.005)
        withExtendedLifetime(server) {}
    }

    @Test func hlsFromFiles() throws {
        try ffmpeg(
            "-i", folder["signal.wav"], "-c:a", "aac", "-f", "hls", "-hls_time", "1", "-hls_playlist_type",
            "vod",
            folder["list.m3u8"])
        let received = try read(folder["list.m3u8"]).received[0]
        #expect(largestDifference(received.onsets, TestSignal.onsets.map { $0 + 1024.0 / 48_000 }) < 0.005)
        #expect(received.jumps.isEmpty)
    }

    /// A live playlist whose next segment takes longer than the read timeout.
    @Test(.timeLimit(.minutes(30)))
    func hlsOverHTTPGoesOnAfterIdling() async throws {
        try ffmpeg(
            "-i", folder["signal.wav"], "-c:a", "mp2", "-f", "hls", "-hls_time", "1", "-hls_list_size", "0",
            folder["list.m3u8"])
        let complete = try String(contentsOfFile: folder["list.m3u8"], encoding: .utf8)
        let segments = complete.components(separatedBy: "#EXTINF")
        let folder = folder
        let isComplete = Flag()
        let server = LoopbackServer { path, connection in
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let isList = name.hasSuffix("m3u8")
            let body: [UInt8]
            if isList, !isComplete.isSet {
                body = Array((segments[0] + "#EXTINF" + segments[1]).utf8)
            } else {
                body = [UInt8]((try? Data(contentsOf: URL(fileURLWithPath: folder[name]))) ?? Data())
            }
            connection.send(type: isList ? "application/vnd.apple.mpegurl" : "video/mp2t", length: body.count)
            connection.send(body)
        }
        let port = server.port
        let reading = await onThread {
            attempt("http://127.0.0.1:\(port)/list.m3u8", InputOptions(readTimeoutMilliseconds: 400)) {
                reading in
                if reading.idleCount == 2 { isComplete.set() }
                return false
            }
        }
        let received = try #require(try reading.get().received.first)
        #expect(
            largestDifference(received.onsets, TestSignal.onsets.map { $0 + 481.0 / 48_000 }) < 0.02,
            "\(received.onsets)")
        withExtendedLifetime(server) {}
    }

    /// What a remote playlist names must not be a file of this machine.
    @Test(.timeLimit(.minutes(30)))
    func remotePlaylistsCannotReadFiles() async throws {
        try ffmpeg("-i", folder["signal.wav"], "-c:a", "aac", folder["private.ts"])
        let list =
            "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://\(folder["private.ts"])\n#EXT-X-ENDLIST\n"
        let server = LoopbackServer { _, connection in
            connection.send(type: "application/vnd.apple.mpegurl", length: list.utf8.count)
            connection.send(Array(list.utf8))
        }
        let port = server.port
        let error = await onThread { failure("http://127.0.0.1:\(port)/list.m3u8") }
        #expect(error != nil)
        withExtendedLifetime(server) {}
    }
}

/// A flag that threads share.
final class Flag: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var value = false  // only under the lock

    var isSet: Bool { lock.withLock { value } }

    func set() { lock.withLock { value = true } }
}
