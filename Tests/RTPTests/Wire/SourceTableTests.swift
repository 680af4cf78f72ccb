import SeededNumbers
import Testing

@testable import RTP

@Suite struct SourceTableTests {
    private let second: Int64 = 1_000 * millisecond

    @Test func aSelectedSourceIsHeardFromItsFirstPacket() {
        var table = RTPSourceTable(selectors: [.ssrc(7), .ssrc(8)], limit: 4)
        #expect(table.route(ssrc: 8, sequence: 1, origin: 0, arrivalNanoseconds: 0) == .speaker(1))
        #expect(table.route(ssrc: 7, sequence: 1, origin: 0, arrivalNanoseconds: 0) == .speaker(0))
        #expect(table.ssrc(of: 1) == 8)
    }

    @Test func anUnknownSourceJoinsWithItsSecondPacketInSequence() {
        var table = RTPSourceTable(selectors: [.ssrc(7)], limit: 3)
        #expect(table.route(ssrc: 9, sequence: 65_535, origin: 0, arrivalNanoseconds: 0) == .drop)
        #expect(table.route(ssrc: 10, sequence: 5, origin: 0, arrivalNanoseconds: 0) == .drop)
        #expect(table.route(ssrc: 9, sequence: 0, origin: 0, arrivalNanoseconds: 0) == .newSpeaker(1))
        #expect(table.route(ssrc: 9, sequence: 1, origin: 0, arrivalNanoseconds: 0) == .speaker(1))
        #expect(table.route(ssrc: 10, sequence: 9, origin: 0, arrivalNanoseconds: 0) == .drop)
        #expect(table.route(ssrc: 10, sequence: 10, origin: 0, arrivalNanoseconds: 0) == .newSpeaker(2))
        #expect(table.statistics.onProbation == 3)
        // Two places were free.
        for sequence in 0..<10 as Range<UInt16> {
            #expect(table.route(ssrc: 11, sequence: sequence, origin: 0, arrivalNanoseconds: 0) == .drop)
        }
        #expect(table.statistics.refused == 9)
        // One that is named by its SSRC has no place either, as long as the others talk.
        #expect(table.route(ssrc: 7, sequence: 0, origin: 0, arrivalNanoseconds: 0) == .speaker(0))
    }

    @Test func aPlaceIsFreeAgainAfterAByeAndAfterAMinute() {
        var table = RTPSourceTable(selectors: [], limit: 1)
        for sequence in 0..<2 as Range<UInt16> {
            _ = table.route(ssrc: 1, sequence: sequence, origin: 5, arrivalNanoseconds: 0)
        }
        // Nobody else can send it away.
        #expect(table.leave(ssrc: 1, origin: 6) == nil)
        #expect(table.leave(ssrc: 1, origin: 5) == 0)
        #expect(table.leave(ssrc: 1, origin: 5) == nil)
        #expect(table.route(ssrc: 2, sequence: 1, origin: 5, arrivalNanoseconds: 0) == .drop)
        #expect(table.route(ssrc: 2, sequence: 2, origin: 5, arrivalNanoseconds: 0) == .newSpeaker(0))
        #expect(table.expire(nowNanoseconds: 59 * second) == nil)
        #expect(table.expire(nowNanoseconds: 60 * second) == 0)
        #expect(table.expire(nowNanoseconds: 60 * second) == nil)
        #expect(table.ssrc(of: 0) == nil)
    }

    @Test func aNameMakesAnUnnamedSourceTheSelectedSpeaker() {
        var table = RTPSourceTable(selectors: [.name("ana@host"), .name("Bo")], limit: 4)
        for sequence in 0..<2 as Range<UInt16> {
            _ = table.route(ssrc: 1, sequence: sequence, origin: 0, arrivalNanoseconds: 0)
        }
        #expect(table.ssrc(of: 2) == 1)
        let other = table.describe(
            ssrc: 1, name: "cleo@host", isCanonical: true, origin: 0, arrivalNanoseconds: 0)
        #expect(other == nil)
        // From another address it says nothing.
        let foreign = table.describe(
            ssrc: 1, name: "ana@host", isCanonical: true, origin: 1, arrivalNanoseconds: 0)
        #expect(foreign == nil)
        let naming = table.describe(
            ssrc: 1, name: "ana@host", isCanonical: true, origin: 0, arrivalNanoseconds: 0)
        #expect(naming == .init(speaker: 0, released: 2))
        #expect(table.route(ssrc: 1, sequence: 2, origin: 0, arrivalNanoseconds: 0) == .speaker(0))
        // A source that was described before its first packet is known at once, by its NAME too.
        let early = table.describe(
            ssrc: 3, name: "Bo", isCanonical: false, origin: 0, arrivalNanoseconds: 0)
        #expect(early == nil)
        #expect(table.route(ssrc: 3, sequence: 2, origin: 0, arrivalNanoseconds: 0) == .speaker(1))
    }

    /// One keyboard gives é as one character, another as two.
    @Test func aNameIsTheSameHoweverItIsComposed() {
        var table = RTPSourceTable(selectors: [.name("Ren\u{E9}"), .ssrc(7)], limit: 4)
        _ = table.describe(ssrc: 1, name: "Rene\u{301}", isCanonical: true, origin: 0, arrivalNanoseconds: 0)
        #expect(table.route(ssrc: 1, sequence: 0, origin: 0, arrivalNanoseconds: 0) == .speaker(0))
        #expect(table.speaker(ssrc: 1, origin: 0) == 0 && table.speaker(ssrc: 1, origin: 1) == nil)
    }

    @Test func aSpeakerKeepsItsPlaceUnderANewSSRC() {
        var table = RTPSourceTable(selectors: [.ssrc(1)], limit: 4)
        _ = table.route(ssrc: 1, sequence: 0, origin: 0, arrivalNanoseconds: 0)
        _ = table.describe(ssrc: 1, name: "ana@host", isCanonical: true, origin: 0, arrivalNanoseconds: 0)
        for sequence in 0..<2 as Range<UInt16> {
            _ = table.route(ssrc: 2, sequence: sequence, origin: 0, arrivalNanoseconds: second / 2)
        }
        // While the first one is heard, the second is somebody's second stream.
        let early = table.describe(
            ssrc: 2, name: "ana@host", isCanonical: true, origin: 0, arrivalNanoseconds: second / 2)
        #expect(early == nil)
        let later = table.describe(
            ssrc: 2, name: "ana@host", isCanonical: true, origin: 0, arrivalNanoseconds: 2 * second)
        #expect(later == .init(speaker: 0, released: 1))
        #expect(table.route(ssrc: 2, sequence: 2, origin: 0, arrivalNanoseconds: 2 * second) == .speaker(0))
        #expect(table.ssrc(of: 0) == 2)
    }

    @Test func twoSendersWithOneSSRCDoNotMix() {
        var table = RTPSourceTable(selectors: [.ssrc(1)], limit: 4)
        #expect(table.route(ssrc: 1, sequence: 0, origin: 5, arrivalNanoseconds: 0) == .speaker(0))
        #expect(table.route(ssrc: 1, sequence: 1, origin: 6, arrivalNanoseconds: second / 2) == .drop)
        #expect(table.statistics.collided == 1)
        // A sender that moved to another address is followed once the old one is silent.
        #expect(table.route(ssrc: 1, sequence: 1, origin: 6, arrivalNanoseconds: second) == .speaker(0))
        #expect(table.route(ssrc: 1, sequence: 1, origin: 5, arrivalNanoseconds: second) == .drop)
    }

    @Test func aFloodOfUnknownSourcesIsRefused() {
        var random = SeededRandom(seed: 3)
        var table = RTPSourceTable(selectors: [.ssrc(1), .name("a")], limit: 8)
        var heard = 0
        for round in 0..<100_000 {
            let verdict = table.route(
                ssrc: UInt32.random(in: 2...UInt32.max, using: &random), sequence: UInt16(round % 3), origin: 9,
                arrivalNanoseconds: Int64(round) * 10_000)
            if verdict != .drop { heard += 1 }
            if round % 100 == 0 {
                let mine = table.route(
                    ssrc: 1, sequence: UInt16(round / 100), origin: 1, arrivalNanoseconds: Int64(round) * 10_000)
                #expect(mine == .speaker(0))
            }
        }
        // Well-formed streams of many sources take the free places and no more.
        for ssrc in 100..<1_000 as Range<UInt32> {
            for sequence in 0..<3 as Range<UInt16> {
                let verdict = table.route(ssrc: ssrc, sequence: sequence, origin: 9, arrivalNanoseconds: second)
                if case .newSpeaker = verdict { heard += 1 }
            }
        }
        #expect(heard == 6)
        #expect(table.statistics.onProbation >= 100_000)
        #expect(table.statistics.refused >= 894)
    }
}

@Suite struct DescriptionItemTests {
    private func visit(_ bytes: [UInt8]) throws -> [RTCPMessage] {
        var messages: [RTCPMessage] = []
        try RTCP.visit(bytes.span.bytes) { messages.append($0) }
        return messages
    }

    @Test func namesAreFoundInEveryChunk() throws {
        let first = bigEndian(UInt32(1)) + [1, 3] + Array("a@b".utf8) + [6, 2, 9, 9, 0, 0, 0]
        let second = bigEndian(UInt32(2)) + [2, 2] + Array("Bo".utf8) + [0, 0, 0, 0]
        let body = first + second
        let bytes: [UInt8] = [0x82, 202] + bigEndian(UInt16(body.count / 4)) + body
        #expect(body.count % 4 == 0)
        #expect(
            try visit(bytes) == [
                .description(ssrc: 1, isCanonical: true, text: 10..<13),
                .description(ssrc: 2, isCanonical: false, text: 26..<28),
            ])
    }

    @Test func itemsThatOverrunAreRefused() {
        let body = bigEndian(UInt32(1)) + [1, 3, 65, 66]
        #expect(throws: RTPParseError.tooShort) { try visit([0x81, 202, 0, 2] + body) }
        #expect(throws: RTPParseError.tooShort) {
            try visit([0x81, 202, 0, 2] + bigEndian(UInt32(1)) + [0, 0, 0, 1] + [0, 0])
        }
    }
}
