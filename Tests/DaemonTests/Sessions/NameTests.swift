import Control
import ControlAPI
import Events
import Foundation
import Testing

@testable import Daemon

/// What looks the same is the same speaker, however it was typed.
@Suite(.timeLimit(.minutes(30))) struct NameTests {
    private static let written = Array("Ren\u{E9} B".utf8)

    @Test(arguments: [
        "Ren\u{E9} B", "Rene\u{301} B", "Rene\u{301}\u{A0}B", " Ren\u{E9}  B ",
        "\u{FEFF}Re\u{200B}n\u{E9}\u{AD} B\u{2028}",
    ])
    func aNameIsWrittenInOneWay(_ name: String) {
        #expect(Array(canonicalName(name).utf8) == Self.written)
    }

    @Test func whatLooksDifferentStaysSo() {
        for name in ["ana", "Ana", "\u{430}na", "an\u{AA}", "\u{1F469}", "a\tb"] {
            #expect(Array(canonicalName(name).utf8) == Array(name.utf8))
        }
        #expect(canonicalName(" \u{200D}\u{3164} ") == "")
    }

    /// From every way in, and to every way out: other languages compare bytes.
    @Test func aSpeakerIsOneInEveryForm() async throws {
        let bench = try RegistryBench()
        try await bench.attach("rtp://127.0.0.1:0", session: "cafe\u{301}", speaker: "Rene\u{301} B")
        let names = bench.events.compactMap(\.speaker)
        #expect(!names.isEmpty && names.allSatisfy { Array($0.utf8) == Self.written })
        let session = try #require(await bench.registry.sessions().first).session
        #expect(Array(session.utf8) == Array("caf\u{E9}".utf8))
        for name in ["Ren\u{E9} B", " Rene\u{301} B\u{200B}"] {
            let problem = await #expect(throws: Problem.self) {
                try await bench.attach("rtp://127.0.0.1:0", session: " caf\u{E9}", speaker: name)
            }
            #expect(problem?.type == .speakerExists)
        }
        let hello = try PCMHello(
            parsing: Array(
                #"{"format":"s16le","rate":8000,"channels":1,"session":"x","speaker":"Rene\#u{301} B "}"#.utf8))
        #expect(hello.request.withCanonicalNames.tracks.map { Array($0.speaker.utf8) } == [Self.written])
        let line = CaptionRequest.Line(speaker: "Rene\u{301} B", startSeconds: 0, endSeconds: 1, text: "x")
        let summary = try await bench.registry.caption(session: session, CaptionRequest(lines: [line]))
        #expect(summary.counted + summary.outOfTime + summary.ignored == 1, "nobody is missing")
        try await bench.registry.setConsent(session: session, speaker: "Ren\u{E9} B", to: .exactly(.withheld))
        _ = try await bench.registry.detach(session: session)
    }

    @Test func theAnswerSaysThatConsentStaysWithheld() async throws {
        let bench = try RegistryBench()
        try await bench.attach("rtp://127.0.0.1:0", speaker: "b")
        let first = try await bench.attach("rtp://127.0.0.1:0", speaker: "a")
        try await bench.registry.setConsent(session: "s", speaker: "a", to: .exactly(.withheld))
        _ = try await bench.registry.detach(session: "s", source: first.source)
        let second = try await bench.attach("rtp://127.0.0.1:0", speaker: "a")
        #expect(second.note?.contains("withheld") == true && second.note?.hasSuffix(": a") == true)
        let joined = bench.events.compactMap { event -> ConsentState? in
            if case .speakerJoined(let joined) = event.body, event.speaker == "a" { joined.consent } else { nil }
        }
        #expect(joined == [.granted, .withheld])
        let problem = await #expect(throws: Problem.self) {
            try await bench.registry.setConsent(session: "s", speaker: "a", to: .lanes(.words, isGranted: true))
        }
        #expect(problem?.status == 409 && problem?.detail.contains("withheld") == true)
        _ = try await bench.registry.detach(session: "s")
    }
}
