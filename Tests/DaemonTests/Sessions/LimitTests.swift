import ControlAPI
import RTP
import Settings
import Testing

@testable import Daemon

@Suite struct LimitTests {
    /// The jitter buffers of all receivers together hold no more than a source may.
    @Test(arguments: [(24, 1, 2_048), (24, 33, 2_048), (4, 33, 2_048), (64, 1_001, 16_384), (1_024, 1_001, 256)])
    func jitterBuffersShareWhatASourceMayHold(mebibytes: Int, receivers: Int, packetBytes: Int) {
        var settings = Settings().sources
        settings.maxMebibytes = mebibytes
        settings.maxPacketBytes = packetBytes
        let packets = RTPReception.Limits(settings).receiver(of: receivers).holdPackets
        #expect(packets * packetBytes * receivers <= mebibytes << 20)
        #expect(packets <= 64)
        // By default nothing is taken away.
        #expect((mebibytes, receivers) != (24, 33) || packets == 64)
    }
}

@Suite struct BadNameTests {
    @Test(arguments: ["", "a\0b", "a\nb", "a\u{7F}", "a\u{9B}31m", "a\u{85}b", "a\u{2028}b"])
    func whatIsNoNameIsRefused(name: String) {
        refuse(name)
        refuse(String(repeating: "ж", count: 129))
    }

    @Test(arguments: [
        "Dana (she/her)", "Ana / Sales", "Dr. Lee: Support", "Екатерина Александровна Константинопольская",
        "ศิริวรรณ พงษ์พิพัฒน์ชัย", "a\\b", "👩🏽‍💻 Zoë", String(repeating: "ศ", count: 128),
    ])
    func whatPeopleCallThemselvesIsTaken(name: String) throws {
        let request = AttachRequest(
            url: "rtp://127.0.0.1:0", session: name, tracks: [.init(track: nil, speaker: name, role: name)],
            consent: "granted", noticeID: nil)
        #expect(try AttachValidation.tracks(of: request).map(\.name) == [name])
    }

    private func refuse(_ name: String) {
        let request = AttachRequest(
            url: "rtp://127.0.0.1:0", session: "s", tracks: [.init(track: nil, speaker: name, role: nil)],
            consent: "granted", noticeID: nil)
        let problem = #expect(throws: Problem.self) { try AttachValidation.tracks(of: request) }
        #expect(problem?.detail.contains("none that are controls") == true)
    }
}
