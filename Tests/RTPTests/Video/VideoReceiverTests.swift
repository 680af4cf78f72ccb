import SeededNumbers
import Testing

@testable import RTP

/// Pictures by plain RTP, out of packets that were written by hand after RFC 6184 and RFC 7741.
@Suite struct VideoReceiverTests {
    /// A receiver with all that it handed on.
    private final class Bench {
        var units: [(unit: VideoUnit, bytes: [UInt8])] = []
        var requests: [Int64] = []
        private var receiver: VideoReceiver
        private var now: Int64 = 0

        init(_ payload: VideoPayload, limits: VideoReceiver.Limits = .init()) {
            receiver = VideoReceiver(payload, limits: limits)
        }

        var statistics: VideoStatistics { receiver.statistics }

        func take(
            _ sequence: UInt16, _ timestamp: UInt32, _ payload: [UInt8], marker: Bool = false, ssrc: UInt32 = 7,
            at milliseconds: Int64? = nil
        ) {
            now = milliseconds.map { $0 * 1_000_000 } ?? now + 1_000_000
            let header: [UInt8] =
                [0x80, (marker ? 0x80 : 0) | 96] + bigEndian(sequence) + bigEndian(timestamp) + bigEndian(ssrc)
            let datagram = header + payload
            guard let packet = try? RTPPacket(parsing: datagram.span.bytes) else { return }
            var taken: [(VideoUnit, [UInt8])] = []
            receiver.receive(datagram.span.bytes, as: packet, arrivalNanoseconds: now) { unit, bytes in
                taken.append((unit, bytes.withUnsafeBytes { Array($0) }))
            }
            units += taken.map { ($0.0, $0.1) }
            ask()
        }

        func wait(milliseconds: Int64) {
            now += milliseconds * 1_000_000
            var taken: [(VideoUnit, [UInt8])] = []
            receiver.flush(nowNanoseconds: now) { unit, bytes in
                taken.append((unit, bytes.withUnsafeBytes { Array($0) }))
            }
            units += taken.map { ($0.0, $0.1) }
            ask()
        }

        func forget() { receiver.forget() }

        func report(_ report: SenderReport) { receiver.note(report, arrivalNanoseconds: 0) }

        func wallClock(of unit: VideoUnit) -> Int64? { receiver.wallClockNanoseconds(of: unit.timestamp) }

        private func ask() {
            if receiver.requestsKeyFrame(nowNanoseconds: now) { requests.append(now / 1_000_000) }
        }
    }

    private static let start: [UInt8] = [0, 0, 0, 1]
    private static let parameters: [UInt8] = [0x67, 1, 2], more: [UInt8] = [0x68, 3]
    private static let refresh: [UInt8] = [0x65, 10, 11, 12, 13, 14, 15], slice: [UInt8] = [0x41, 20, 21]

    private static func aggregate(_ units: [[UInt8]]) -> [UInt8] {
        [0x78] + units.flatMap { bigEndian(UInt16($0.count)) + $0 }
    }

    /// A unit in pieces (FU-A).
    private static func fragments(_ unit: [UInt8], of count: Int) -> [[UInt8]] {
        let body = Array(unit.dropFirst()), size = (body.count + count - 1) / count
        return (0..<count).map { index in
            let begins: UInt8 = index == 0 ? 0x80 : 0, ends: UInt8 = index == count - 1 ? 0x40 : 0
            return [unit[0] & 0xE0 | 28, begins | ends | unit[0] & 0x1F]
                + body[min(body.count, index * size)..<min(body.count, (index + 1) * size)]
        }
    }

    /// A key frame of three packets from `sequence` on.
    private func key(_ bench: Bench, _ sequence: UInt16, _ timestamp: UInt32) {
        bench.take(sequence, timestamp, Self.aggregate([Self.parameters, Self.more]))
        let parts = Self.fragments(Self.refresh, of: 2)
        bench.take(sequence &+ 1, timestamp, parts[0])
        bench.take(sequence &+ 2, timestamp, parts[1], marker: true)
    }

    @Test func unitsOfH264ComeOutAsAByteStream() throws {
        let bench = Bench(.h264)
        key(bench, 65_534, 900)
        bench.take(1, 3_900, Self.slice)
        bench.take(2, 3_900, Self.slice, marker: true)
        let start = Self.start
        #expect(
            bench.units.map(\.bytes) == [
                start + Self.parameters + start + Self.more + start + Self.refresh,
                start + Self.slice + start + Self.slice,
            ])
        #expect(bench.units.map(\.unit.isKey) == [true, false])
        #expect(bench.units[1].unit.timestamp - bench.units[0].unit.timestamp == 3_000)
        #expect(bench.statistics.units == 2 && bench.statistics.keyUnits == 1 && bench.statistics.brokenUnits == 0)
        #expect(bench.requests.count == 1, "asked once, at the begin")
    }

    @Test func withoutAMarkerAPictureEndsWithTheNext() {
        let bench = Bench(.h264)
        bench.take(1, 0, Self.refresh)
        bench.take(2, 3_000, Self.slice)
        bench.take(3, 6_000, Self.slice)
        #expect(bench.units.map(\.bytes) == [Self.start + Self.refresh, Self.start + Self.slice])
    }

    /// X, I with 15 bits, L, T and K; then a key frame (RFC 6386, section 9.1) of two packets.
    @Test func framesOfVP8ComeOutWithoutTheirDescriptors() {
        let frame: [UInt8] = [0x10, 2, 0, 0x9D, 0x01, 0x2A, 64, 0, 48, 0, 1, 2, 3]
        let bench = Bench(.vp8)
        bench.take(1, 0, [0x90, 0xF0, 0x81, 0x23, 5, 0x40] + frame[..<10])
        bench.take(2, 0, [0x80, 0x80, 0x12] + frame[10...], marker: true)
        bench.take(3, 3_000, [0x10, 0x31, 9, 9], marker: true)
        #expect(bench.units.map(\.bytes) == [frame, [0x31, 9, 9]])
        #expect(bench.units.map(\.unit.isKey) == [true, false])
    }

    @Test func nothingIsHandedOnBeforeAKeyFrame() {
        let bench = Bench(.h264)
        for index in 0..<5 { bench.take(UInt16(index), UInt32(index) * 3_000, Self.slice, marker: true) }
        #expect(bench.units.isEmpty && bench.statistics.unreferencedUnits == 5)
        key(bench, 5, 15_000)
        #expect(bench.units.count == 1)
    }

    @Test func whatComesOutOfOrderIsPutInOrder() {
        var packets: [(UInt16, UInt32, [UInt8], Bool)] = [(10, 0, Self.parameters, false), (11, 0, Self.refresh, true)]
        for index in 0..<20 { packets.append((UInt16(12 + index), UInt32(3_000 * (index + 1)), Self.slice, true)) }
        let straight = Bench(.h264), mixed = Bench(.h264)
        for packet in packets { straight.take(packet.0, packet.1, packet.2, marker: packet.3) }
        var random = SeededRandom(seed: 3)
        // The first decides where the sequence begins.
        var order = [packets[0]]
        for begin in stride(from: 1, to: packets.count, by: 6) {
            order += packets[begin..<min(packets.count, begin + 6)].shuffled(using: &random)
        }
        for packet in order { mixed.take(packet.0, packet.1, packet.2, marker: packet.3) }
        #expect(straight.units.count == 21 && mixed.units.map(\.bytes) == straight.units.map(\.bytes))
        #expect(mixed.statistics.lost == 0)
        mixed.take(12, 3_000, Self.slice, marker: true)
        #expect(mixed.statistics.late == 1)
    }

    @Test func afterALossNothingIsHandedOnBeforeTheNextKeyFrame() {
        let bench = Bench(.h264)
        key(bench, 0, 0)
        bench.take(3, 3_000, Self.slice, marker: true)
        // 4 is lost.
        bench.take(5, 9_000, Self.slice, marker: true)
        #expect(bench.units.count == 2, "it is waited for")
        bench.wait(milliseconds: 250)
        bench.take(6, 12_000, Self.slice, marker: true)
        #expect(bench.units.count == 2 && bench.statistics.lost == 1)
        #expect(bench.requests.count == 1, "no second time within half a second")
        bench.wait(milliseconds: 600)
        #expect(bench.requests.count == 2)
        key(bench, 7, 15_000)
        #expect(bench.units.count == 3 && bench.units[2].unit.isKey)
        #expect(bench.statistics.brokenUnits == 1 && bench.statistics.unreferencedUnits == 1)
    }

    @Test func aSenderIsAskedLessAndLessOften() {
        let bench = Bench(.vp8)
        for index in 0..<600 {
            bench.take(UInt16(index), UInt32(index) * 9_000, [0x10, 0x31, 9], marker: true, at: Int64(index) * 100)
        }
        let pauses = zip(bench.requests.dropFirst(), bench.requests).map { $0 - $1 }
        #expect(pauses.prefix(5) == [500, 1_000, 2_000, 4_000, 8_000])
        #expect(
            pauses.dropFirst(5).allSatisfy { $0 == 8_000 } && bench.statistics.requests == UInt64(bench.requests.count))
    }

    @Test func whatBreaksARuleIsCountedAndSpoilsOnePictureOnly() {
        let hostile: [(String, [UInt8], KeyPath<VideoStatistics, UInt64>)] = [
            ("nothing", [], \.malformed), ("forbidden bit", [0xC1, 1], \.malformed),
            ("type 0", [0x40, 1], \.malformed),
            ("type 31", [0x5F, 1], \.malformed), ("STAP-B", [0x79, 0, 0, 0, 1, 0x41], \.unsupported),
            ("FU-B", [0x7D, 0x81, 0, 0, 1], \.unsupported), ("STAP-A of nothing", [0x78], \.malformed),
            ("STAP-A cut short", [0x78, 0], \.malformed), ("STAP-A beyond its end", [0x78, 0, 9, 0x41], \.malformed),
            ("STAP-A with an empty unit", [0x78, 0, 0], \.malformed),
            ("STAP-A in STAP-A", [0x78, 0, 3, 0x78, 0, 1], \.malformed),
            ("FU-A of nothing", [0x7C, 0x81], \.malformed),
            ("FU-A of FU-A", [0x7C, 0x9C, 1], \.malformed), ("FU-A begun and ended", [0x7C, 0xC1, 1], \.malformed),
        ]
        for (name, payload, counter) in hostile {
            let bench = Bench(.h264)
            key(bench, 0, 0)
            bench.take(3, 3_000, payload, marker: true)
            #expect(bench.statistics[keyPath: counter] == 1, "\(name)")
            #expect(bench.statistics.brokenUnits == 1 && bench.units.count == 1, "\(name)")
            key(bench, 4, 6_000)
            #expect(bench.units.count == 2, "\(name)")
        }
        for payload: [UInt8] in [
            [], [0x90], [0x90, 0x80], [0x90, 0x80, 0x81], [0x90, 0xF0, 0x81, 0x23, 5], [0x10], [0x10, 0x10, 0, 0],
            [0x10, 0x10, 2, 0, 0x9D, 0x01, 0x2B, 64, 0, 48, 0],
        ] {
            let bench = Bench(.vp8)
            bench.take(0, 0, payload, marker: true)
            #expect(bench.statistics.malformed == 1 && bench.units.isEmpty, "\(payload)")
        }
    }

    @Test func piecesWithoutBeginOrEndAreNoPicture() {
        let bench = Bench(.h264)
        key(bench, 0, 0)
        let parts = Self.fragments(Self.refresh, of: 3)
        bench.take(3, 3_000, parts[1])
        bench.take(4, 3_000, parts[2], marker: true)
        bench.take(5, 6_000, parts[0])
        bench.take(6, 6_000, parts[1], marker: true)
        // Another unit in the midst of one in pieces.
        bench.take(7, 9_000, parts[0])
        bench.take(8, 9_000, Self.slice, marker: true)
        #expect(bench.units.count == 1 && bench.statistics.brokenUnits == 3)
        let frames = Bench(.vp8)
        frames.take(0, 0, [0x00, 1, 2, 3], marker: true)
        #expect(frames.units.isEmpty && frames.statistics.brokenUnits == 1)
    }

    @Test func aPictureHasABound() {
        var limits = VideoReceiver.Limits()
        limits.maxUnitBytes = 1_000
        let bench = Bench(.h264, limits: limits)
        for index in 0..<100 {
            bench.take(UInt16(index), 0, [0x65] + [UInt8](repeating: 1, count: 99), marker: index == 99)
        }
        #expect(bench.units.isEmpty && bench.statistics.brokenUnits == 1)
        key(bench, 100, 3_000)
        #expect(bench.units.count == 1)
        bench.take(103, 6_000, [UInt8](repeating: 0x41, count: 3_000), marker: true)
        #expect(bench.statistics.tooLong == 1)
    }

    @Test func anotherSourceTakesThePlaceOfOneThatIsSilent() {
        let bench = Bench(.h264)
        key(bench, 0, 0)
        bench.take(500, 3_000, Self.refresh, marker: true, ssrc: 8)
        #expect(bench.statistics.stray == 1 && bench.units.count == 1)
        bench.wait(milliseconds: 2_500)
        bench.take(501, 6_000, Self.slice, marker: true, ssrc: 8)
        bench.take(502, 9_000, Self.refresh, marker: true, ssrc: 8)
        #expect(bench.statistics.restarts == 1 && bench.units.count == 2)
        #expect(bench.units[1].bytes == Self.start + Self.refresh)
    }

    @Test func whatIsForgottenNeverComesOut() {
        let bench = Bench(.h264)
        key(bench, 0, 0)
        // A key frame waits for the packet before it.
        bench.take(4, 3_000, Self.refresh, marker: true)
        bench.forget()
        bench.wait(milliseconds: 500)
        #expect(bench.units.count == 1 && bench.statistics.lost == 0 && bench.statistics.restarts == 0)
        // A source that is seen anew is asked for a key frame, and begins with it.
        #expect(!bench.requests.isEmpty)
        bench.take(5, 6_000, Self.slice, marker: true)
        bench.take(6, 9_000, Self.refresh, marker: true)
        #expect(bench.units.count == 2 && bench.units[1].bytes == Self.start + Self.refresh)
    }

    @Test func theSenderTellsWhenAPictureWasTaken() throws {
        let bench = Bench(.h264)
        key(bench, 0, 0xFFFF_FFF0)
        let second: UInt64 = 1 << 32
        // Of another source it says nothing.
        bench.report(SenderReport(ssrc: 8, ntpTimestamp: 9 * second, rtpTimestamp: 0))
        #expect(bench.wallClock(of: bench.units[0].unit) == nil)
        // Two seconds after the first picture, beyond the wrap of its timestamp.
        bench.report(SenderReport(ssrc: 7, ntpTimestamp: 100 * second, rtpTimestamp: 180_000 &- 16))
        let taken = try #require(bench.wallClock(of: bench.units[0].unit))
        #expect(abs(taken - 98_000_000_000) < 1_000_000, "\(taken)")
    }

    /// Bytes that mean something, and nil for any.
    private static let likely: [UInt8?] = [0x65, 0x7C, 0x78, 0x10, 0x80, 0, nil]

    /// Whatever comes in whichever order: nothing traps, and each packet that is taken is counted once.
    @Test(arguments: VideoPayload.allCases)
    func anythingIsTakenOrDropped(payload: VideoPayload) {
        var random = SeededRandom(seed: 18)
        for _ in 0..<200 {
            var limits = VideoReceiver.Limits()
            limits.holdPackets = .random(in: 1...20, using: &random)
            limits.maxUnitBytes = .random(in: 64...500, using: &random)
            let bench = Bench(payload, limits: limits)
            var sequence = UInt16.random(in: .min ... .max, using: &random), sent: UInt64 = 0
            var timestamp = UInt32.random(in: .min ... .max, using: &random)
            for _ in 0..<100 {
                let jump = Int.random(in: 0..<20, using: &random)
                sequence =
                    jump == 0
                    ? .random(in: .min ... .max, using: &random) : sequence &+ UInt16(jump < 15 ? 1 : jump - 13)
                if Bool.random(using: &random) { timestamp = timestamp &+ (jump == 1 ? 1 << 31 : 3_000) }
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 0...40, using: &random) {
                    bytes.append(
                        (Self.likely.randomElement(using: &random) ?? nil) ?? .random(in: .min ... .max, using: &random)
                    )
                }
                bench.take(sequence, timestamp, bytes, marker: .random(using: &random), ssrc: jump == 2 ? 8 : 7)
                sent += 1
                if jump == 3 { bench.wait(milliseconds: .random(in: 0...3_000, using: &random)) }
            }
            let counted = bench.statistics
            #expect(counted.packets + counted.late + counted.stray + counted.tooLong == sent)
            #expect(counted.units == UInt64(bench.units.count) && bench.units.allSatisfy { $0.bytes.count <= 500 })
            #expect(bench.units.first?.unit.isKey ?? true)
        }
    }

    @Test func theRequestIsThatOfTheStandard() {
        // RFC 4585, section 6.3.1, behind the receiver report and CNAME that a compound begins with.
        let bytes = RTCP.pictureLossIndication(ssrc: 0x0102_0304, source: 0x0506_0708, cname: "a")
        #expect(Array(bytes.prefix(8)) == [0x80, 201, 0, 1, 1, 2, 3, 4])
        #expect(Array(bytes.suffix(12)) == [0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(bytes.count % 4 == 0)
    }
}
