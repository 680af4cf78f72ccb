import Decode
import Foundation
import Glibc
import TestSupport
import Testing

/// Inputs that never answer, each as a location and what has to stay alive meanwhile.
enum Hang: String, CaseIterable, CustomTestStringConvertible {
    case tcp, http, https, rtsp, rtmp, srtCaller, tcpListener, srtListener, rtmpListener, rtspListener, udp,
        fifo
    case stalledHTTP, stalledFIFO

    var testDescription: String { rawValue }

    /// Whether it opens and hangs in a read.
    var opens: Bool { self == .stalledHTTP || self == .stalledFIFO }

    func make(_ folder: TemporaryFolder) throws -> (location: String, keeper: any Sendable) {
        let hole = LoopbackServer()
        let tcpPort = LoopbackServer.freePort()
        let udpPort = LoopbackServer.freePort(datagrams: true)
        switch self {
        case .tcp, .http, .https, .rtsp, .rtmp:
            return ("\(rawValue)://127.0.0.1:\(hole.port)/live/x", hole)
        case .srtCaller: return ("srt://127.0.0.1:\(udpPort)?connect_timeout=60000", hole)
        case .tcpListener: return ("tcp://127.0.0.1:\(tcpPort)?listen", hole)
        case .srtListener: return ("srt://127.0.0.1:\(udpPort)?mode=listener", hole)
        case .rtmpListener: return ("rtmp://127.0.0.1:\(tcpPort)/live/x?listen=1", hole)
        case .rtspListener: return ("rtsp://127.0.0.1:\(tcpPort)/x?listen=1", hole)
        case .udp: return ("udp://127.0.0.1:\(udpPort)", hole)
        case .fifo:
            mkfifo(folder["silent"], 0o600)
            return (folder["silent"], hole)
        case .stalledHTTP:
            let half = try Hang.halfOfARecording(folder)
            let server = LoopbackServer { _, connection in
                connection.send(length: half.count * 2)
                connection.send(half)
                connection.waitForHangUp()
            }
            return ("http://127.0.0.1:\(server.port)/x.mp3", server)
        case .stalledFIFO:
            let half = try Hang.halfOfARecording(folder)
            mkfifo(folder["stalled"], 0o600)
            let path = folder["stalled"]
            let writer = Descriptor()
            Thread {
                writer.open(path)
                writer.write(half)
            }.start()
            return (path, writer)
        }
    }

    private static func halfOfARecording(_ folder: TemporaryFolder) throws -> [UInt8] {
        try TestSignal.write(folder["whole.wav"])
        try ffmpeg("-i", folder["whole.wav"], folder["whole.mp3"])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder["whole.mp3"]))
        return [UInt8](bytes.prefix(bytes.count / 2))
    }
}

/// The writing end of a FIFO, open until it goes.
final class Descriptor: @unchecked Sendable {
    // Written once by the writing thread; `deinit` runs after that thread let go of the object.
    private var descriptor: Int32 = -1

    func open(_ path: String) { descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC) }

    func write(_ bytes: [UInt8]) { _ = Glibc.write(descriptor, bytes, bytes.count) }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

@Suite(.waiting) struct HangTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Who waited for his own time to end would say so, and not that he was told to stop.
    @Test(.timeLimit(.minutes(30)), arguments: Hang.allCases)
    func cancelStopsIt(hang: Hang) async throws {
        let (location, keeper) = try hang.make(folder)
        let cancellation = Cancellation()
        let options = InputOptions(openTimeoutMilliseconds: 600_000, readTimeoutMilliseconds: 600_000)
        async let error = onThread { failure(location, options, cancellation: cancellation) }
        usleep(UInt32.random(in: 500_000...900_000))
        cancellation.cancel()
        let told = await error
        #expect(told?.kind == .cancelled, "\(String(describing: told))")
        withExtendedLifetime(keeper) {}
    }

    @Test(.timeLimit(.minutes(30)), arguments: Hang.allCases.filter { !$0.opens })
    func openTimesOut(hang: Hang) async throws {
        let (location, keeper) = try hang.make(folder)
        let error = await onThread { failure(location, InputOptions(openTimeoutMilliseconds: 300)) }
        #expect(error?.kind == .timedOut, "\(String(describing: error))")
        withExtendedLifetime(keeper) {}
    }

    @Test(.timeLimit(.minutes(30)), arguments: Hang.allCases.filter(\.opens))
    func readGivesIdle(hang: Hang) async throws {
        let (location, keeper) = try hang.make(folder)
        let reading = try await onThread {
            attempt(location, InputOptions(readTimeoutMilliseconds: 200)) { $0.idleCount == 2 }
        }.get()
        #expect(reading.idleCount == 2)
        #expect((reading.received.first?.count ?? 0) > 16_000)
        withExtendedLifetime(keeper) {}
    }
}
