import ControlAPI
import Foundation
import TestSupport
import Testing

@testable import Daemon

/// Ports of pictures beside those of the sound.
@Suite(.waiting) struct PicturePortTests {
    /// A description with these ports, attached for a speaker who agreed to be seen.
    private func attach(audio: Int, video: Int, asking: Bool, _ bench: RegistryBench) async throws -> SourceSummary {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".sdp").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try """
        c=IN IP4 127.0.0.1
        m=audio \(audio) RTP/AVP 0
        m=video \(video) RTP/AVP 96
        a=rtpmap:96 VP8/90000

        """.write(toFile: path, atomically: true, encoding: .utf8)
        var request = RegistryBench.request(path)
        request.consent = "voice,face"
        if asking { request.tracks[0].video = 0 }
        return try await bench.registry.attach(request)
    }

    @Test func aPortThatPicturesCannotHaveCostsNoSound() async throws {
        let bench = try RegistryBench()
        let port = LoopbackServer.freePort(datagrams: true)
        _ = try await attach(audio: port, video: port, asking: false, bench)
        #expect(
            bench.log.text.contains { $0.contains("pictures of m=video 0 are not looked at: cannot receive on") })
        _ = try await bench.registry.detach(session: "s")
        await #expect(throws: Problem.self) { try await attach(audio: port, video: port, asking: true, bench) }
        await bench.registry.shutDown()
    }

    @Test func theNextPortIsThatOfPicturesWhereTheyHaveIt() async throws {
        let bench = try RegistryBench()
        // Somebody else may have either of them meanwhile.
        for attempt in 1...20 {
            let port = LoopbackServer.freePort(datagrams: true)
            guard port < 65_534 else { continue }
            do {
                _ = try await attach(audio: port, video: port + 1, asking: true, bench)
                break
            } catch {
                #expect(attempt < 20, "\(error)")
            }
        }
        await bench.registry.shutDown()
    }
}
