import RTP
import SeededNumbers
import Testing

/// What the datagrams of a port show of themselves.
@Suite struct ProbeTests {
    private static let formats: [UInt8: AudioFormat] = AudioFormat.staticFormats.merging([111: .opus]) { $1 }

    private func datagram(
        type: UInt8, sequence: Int, timestamp: Int, ssrc: UInt8 = 1, _ payload: [UInt8]
    ) -> [UInt8] {
        [
            0x80, type, UInt8(truncatingIfNeeded: sequence >> 8), UInt8(truncatingIfNeeded: sequence),
            UInt8(truncatingIfNeeded: timestamp >> 24), UInt8(truncatingIfNeeded: timestamp >> 16),
            UInt8(truncatingIfNeeded: timestamp >> 8), UInt8(truncatingIfNeeded: timestamp), 0, 0, 0, ssrc,
        ] + payload
    }

    /// What is found in two seconds of packets of 20 ms.
    private func finding(
        decodeErrors: Int = 0, count: Int = 100, _ packet: (Int) -> [UInt8]
    ) -> RTPProbe.Finding? {
        var probe = RTPProbe(formats: Self.formats)
        for index in 0..<count {
            let bytes = packet(index)
            let content = bytes.count <= 2_048 ? DatagramContent(parsing: bytes.span.bytes) : .malformed(.tooLong)
            probe.note(bytes.span.bytes, as: content, arrivalNanoseconds: Int64(index) * 20_000_000)
        }
        let finding = probe.finding(decodeErrors: decodeErrors)
        // A new window knows nothing of the one before.
        #expect(probe.finding(decodeErrors: 0) == nil)
        return finding
    }

    private func noise(_ count: Int, _ seed: Int) -> [UInt8] {
        var random = SeededRandom(seed: UInt64(seed))
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test(arguments: [8_000, 16_000, 24_000, 48_000]) func samplesTakenForOpusAreKnownByTheirSize(rateHz: Int) {
        let step = rateHz / 50
        let found = finding { index in
            datagram(type: 111, sequence: index, timestamp: step * index, noise(2 * step, index))
        }
        #expect(found == (2 * step + 12 > 2_048 ? .tooLong : .looksLikeL16(rateHz: rateHz)))
        let companded = finding { index in
            datagram(type: 111, sequence: index, timestamp: step * index, noise(step, index))
        }
        #expect(companded == .looksLikeG711)
    }

    @Test func ciphertextIsNoCodec() {
        let opus = finding { datagram(type: 111, sequence: $0, timestamp: 960 * $0, noise(80 + $0 % 30, $0)) }
        #expect(opus == .undecodable(.opus))
        for tag in [4, 10, 16] {
            let companded = finding { datagram(type: 0, sequence: $0, timestamp: 160 * $0, noise(160 + tag, $0)) }
            #expect(companded == .undecodable(.pcmu))
        }
    }

    @Test func whatIsRightIsNotFoundWanting() {
        // Opus changes between a few modes; its packets vary in size, and with DTX most are left out.
        let modes: [UInt8] = [0x78, 0x79, 0x58, 0xFC, 0x4B]
        let opus = finding { index in
            datagram(type: 111, sequence: index, timestamp: 960 * index, [modes[index / 25]] + noise(60, index))
        }
        #expect(opus == nil)
        for type in [0, 8, 9] as [UInt8] {
            let plain = finding { datagram(type: type, sequence: $0, timestamp: 160 * $0, noise(160, $0)) }
            #expect(plain == nil)
        }
        // A few odd ones among many.
        let mixed = finding { index in
            index % 5 == 0 ? [1, 2, 3] : datagram(type: 0, sequence: index, timestamp: 160 * index, noise(160, index))
        }
        #expect(mixed == nil)
        // Two packets show nothing.
        #expect(finding(count: 2) { _ in [1] } == nil)
    }

    @Test func theRestIsSaidAsItIs() {
        #expect(finding { _ in noise(3_000, 1) } == .tooLong)
        #expect(finding { _ in [0x16, 0xFE, 0xFD] } == .malformed)
        #expect(finding { datagram(type: 0, sequence: $0, timestamp: 0, []) } == .empty)
        #expect(finding { datagram(type: 77, sequence: $0, timestamp: 0, [1]) } == .unknownType(77))
        // Redundant audio of a type that is decoded is taken apart; of another it is told.
        for (type, expected) in [(UInt8(0x6F), nil), (0x22, RTPProbe.Finding.redundant)] {
            let red = finding { index in
                datagram(
                    type: 63, sequence: index, timestamp: 960 * index,
                    [0x80 | type, 0x0F, 0x00, 0x0A, type] + [UInt8](repeating: 0x78, count: 30))
            }
            #expect(red == expected)
        }
        let errors = finding(decodeErrors: 25) { datagram(type: 111, sequence: $0, timestamp: 960 * $0, [3, 0, 7]) }
        #expect(errors == .undecodable(.opus))
    }

    /// Whatever comes, nothing traps.
    @Test func anyBytesAreTaken() {
        var random = SeededRandom(seed: 3)
        var probe = RTPProbe(formats: Self.formats)
        for round in 0..<50_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if bytes.count > 1, Bool.random(using: &random) { (bytes[0], bytes[1]) = (0x80, 111) }
            probe.note(
                bytes.span.bytes, as: DatagramContent(parsing: bytes.span.bytes),
                arrivalNanoseconds: .random(in: 0 ... .max, using: &random))
            if round % 100 == 0 { _ = probe.finding(decodeErrors: round % 200) }
        }
    }
}
