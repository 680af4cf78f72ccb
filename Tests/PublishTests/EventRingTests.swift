import Events
import NIOCore
import SeededNumbers
import Testing

@testable import Publish

@Suite struct EventRingTests {
    /// The ring as it is described, worked out from all its events after every step.
    private struct Model {
        struct Entry {
            var record: EventRecord
            var isWithdrawn = false, isThinned = false
            var keptBytes: Int { isWithdrawn || isThinned ? EventRecord.placeBytes : record.keptBytes }
            var isTick: Bool { record.isCoalescible && record.line != nil && !isWithdrawn }
        }

        var entries: [Entry] = []
        let maxBytes: Int, maxAgeMilliseconds: Int64, queueBytes: Int

        var bytes: Int { entries.reduce(0) { $0 + $1.keptBytes } }

        func bytes(after cursor: Int) -> Int {
            entries.reduce(0) { $0 + ($1.record.sequence > cursor ? $1.record.line?.readableBytes ?? 0 : 0) }
        }

        func newestTick(of key: SpeakerKey) -> Int? {
            entries.last { $0.isTick && $0.record.key == key }?.record.sequence
        }

        mutating func append(_ record: EventRecord) {
            entries.append(Entry(record: record))
            for index in entries.indices where entries[index].isTick {
                let sequence = entries[index].record.sequence
                let isFarBack = bytes(after: sequence) > queueBytes
                entries[index].isThinned = isFarBack && newestTick(of: entries[index].record.key) != sequence
            }
            while bytes > maxBytes, entries.count > 1 { entries.removeFirst() }
            evict(record.publishedMilliseconds)
        }

        mutating func evict(_ now: Int64) {
            entries.removeAll { now - $0.record.publishedMilliseconds > maxAgeMilliseconds }
        }

        mutating func withdraw(_ key: SpeakerKey) {
            for index in entries.indices where entries[index].record.key == key { entries[index].isWithdrawn = true }
        }
    }

    private func record(
        _ event: Event, _ sequence: Int, bytes: Int?, after ring: EventRing, at milliseconds: Int64 = 0
    ) -> EventRecord {
        EventRecord(
            event, sequence: sequence, line: bytes.map { ByteBuffer(repeating: 0x20, count: $0) },
            publishedMilliseconds: milliseconds, previousTickSeconds: nil, startOffset: ring.endOffset)
    }

    @Test(arguments: 1...3) func isTheNaiveOne(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var ring = EventRing(maxBytes: 60_000, maxAgeMilliseconds: 5_000, queueBytes: 10_000)
        var model = Model(maxBytes: 60_000, maxAgeMilliseconds: 5_000, queueBytes: 10_000)
        var now: Int64 = 0, sequence = 0
        var thinned = 0, withdrawn = 0
        for _ in 0..<800 {
            let speaker = "speaker \(Int.random(in: 0..<4, using: &random))"
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<85:
                sequence += 1
                let kind = Int.random(in: 0..<10, using: &random)
                let event = kind < 7 ? tickEvent(speaker, Double(sequence)) : turnEvent(speaker, Double(sequence))
                // Now and then an event whose line is too long to be sent.
                let bytes = kind == 0 ? nil : Int.random(in: 100...1_500, using: &random)
                let record = record(event, sequence, bytes: bytes, after: ring, at: now)
                ring.append(record)
                model.append(record)
            case 85..<98:
                now += Int64.random(in: 0...500, using: &random)
                ring.evict(nowMilliseconds: now)
                model.evict(now)
            case 98:
                now += 5_001  // all of it is too old
                ring.evict(nowMilliseconds: now)
                model.evict(now)
            default:
                ring.withdraw(SpeakerKey(session: "s1", speaker: speaker))
                model.withdraw(SpeakerKey(session: "s1", speaker: speaker))
            }
            let records = ring.records(after: 0, limit: .max)
            #expect(records.map(\.sequence) == model.entries.map(\.record.sequence))
            #expect(records.map(\.keptBytes) == model.entries.map(\.keptBytes))
            #expect(records.map(\.isThinned) == model.entries.map { $0.isThinned && !$0.isWithdrawn })
            #expect(ring.count == model.entries.count)
            #expect(ring.bytes == model.bytes)
            let cursor = sequence - Int.random(in: 0...50, using: &random)
            #expect(ring.bytes(after: cursor) == model.bytes(after: cursor))
            #expect(ring.isCoalescing(after: cursor) == (model.bytes(after: cursor) > 10_000))
            let key = SpeakerKey(session: "s1", speaker: speaker)
            #expect(ring.newestTick(of: key)?.sequence == model.newestTick(of: key))
            thinned += records.count(where: \.isThinned)
            withdrawn += model.entries.count(where: \.isWithdrawn)
        }
        #expect(thinned > 500 && withdrawn > 50, "the run reaches what it is about")
    }

    /// A speaker's newest tick stays however far back it lies, until the next one comes.
    @Test func theNewestTickOfASpeakerStays() {
        var ring = EventRing(maxBytes: 1 << 20, maxAgeMilliseconds: 60_000, queueBytes: 5_000)
        func lines() -> [Int] { ring.records(after: 0, limit: .max).filter { $0.line != nil }.map(\.sequence) }
        ring.append(record(tickEvent("ana", 1), 1, bytes: 1_000, after: ring))
        for sequence in 2...10 { ring.append(record(tickEvent("ben", 1), sequence, bytes: 1_000, after: ring)) }
        // Five thousand bytes lie behind the fifth.
        #expect(lines() == [1] + Array(5...10))
        ring.append(record(tickEvent("ana", 2), 11, bytes: 1_000, after: ring))
        #expect(lines() == Array(6...11))
        ring.append(record(turnEvent("ana", 2), 12, bytes: 1_000, after: ring))
        for sequence in 13...20 { ring.append(record(turnEvent("ben", 1), sequence, bytes: 1_000, after: ring)) }
        #expect(lines() == Array(10...20))
        #expect(ring.bytes == 11_000 + 9 * EventRecord.placeBytes)
        #expect(ring.bytes(after: 0) == 20_000)
        #expect(ring.count == 20)
    }

    /// Places of ticks that are thinned out are not free, so that their number is bounded too.
    @Test func placesCount() {
        let limit = 1_800 + 100 * EventRecord.placeBytes
        var ring = EventRing(maxBytes: limit, maxAgeMilliseconds: 60_000, queueBytes: 1_000)
        for sequence in 1...1_000 { ring.append(record(tickEvent("ana", 1), sequence, bytes: 900, after: ring)) }
        #expect(ring.bytes == limit)
        #expect(ring.count == 102)
    }
}
