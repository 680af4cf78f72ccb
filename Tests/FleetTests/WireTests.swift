import Events
import SeededNumbers
import Testing

@testable import Fleet

@Suite struct WireTests {
    @Test(arguments: ["acme-7", "a b", "Ünï.cod*e >", "=x", "", "x.y", String(repeating: "я", count: 128)])
    func aNameComesBackFromItsToken(name: String) {
        let token = BusNames.token(name)
        #expect(!token.isEmpty && token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=".contains($0)) })
        #expect(BusNames.session(ofToken: token) == name)
    }

    @Test func noTwoNamesHaveOneToken() {
        #expect(BusNames.token("=eA") != BusNames.token("x") && BusNames.token("eA") != BusNames.token("x"))
        #expect(BusNames.session(ofToken: "=%") == nil && BusNames.session(ofToken: "") == nil)
    }

    @Test func partitionsStayTheSameForEver() {
        // Nodes of several versions share a bus.
        #expect(["acme-7", "acme-8", "desk"].map(BusNames.partition(of:)) == Self.partitions)
    }
    private static let partitions = [5, 6, 1]

    @Test func theBeginOfALineIsReadAsTheWholeWouldBe() throws {
        for name in ["ana", "an\"a\\ \n\u{7}", "Жанна"] {
            let event = Event(
                .speechStarted(SpeechStarted(startSeconds: 1)), session: "a\"b", speaker: name, timeSeconds: 2.25)
            let line = event.line(sequence: 7, at: "2026-03-02T09:14:38.701Z")
            let envelope = try #require(EventEnvelope(line))
            #expect(envelope.kind == .speechStarted && envelope.sequence == 7 && envelope.session == "a\"b")
            #expect(envelope.speaker == name && envelope.timeSeconds == 2.25)
            for length in 0..<line.count where length < 70 { #expect(EventEnvelope(line.prefix(length)) == nil) }
        }
        for text in [
            "", "{", "{}", "[1]", #"{"v":2,"type":"tick","seq":1,"at":"x"}"#, #"{"v":1,"seq":-1,"at":""}"#,
            #"{"v":1,"seq":1e300,"at":""}"#, #"{"v":1,"t":1e99,"seq":1,"at":""}"#, #"{"v":1,"seq":1,"session":"\"#,
        ] { #expect(EventEnvelope(Array(text.utf8)) == nil, "\(text)") }
    }

    @Test func aBatchComesOutAsItWentIn() throws {
        var batch = TickBatch(node: "n1", epoch: "e")
        for number in 1...300 { batch.add(try #require(TickBatch.Tick(tick(number, "ana\(number)")))) }
        batch.forget("ana7", in: "s")
        let packed = try #require(batch.packed())
        let (unpacked, strange) = try #require(TickBatch.unpack(packed))
        #expect(strange == 0 && unpacked.node == "n1" && unpacked.epoch == "e")
        #expect(unpacked.ticks == batch.ticks && unpacked.ticks.count == 299)
        #expect(packed.count < batch.ticks.reduce(0) { $0 + $1.line.count } / 5)
    }

    @Test func whatIsDamagedIsRefusedAndWhatIsNoTickLeftOut() throws {
        var batch = TickBatch(node: "n1", epoch: "e")
        batch.add(try #require(TickBatch.Tick(tick(1, "ana"))))
        let packed = try #require(batch.packed())
        var numbers = SeededRandom(seed: 4)
        for _ in 0..<500 {
            var damaged = packed
            damaged[Int.random(in: 0..<damaged.count, using: &numbers)] ^= UInt8.random(in: 1...255, using: &numbers)
            // Whatever comes out of it, nothing traps; the checksum finds it.
            #expect(TickBatch.unpack(damaged).map { $0.batch.ticks == batch.ticks } ?? true)
            #expect(TickBatch.unpack(packed.prefix(Int.random(in: 0..<packed.count, using: &numbers))) == nil)
        }
        let head = #"{"v":1,"node":"n1","epoch":"e"}"#
        func pack(_ text: String) -> [UInt8] { deflated(Array(text.utf8)) ?? [] }
        #expect(TickBatch.unpack(pack(head + "\nnonsense"))?.strange == 1)
        #expect(TickBatch.unpack(pack(#"{"v":1,"node":"a b","epoch":"e"}"#)) == nil)
        // A few bytes that become far too many.
        #expect(TickBatch.unpack(deflated([UInt8](repeating: 10, count: TickBatch.maxBytes + 1)) ?? []) == nil)
    }

    @Test func aFactSaysUpToWhereNothingIsMissingBeforeIt() {
        var chain = FactChain()
        #expect(chain.tell(3, of: "a") == 0 && chain.tell(4, of: "b") == 0 && chain.tell(9, of: "a") == 3)
        chain.skip(12, of: "a")
        #expect(chain.tell(15, of: "a") == 12)
        chain.lose(upTo: 20)
        #expect(chain.tell(22, of: "b") == 20 && chain.tell(23, of: "a") == 20 && chain.tell(24, of: "a") == 23)
    }

    @Test func aRecordHasNothingThatWasMeasured() throws {
        var session = Snapshot.Session(id: "s", started: SessionStarted(noticeID: "n", policy: "standard"))
        var ana = Snapshot.Speaker(name: "ana", joined: SpeakerJoined(role: "rep", consent: .granted))
        ana.lastTick = EventLine(tick(1, "ana")).event.flatMap {
            if case .tick(let tick) = $0.body { tick } else { nil }
        }
        #expect(ana.lastTick != nil)
        session.speakers = [ana]
        let bytes = SessionRecord(node: "n1", epoch: "e", term: 2, sequence: 9, session: session).bytes(at: "now")
        #expect(!String(decoding: bytes, as: UTF8.self).contains("last_tick"))
        let record = try #require(SessionRecord(bytes))
        #expect(record.node == "n1" && record.epoch == "e" && record.term == 2 && record.sequence == 9)
        #expect(record.session.speakers.map(\.name) == ["ana"] && record.session.started.noticeID == "n")
        #expect(SessionRecord(bytes.dropLast(2)) == nil && SessionRecord([UInt8]()) == nil)
    }
}
