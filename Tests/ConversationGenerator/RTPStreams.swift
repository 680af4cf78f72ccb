import COpus
import MediaTypes
public import Pipeline
import RTP
import SeededNumbers

/// Tracks as live RTP streams: packets of 20 ms that arrive with jitter and now and then out of order, from a
/// sender per speaker.
public struct RTPStreams {
    /// How samples travel.
    public enum Payload: Sendable {
        /// 16-bit samples at 16 kHz.
        case l16
        /// Opus, wideband.
        case opus
    }

    private struct Packet {
        var speaker: Int
        var arrivalNanoseconds: Int64
        var bytes: [UInt8]
    }

    private static let packetSamples = AudioGrid.sampleRateHz / 50
    private static let payloadType: UInt8 = 96

    private let packets: [Packet]
    private let speakers: Int
    private let format: AudioFormat

    /// Sends the tracks; nil where the codec can't be had.
    ///
    /// - Parameter loss: share of a speaker's packets (0…1) that does not arrive.
    public init?(_ tracks: [[Float]], as payload: Payload, seed: UInt64, loss: (Int) -> Double = { _ in 0 }) {
        let format: AudioFormat? =
            switch payload {
            case .l16: AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1)
            case .opus: AudioFormat(codec: .opus, clockRateHz: 48_000, channels: 2)
            }
        guard let format else { return nil }
        self.format = format
        speakers = tracks.count
        var random = SeededRandom(seed: seed)
        // Of its own, so that what does arrive is the same with and without loss.
        var fate = SeededRandom(seed: seed &+ 1_000)
        var packets: [Packet] = []
        for (speaker, track) in tracks.enumerated() {
            guard let payloads = Self.encode(track, as: payload) else { return nil }
            let first = (sequence: UInt16.random(in: 0...65_535, using: &random), stamp: UInt32(random.next() >> 32))
            for (index, payload) in payloads.enumerated() {
                // Some come so late that others overtake them.
                let delay = Int64.random(in: 0...(index % 20 == 19 ? 45_000_000 : 3_000_000), using: &random)
                let stamp = first.stamp &+ UInt32(index * format.clockRateHz / 50)
                var bytes: [UInt8] = [0x80, Self.payloadType]
                bytes += Self.bigEndian(first.sequence &+ UInt16(truncatingIfNeeded: index))
                bytes += Self.bigEndian(stamp) + Self.bigEndian(UInt32(speaker + 1)) + payload
                if Double.random(in: 0..<1, using: &fate) < loss(speaker) { continue }
                packets.append(
                    Packet(
                        speaker: speaker, arrivalNanoseconds: Int64(index + 1) * 20_000_000 + delay, bytes: bytes))
            }
        }
        self.packets = packets.sorted { $0.arrivalNanoseconds < $1.arrivalNanoseconds }
    }

    /// Receives, decodes and analyses the streams. Each begins where its first packet arrived, as in the daemon.
    public func analyse(detection: SpeechDetection) -> AnalysedConversation {
        var session = AnalysedSession(detection: detection)
        var receivers = (0..<speakers).map { _ in Receiver([Self.payloadType: format]) }
        for packet in packets {
            let receiver = receivers[packet.speaker]
            var sink = Blocks()
            let arrival = packet.arrivalNanoseconds
            receiver.receiver.receive(packet.bytes.span.bytes, arrivalNanoseconds: arrival, into: &sink)
            if receiver.origin == nil, sink.blocks.first != nil {
                let samples = arrival * Int64(AudioGrid.sampleRateHz) / 1_000_000_000
                receiver.origin = samples - Int64(Self.packetSamples)
            }
            receiver.pending += sink.blocks
            // Speakers join in their order, once all have begun.
            if session.isEmpty {
                guard receivers.allSatisfy({ $0.origin != nil }) else { continue }
                for receiver in receivers { session.join(at: MediaTime(samples: receiver.origin ?? 0)) }
            }
            for (speaker, receiver) in receivers.enumerated() { receiver.deliver(speaker, into: &session) }
        }
        for (speaker, receiver) in receivers.enumerated() {
            var sink = Blocks()
            receiver.receiver.finish(into: &sink)
            receiver.pending += sink.blocks
            receiver.deliver(speaker, into: &session)
        }
        receivers.removeAll()
        return AnalysedConversation(session)
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func encode(_ track: [Float], as payload: Payload) -> [[UInt8]]? {
        let starts = stride(from: 0, to: track.count - packetSamples + 1, by: packetSamples)
        switch payload {
        case .l16:
            return starts.map { start in
                track[start..<start + packetSamples].flatMap { bigEndian(Int16(max(-1, min(1, $0)) * 32_767)) }
            }
        case .opus:
            guard let encoder = opus_encoder_create(16_000, 1, OPUS_APPLICATION_VOIP, nil) else { return nil }
            defer { opus_encoder_destroy(encoder) }
            var output = [UInt8](repeating: 0, count: 1_500)
            var payloads: [[UInt8]] = []
            for start in starts {
                let packet = Array(track[start..<start + packetSamples])
                let length = opus_encode_float(encoder, packet, Int32(packetSamples), &output, 1_500)
                guard length > 0 else { return nil }
                payloads.append(Array(output.prefix(Int(length))))
            }
            return payloads
        }
    }

    /// What a receiver delivers, in order.
    private struct Blocks: RTPSink {
        var blocks: [(start: Int64, samples: [Float])] = []

        mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
            blocks.append((start.samples, samples.indices.map { samples[$0] }))
        }

        mutating func silence(start: MediaTime, sampleCount: Int64) {
            blocks.append((start.samples, [Float](repeating: 0, count: Int(sampleCount))))
        }
    }

    private final class Receiver {
        var receiver: RTPReceiver
        /// Session time of the stream's beginning, in samples.
        var origin: Int64?
        var pending: [(start: Int64, samples: [Float])] = []

        init(_ formats: [UInt8: AudioFormat]) {
            receiver = RTPReceiver(formats: formats)
        }

        func deliver(_ speaker: Int, into session: inout AnalysedSession) {
            for block in pending {
                session.feed(speaker, MediaTime(samples: block.start + (origin ?? 0)), block.samples.span)
            }
            pending.removeAll()
        }
    }
}
