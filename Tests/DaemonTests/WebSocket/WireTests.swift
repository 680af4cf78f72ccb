import Control
import ControlAPI
import Events
import Foundation
import Kit
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// Senders by WebSocket, those that do as they should and those that do not.
@Suite(.waiting, .timeLimit(.minutes(30))) struct WireTests {
    private static let start = """
        {"event":"start","start":{"streamSid":"MZ1","tracks":["inbound","outbound"],\
        "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}
        """

    private func media(_ chunk: Int, track: String = "inbound") -> String {
        let payload = Data((0..<160).map { UInt8(($0 * 37 + chunk) & 0xFF) }).base64EncodedString()
        return """
            {"event":"media","media":{"track":"\(track)","chunk":"\(chunk)","timestamp":"\(20 * chunk)",\
            "payload":"\(payload)"}}
            """
    }

    @Test func aCallIsThereOnceItsSenderIsAndEndsWithIt() async throws {
        let bench = try await WireBench()
        let call = try bench.expect("s", ["ana", "ben"])
        #expect(await bench.state() == nil)
        let sender = try await bench.connect("/twilio/\(call.token)")
        #expect(sender.isAccepted)
        // Compression is not agreed on.
        #expect(!sender.answer.lowercased().contains("permessage-deflate"))
        sender.send(Self.start)
        for chunk in 1...20 {
            sender.send(media(chunk))
            sender.send(media(chunk, track: "outbound"))
        }
        try await eventually { bench.hasBeenLive() }
        sender.send(#"{"event":"stop","stop":{}}"#)
        let end = await sender.closing()
        #expect(end?.code == 1_000)
        try await eventually { bench.registry.types.contains("session.ended") }
        #expect(bench.ends() == ["end of media"])
        await bench.stop()
    }

    @Test func mediaBeforeTheStartMessageIsKept() async throws {
        let bench = try await WireBench()
        let sender = try await bench.connect("/twilio/\(try bench.expect().token)")
        for chunk in 1...10 { sender.send(media(chunk)) }
        sender.send(Self.start)
        try await eventually { bench.hasBeenLive() }
        await bench.stop()
    }

    @Test func mediaWithoutAStartMessageIsNotKeptForEver() async throws {
        let bench = try await WireBench()
        let sender = try await bench.connect("/twilio/\(try bench.expect().token)")
        for chunk in 1...1_000 { sender.send(media(chunk)) }
        let end = await sender.closing()
        #expect(end?.code == 1_002)
        #expect(end?.reason.contains("no start message") == true)
        try await eventually { bench.ends().count == 1 }
        await bench.stop()
    }

    @Test func aTokenAdmitsOneConnection() async throws {
        let bench = try await WireBench()
        let call = try bench.expect()
        let first = try await bench.connect("/raw/\(call.token)?rate=16000")
        #expect(first.isAccepted)
        let second = try await bench.connect("/raw/\(call.token)?rate=16000")
        #expect(second.answer.hasPrefix("HTTP/1.1 401"))
        #expect(second.answer.contains("unknown, used or over"))
        // Nothing of the token is in the log.
        #expect(!bench.registry.log.text.contains { $0.contains(call.token) })
        await bench.stop()
    }

    @Test func aTokenAdmitsAConnectionForEachTrack() async throws {
        let bench = try await WireBench()
        let call = try bench.expect("s", ["ana", "ben"], connections: 2)
        let ben = try await bench.connect("/raw/\(call.token)?rate=16000&speaker=ben")
        let ana = try await bench.connect("/raw/\(call.token)?rate=16000")
        let third = try await bench.connect("/raw/\(call.token)?rate=16000")
        #expect(ben.isAccepted && ana.isAccepted && !third.isAccepted)
        let speakers = await bench.registry.registry.sessions().flatMap(\.sources).map(\.speakers)
        #expect(speakers == [["ben"], ["ana"]])
        await bench.stop()
    }

    @Test func theVoicesOfACallMayBeToldApart() throws {
        let calls = ExpectedCalls { 0 }
        let expectation = CallExpectation(calls: calls, address: "ws://x")
        var request = ExpectRequest(
            session: "s", speakers: [.init(speaker: "room")], consent: "granted", voices: "3")
        let token = try expectation.expect(request).token
        let admitted = try #require(calls.admit(token, speaker: nil))
        #expect(try AttachValidation.tracks(of: admitted).map(\.voices) == [VoicesWanted(count: 3)])
        request.speakers.append(.init(speaker: "b"))
        let problem = #expect(throws: Problem.self) { try expectation.expect(request) }
        #expect(problem?.detail.contains("name that alone") == true)
    }

    @Test func tokensEnd() throws {
        let clock = Clock()
        let calls = ExpectedCalls { clock.value.load(ordering: .relaxed) }
        let expectation = CallExpectation(calls: calls, address: "ws://x")
        let request = ExpectRequest(session: "s", speakers: [.init(speaker: "a")], consent: "granted", ttlSeconds: 10)
        let late = try expectation.expect(request).token
        let early = try expectation.expect(request).token
        let taken = try expectation.expect(request).token
        #expect(calls.admit(early, speaker: nil) != nil)
        #expect(calls.admit(early, speaker: nil) == nil)
        #expect(calls.revoke(session: "other") == 0)
        clock.value.store(10_000, ordering: .relaxed)
        #expect(calls.admit(late, speaker: nil) == nil)
        _ = taken
        #expect(calls.revoke(session: "s") == 1)
    }

    @Test func tokensComeInHeadersToo() async throws {
        let bench = try await WireBench()
        let bearer = try await bench.connect(
            "/genesys", headers: ["Authorization: Bearer \(try bench.expect("b").token)"])
        let key = try await bench.connect("/genesys", headers: ["X-API-KEY: \(try bench.expect("k").token)"])
        let basic = Data("user:\(try bench.expect("p").token)".utf8).base64EncodedString()
        let password = try await bench.connect(
            "/raw", headers: ["Authorization: Basic \(basic)", "Sec-WebSocket-Protocol: media"])
        #expect(bearer.isAccepted && key.isAccepted && password.isAccepted)
        #expect(password.answer.lowercased().contains("sec-websocket-protocol: media"))
        await bench.stop()
    }

    @Test func whoIsNotExpectedIsRefusedAndCounted() async throws {
        let began = ContinuousClock.now
        let bench = try await WireBench()
        let good = try await bench.connect("/raw/\(try bench.expect("good").token)?rate=8000")
        for target in ["/twilio/nonsense", "/twilio", "/raw?token=x"] {
            let sender = try await bench.connect(target)
            #expect(sender.answer.hasPrefix("HTTP/1.1 401"), "\(target)")
        }
        let elsewhere = try await bench.connect("/elsewhere/x")
        #expect(elsewhere.answer.hasPrefix("HTTP/1.1 404"))
        let plain = try Connection(port: bench.port, sending: "GET /twilio/x HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(await plain.readToEnd().hasPrefix("HTTP/1.1 426"))
        // Many, as fast as they can: whoever is there already is not disturbed.
        for _ in 0..<300 { #expect(try await !bench.connect("/twilio/\(UInt64.random(in: 0 ... .max))").isAccepted) }
        good.send([UInt8](repeating: 7, count: 3_200))
        try await eventually { bench.hasBeenLive("good") }
        let counts = bench.refusals.counts.filter { $0.count > 0 }.map { "\($0.reason.rawValue) \($0.count)" }
        #expect(counts == ["malformed 2", "bad_token 303"])
        // One line a second, however long this took.
        let mostLines = 2 + (ContinuousClock.now - began).components.seconds
        #expect(bench.registry.log.text.count { $0.contains("token that holds") } <= mostLines)
        await bench.stop()
    }

    @Test func aCallThatCanNotBeAttachedIsRefusedWithTheReason() async throws {
        let bench = try await WireBench()
        _ = try await bench.registry.attach("rtp://127.0.0.1:0", session: "s", speaker: "a")
        let sender = try await bench.connect("/twilio/\(try bench.expect("s", ["a"]).token)")
        #expect(sender.answer.hasPrefix("HTTP/1.1 409"))
        #expect(sender.answer.contains("speaker_exists"))
        #expect(throws: Problem.self) {
            try bench.expectation.expect(ExpectRequest(session: "s", speakers: [.init(speaker: "a")], consent: nil))
        }
        await bench.stop()
    }

    /// What each does wrong, and the code that it is told.
    private static let clumsy: [(String, String, Int, @Sendable (WireSender) -> Void)] = [
        ("binary for text", "/twilio/", 1_003, { $0.send([1, 2, 3]) }),
        ("no JSON", "/twilio/", 1_007, { $0.send("hello") }),
        ("text for binary", "/raw/", 1_003, { $0.send("fn5+fX5+fn19") }),
        ("text for binary", "/vexa/", 1_003, { $0.send("hello") }),
        (
            "garbage for base64", "/twilio/", 1_007,
            { sender in
                sender.send(start)
                sender.send(#"{"event":"media","media":{"track":"inbound","payload":"§§§§"}}"#)
            }
        ),
        (
            "a track that was not announced", "/twilio/", 1_002,
            { sender in
                sender.send(start)
                sender.send(#"{"event":"media","media":{"track":"third","payload":"AAAA"}}"#)
            }
        ),
        (
            "two start messages", "/twilio/", 1_002,
            { sender in
                sender.send(start)
                sender.send(start)
            }
        ),
        ("16 MB", "/twilio/", 1_009, { $0.frame(1, [UInt8](repeating: 0x20, count: 16 << 20)) }),
        (
            "fragments without end", "/raw/", 1_009,
            { sender in
                sender.frame(2, [0], isFinal: false)
                for _ in 0..<20 { sender.frame(0, [UInt8](repeating: 0, count: 60_000), isFinal: false) }
            }
        ),
        ("a continuation of nothing", "/raw/", 1_002, { $0.frame(0, [1]) }),
        (
            "a message in another", "/raw/", 1_002,
            { sender in
                sender.frame(2, [1], isFinal: false)
                sender.frame(2, [1])
            }
        ),
        ("compression that was not agreed on", "/raw/", 1_002, { $0.sendRaw([0xC2, 0x80, 1, 2, 3, 4]) }),
        ("a rate that is none", "/raw/", 1_003, { $0.send(#"{"format":"s16le","sample_rate":7}"#) }),
        (
            "half a minute at once", "/raw/", 1_008,
            { sender in
                sender.send(#"{"format":"s16le","sample_rate":8000}"#)
                sender.send([UInt8](repeating: 1, count: 500_000))
            }
        ),
        (
            "samples that nobody explained", "/raw/", 1_002,
            { sender in
                for _ in 0..<10 { sender.send([UInt8](repeating: 1, count: 32_000)) }
            }
        ),
    ]

    @Test(arguments: clumsy.indices)
    func whatIsWrongIsToldAndDisturbsNobody(index: Int) async throws {
        let (what, path, code, send) = Self.clumsy[index]
        let bench = try await WireBench()
        let other = try await bench.connect("/raw/\(try bench.expect("other").token)?rate=8000")
        let sender = try await bench.connect(path + (try bench.expect("wrong").token))
        send(sender)
        let end = await sender.closing()
        #expect(end?.code == code, "\(what): \(String(describing: end))")
        #expect(end?.reason.isEmpty == false)
        try await eventually { bench.ends().count == 1 }
        #expect(bench.ends().first == end?.reason)
        other.send([UInt8](repeating: 7, count: 3_200))
        try await eventually { bench.hasBeenLive("other") }
        await bench.stop()
    }

    @Test func pingsAreAnsweredAndClosesEchoed() async throws {
        let bench = try await WireBench()
        let sender = try await bench.connect("/raw/\(try bench.expect().token)?rate=8000")
        sender.frame(9, [5, 6])
        var bytes = await sender.read()
        let pong = WireSender.takeFrame(&bytes)
        #expect(pong?.kind == 10 && pong?.data == [5, 6])
        sender.frame(8, [0x03, 0xE8])
        let end = await sender.closing()
        #expect(end?.code == 1_000)
        try await eventually { bench.ends() == ["end of media"] }
        await bench.stop()
    }

    /// Samples as fast as they can be sent: nothing is lost, the sender waits, and its answers come all the same.
    @Test func whoSendsAheadOfTimeHasToWait() async throws {
        let bench = try await WireBench()
        let sender = try await bench.connect("/raw/\(try bench.expect().token)?rate=8000")
        // Six seconds, of which some are ahead of their time by more than may be.
        for _ in 0..<60 { sender.send([UInt8](repeating: 1, count: 1_600)) }
        sender.frame(8, [0x03, 0xE8])
        let end = await sender.closing()
        #expect(end?.code == 1_000)
        try await eventually { bench.registry.types.contains("session.ended") }
        #expect(bench.ends() == ["end of media"])
        // A machine that stood still meanwhile may have a hole to tell of; lost is nothing.
        let lost = bench.registry.events.count { event in
            if case .gap(let gap) = event.body { gap.why == .loss } else { false }
        }
        #expect(lost == 0)
        let totals = bench.registry.events.compactMap { event in
            if case .sessionEnded(let ended) = event.body { ended.totals.durationSeconds } else { nil }
        }
        // Had it not had to wait, the call would have been over in no time.
        #expect((totals.first ?? 0) > 1)
        await bench.stop()
    }

    @Test func aDetachedCallIsHungUpOn() async throws {
        let bench = try await WireBench()
        let sender = try await bench.connect("/raw/\(try bench.expect().token)?rate=8000")
        _ = try await bench.registry.registry.detach(session: "s")
        let end = await sender.closing()
        #expect(end?.code == 1_001)
        #expect(bench.ends() == ["detached"])
        await bench.stop()
    }

    @Test func participantsAreTakenByNameAndOthersAsTheyCome() async throws {
        let bench = try await WireBench()
        let call = try bench.expect("s", ["ana=Ana Silva", "guest=*"])
        let sender = try await bench.connect("/recall/\(call.token)")
        for (id, name) in [(7, "Bo"), (5, "Ana Silva"), (9, "Bo"), (11, "C/D")] {
            sender.send(
                """
                {"event":"audio_separate_raw.data","data":{"data":{"buffer":"\(String(repeating: "AQID", count: 160))",\
                "timestamp":{"relative":0},"participant":{"id":\(id),"name":"\(name)"}}}}
                """)
        }
        try await eventually {
            await bench.registry.registry.sessions().first?.sources.first?.speakers.count == 4
        }
        let speakers = await bench.registry.registry.sessions().first?.sources.first?.speakers ?? []
        #expect(Array(speakers.prefix(3)) == ["ana", "Bo", "guest-9"])
        await bench.stop()
    }
}

private final class Clock: Sendable {
    let value = Atomic<Int64>(0)
}
