import COpus
import MediaTypes
import RTP

/// What a receiver delivered, in order.
struct Recorder: RTPSink {
    struct Stretch: Equatable {
        var start: Int64
        var samples: [Float]
        var isConcealed: Bool
        var end: Int64 { start + Int64(samples.count) }
    }
    struct Silence: Equatable {
        var start: Int64
        var count: Int64
    }

    /// Media, joined where it is contiguous and alike.
    var stretches: [Stretch] = []
    var silences: [Silence] = []
    /// End of the last delivery.
    var end: Int64 = 0
    /// Deliveries that began before the end of the one before them.
    var overlaps = 0
    var deliveredSamples = 0

    mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
        if start.samples < end { overlaps += 1 }
        end = start.samples + Int64(samples.count)
        deliveredSamples += samples.count
        if stretches.isEmpty || stretches[stretches.count - 1].end != start.samples
            || stretches[stretches.count - 1].isConcealed != isConcealed
        {
            stretches.append(Stretch(start: start.samples, samples: [], isConcealed: isConcealed))
        }
        for index in samples.indices {
            stretches[stretches.count - 1].samples.append(samples[index])
        }
    }

    mutating func silence(start: MediaTime, sampleCount: Int64) {
        if start.samples < end { overlaps += 1 }
        end = start.samples + sampleCount
        silences.append(Silence(start: start.samples, count: sampleCount))
    }

    /// The whole time line up to `end`, silence and losses as zeros.
    var timeline: [Float] {
        var result = [Float](repeating: 0, count: Int(end))
        for stretch in stretches {
            for (index, sample) in stretch.samples.enumerated() {
                result[Int(stretch.start) + index] = sample
            }
        }
        return result
    }
}

/// Counts only: for long and random input.
struct CountingSink: RTPSink {
    var samples = 0
    var end: Int64 = 0
    var overlaps = 0
    var largest = 0

    mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
        if start.samples < end { overlaps += 1 }
        end = start.samples + Int64(samples.count)
        self.samples += samples.count
        largest = max(largest, samples.count)
    }

    mutating func silence(start: MediaTime, sampleCount: Int64) {
        if start.samples < end || sampleCount <= 0 { overlaps += 1 }
        end = start.samples + sampleCount
    }
}

/// An RTP packet to be written.
struct TestPacket {
    var sequence: UInt16
    var timestamp: UInt32
    var ssrc: UInt32 = 0x1234
    var payloadType: UInt8 = 96
    var payload: [UInt8]
    var arrival: Int64 = 0

    var bytes: [UInt8] {
        var result: [UInt8] = [0x80, payloadType]
        result += bigEndian(sequence)
        result += bigEndian(timestamp)
        result += bigEndian(ssrc)
        return result + payload
    }
}

func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

let millisecond: Int64 = 1_000_000

/// Packets of 20 ms L16 at 16 kHz whose samples say where they belong: sample n is n mod 20 000.
struct RampStream {
    static let packetSamples = 320
    static let formats: [UInt8: AudioFormat] = [
        96: AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1)
    ].compactMapValues { $0 }

    var ssrc: UInt32 = 0x1234
    var firstSequence: UInt16 = 100
    var firstTimestamp: UInt32 = 5_000
    var firstArrival: Int64 = 1_000 * millisecond

    func packet(_ index: Int) -> TestPacket {
        let first = index * Self.packetSamples
        let samples = (first..<(first + Self.packetSamples)).flatMap { bigEndian(Int16($0 % 20_000)) }
        return TestPacket(
            sequence: firstSequence &+ UInt16(truncatingIfNeeded: index),
            timestamp: firstTimestamp &+ UInt32(truncatingIfNeeded: first), ssrc: ssrc, payload: samples,
            arrival: firstArrival + Int64(index) * 20 * millisecond)
    }

    func packets(_ range: Range<Int>) -> [TestPacket] { range.map(packet) }

    static func value(at index: Int) -> Float { Float(index % 20_000) / 32_768 }
}

/// Packets of 20 ms Opus at 48 kHz mono.
func opusPayloads(count: Int, sample: (Double) -> Float) -> [[UInt8]] {
    guard let encoder = opus_encoder_create(48_000, 1, OPUS_APPLICATION_VOIP, nil) else { return [] }
    defer { opus_encoder_destroy(encoder) }
    return (0..<count).map { packet in
        let input = (0..<960).map { sample(Double(packet * 960 + $0) / 48_000) }
        var output = [UInt8](repeating: 0, count: 1_500)
        let length = opus_encode_float(encoder, input, 960, &output, 1_500)
        return Array(output.prefix(Int(max(length, 0))))
    }
}

extension RTPReceiver {
    /// Feeds packets and the end of the stream.
    mutating func play(_ packets: [TestPacket], finish: Bool = true, into sink: inout some RTPSink) {
        for packet in packets {
            receive(packet.bytes.span.bytes, arrivalNanoseconds: packet.arrival, into: &sink)
        }
        if finish { self.finish(into: &sink) }
    }
}
