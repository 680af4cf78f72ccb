import MediaTypes
import RTP
import Testing

/// Silence that a sender declares: comfort noise (RFC 3389) and audio levels (RFC 6464).
@Suite struct SilenceTests {
    @Test func comfortNoiseIsSilenceUntilTheNextPacket() {
        var receiver = RTPReceiver(formats: AudioFormat.staticFormats)
        var sink = Recorder()
        // Half a second of μ-law, comfort noise after it and 200 ms later, then speech again after half a second.
        var packets = (0..<25).map { index in
            TestPacket(
                sequence: UInt16(index), timestamp: UInt32(index * 160), payloadType: 0,
                payload: [UInt8](repeating: 0x40, count: 160), arrival: Int64(index) * 20 * millisecond)
        }
        for (sequence, place) in [(25, 25), (26, 35)] {
            packets.append(
                TestPacket(
                    sequence: UInt16(sequence), timestamp: UInt32(place * 160), payloadType: 13, payload: [60],
                    arrival: Int64(place) * 20 * millisecond))
        }
        for index in 50..<60 {
            var packet = packets[0]
            packet.sequence = UInt16(index - 23)
            packet.timestamp = UInt32(index * 160)
            packet.arrival = Int64(index) * 20 * millisecond
            packets.append(packet)
        }
        receiver.play(packets, into: &sink)
        #expect(receiver.statistics.comfortNoise == 2)
        #expect(receiver.statistics.lost == 0 && receiver.statistics.restarts == 0)
        #expect(sink.silences == [.init(start: 8_000, count: 3_200), .init(start: 11_200, count: 4_800)])
        #expect(sink.end == 19_200)
        #expect(receiver.statistics.unknownPayload == 0)
    }

    /// A stream that sends nothing in packets 20 to 39, by its time stamps or by losing what it sent.
    @Test(arguments: [true, false])
    func aSenderThatWasSeenToPauseMayPause(pauses: Bool) {
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = Recorder()
        func receive(_ indices: Range<Int>) {
            for index in indices {
                var packet = RampStream().packet(index)
                if pauses, index >= 40 { packet.sequence -= 20 }
                receiver.play([packet], finish: false, into: &sink)
            }
        }
        // The receiver can't be copied into an expectation.
        var mayPause: [Bool] = []
        receive(0..<20)
        mayPause.append(receiver.mayPause)
        receive(40..<60)
        receiver.flush(nowNanoseconds: 2_000 * millisecond, into: &sink)
        mayPause.append(receiver.mayPause)
        // What is missing is no pause.
        receive(61..<62)
        mayPause.append(receiver.mayPause)
        #expect(mayPause == [false, pauses, false])
    }

    /// A packet with the level in element 3, behind another element and padding.
    private func packet(_ index: Int, level: UInt8, isShort: Bool) -> [UInt8] {
        let plain = RampStream().packet(index).bytes
        let data: [UInt8] =
            isShort
            ? [0x50, 9, 0, 0x30, level, 0, 0, 0] : [5, 2, 9, 9, 0, 3, 1, level]
        return [plain[0] | 0x10] + plain[1..<12] + (isShort ? [0xBE, 0xDE] : [0x10, 0x00]) + [0, 2] + data
            + plain[12...]
    }

    @Test(arguments: [true, false])
    func whatIsSilentByItsLevelIsNotDecoded(isShort: Bool) {
        for number in [3, 4, nil] as [UInt8?] {
            var receiver = RTPReceiver(formats: RampStream.formats, levelExtension: number)
            var sink = Recorder()
            for index in 0..<50 {
                let level: UInt8 = (20..<40).contains(index) ? 127 : 30
                receiver.receive(
                    packet(index, level: 0x80 | level, isShort: isShort).span.bytes,
                    arrivalNanoseconds: Int64(index) * 20 * millisecond, into: &sink)
            }
            receiver.finish(into: &sink)
            #expect(sink.end == 16_000)
            #expect(receiver.statistics.lost == 0)
            #expect(receiver.statistics.silent == (number == 3 ? 19 : 0))
            #expect(sink.stretches.map(\.start) == (number == 3 ? [0, 40 * 320] : [0]))
        }
    }

    @Test func theLevelsNumberIsInTheDescription() throws {
        let description = try SessionDescription(
            parsing: """
                c=IN IP4 127.0.0.1
                m=audio 5004 RTP/AVP 111 13
                a=rtpmap:111 opus/48000/2
                a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
                a=extmap:3/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on
                """)
        #expect(description.streams[0].levelExtension == 3)
        #expect(description.streams[0].formats.count == 2)
        #expect(throws: SDPError.self) {
            try SessionDescription(parsing: "c=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 13\n")
        }
    }
}
