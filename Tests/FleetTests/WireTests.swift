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
        for number in 1...300 {
            batch.add(try #require(TickBatch.Tick(tick(number, "ana\(number)", session: "s\(number % 40)"))))
        }
        batch.forget("ana7", in: "s7")
        let packed = try #require(batch.packed())
        let parcels = try packed.map { try #require(TickParcel($0.bytes)) }
        #expect(parcels.allSatisfy { $0.node == "n1" && $0.epoch == "e" })
        let opened = try parcels.map { try #require($0.open()) }
        #expect(opened.allSatisfy { $0.strange == 0 } && packed.map(\.ticks) == opened.map(\.batch.ticks.count))
        let ticks = opened.flatMap(\.batch.ticks)
        #expect(ticks.count == 299 && Set(ticks.map(\.line)) == Set(batch.ticks.map(\.line)))
        // All of a session are in one parcel, in their order, and the parcel says whose they are.
        #expect(parcels.flatMap(\.sessions).sorted() == (0..<40).map { "s\($0)" }.sorted())
        for (parcel, (contents, _)) in zip(parcels, opened) {
            #expect(Set(contents.ticks.map(\.session)) == Set(parcel.sessions) && contents.ticks.count >= 8)
        }
        for session in (0..<40).map({ "s\($0)" }) {
            let sequences = ticks.filter { $0.session == session }.map(\.envelope.sequence)
            #expect(sequences == sequences.sorted())
        }
        #expect(packed.reduce(0) { $0 + $1.bytes.count } < batch.ticks.reduce(0) { $0 + $1.line.count } / 3)
    }

    @Test func whatIsDamagedIsRefusedAndWhatIsNoTickLeftOut() throws {
        var batch = TickBatch(node: "n1", epoch: "e")
        batch.add(try #require(TickBatch.Tick(tick(1, "ana"))))
        let packed = try #require(batch.packed()?.first).bytes
        var numbers = SeededRandom(seed: 4)
        for _ in 0..<500 {
            var damaged = packed
            damaged[Int.random(in: 0..<damaged.count, using: &numbers)] ^= UInt8.random(in: 1...255, using: &numbers)
            // Whatever comes out of it, nothing traps; the checksum finds it.
            #expect(TickParcel(damaged)?.open().map { $0.batch.ticks == batch.ticks } ?? true)
            #expect(TickParcel(packed.prefix(Int.random(in: 0..<packed.count, using: &numbers)))?.open() == nil)
        }
        func parcel(_ head: String, _ contents: [UInt8]) -> TickParcel? {
            TickParcel(Array(head.utf8) + [10] + (deflated(contents) ?? []))
        }
        let head = #"{"v":1,"node":"n1","epoch":"e","sessions":["s"]}"#
        #expect(parcel(head, Array("nonsense".utf8))?.open()?.strange == 1)
        for other in [
            #"{"v":1,"node":"a b","epoch":"e","sessions":["s"]}"#, #"{"v":2,"node":"n1","epoch":"e","sessions":["s"]}"#,
            #"{"v":1,"node":"n1","epoch":"e","sessions":[]}"#, #"{"v":1,"node":"n1","epoch":"e","sessions":[1]}"#,
            #"{"v":1,"node":"n1","epoch":"e"}"#, String(repeating: " ", count: 200_000) + head,
        ] { #expect(parcel(other, []) == nil) }
        #expect(TickParcel(Array(head.utf8) + [UInt8](repeating: 10, count: TickBatch.maxBytes + 2)) == nil)
        // A few bytes that become far too many, bytes or lines.
        #expect(parcel(head, [UInt8](repeating: 32, count: TickBatch.maxBytes + 1))?.open() == nil)
        #expect(parcel(head, [UInt8](repeating: 10, count: TickBatch.maxTicks + 1))?.open() == nil)
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
