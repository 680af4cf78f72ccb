import MediaTypes
import RTP
import SeededNumbers

/// A sender and the network behind it, simulated: nothing here looks at a clock.
///
/// The sender counts 20 ms of L16 at 16 kHz per packet; sample n is n mod 20 000, so that what is delivered says
/// when it was spoken.
struct Network {
    static let packetSamples = 320
    private static let samplesPerSecond = 16_000.0
    /// Two periods of the ramp, so that every packet is one stretch of it.
    private static let ramp: [UInt8] = (0..<40_000).flatMap { bigEndian(Int16($0 % 20_000)) }

    /// One packet of the sender: its number, and what became of its SSRC, sequence number and timestamp.
    struct Sent {
        var index: Int
        var packet: TestPacket
        /// Host's time when the packet left, nanoseconds.
        var time: Int64
    }

    /// How much slower the sender's clock is than the host's, parts per million.
    var driftPartsPerMillion = 0.0
    var random: SeededRandom

    init(seed: UInt64, driftPartsPerMillion: Double = 0) {
        random = SeededRandom(seed: seed)
        self.driftPartsPerMillion = driftPartsPerMillion
    }

    /// The packets `range` of a sender that began with `ssrc`, `sequence` and `timestamp`.
    func send(
        _ range: Range<Int>, ssrc: UInt32 = 1, sequence: UInt16 = 65_000, timestamp: UInt32 = 4_294_000_000
    ) -> [Sent] {
        range.map { index in
            let first = index * Self.packetSamples
            let place = first % 20_000 * 2
            let packet = TestPacket(
                sequence: sequence &+ UInt16(truncatingIfNeeded: index),
                timestamp: timestamp &+ UInt32(truncatingIfNeeded: first), ssrc: ssrc,
                payload: Array(Self.ramp[place..<(place + 2 * Self.packetSamples)]))
            return Sent(index: index, packet: packet, time: time(ofSample: first + Self.packetSamples))
        }
    }

    /// Host's time (ns) when the sender records sample `sample`.
    func time(ofSample sample: Int) -> Int64 {
        Int64(Double(sample) / Self.samplesPerSecond * (1 + driftPartsPerMillion / 1e6) * 1e9) + 5_000_000_000
    }

    /// The packets as they arrive: each delayed by what `delay` says (ms), or lost where it says nil.
    mutating func transport(_ sent: [Sent], _ delay: (Sent, inout SeededRandom) -> Double?) -> [Sent] {
        var arrived: [Sent] = []
        for var packet in sent {
            guard let milliseconds = delay(packet, &random) else { continue }
            packet.packet.arrival = packet.time + Int64(milliseconds * 1e6)
            arrived.append(packet)
        }
        return arrived.enumerated().sorted {
            ($0.element.packet.arrival, $0.offset) < ($1.element.packet.arrival, $1.offset)
        }.map(\.element)
    }
}

/// Compares the time of what is delivered with the time when it was sent.
struct TruthSink: RTPSink {
    let network: Network
    /// Host's time at media time 0.
    let originNanoseconds: Int64
    /// Errors before this media time are not counted.
    var countedFrom: Int64 = 0
    private(set) var worstMilliseconds = 0.0
    private(set) var end: Int64 = 0
    private(set) var overlaps = 0
    private(set) var mediaSamples: Int64 = 0
    private(set) var silenceSamples: Int64 = 0

    init(network: Network, first: Network.Sent, countedFromSeconds: Double = 0) {
        self.network = network
        originNanoseconds = first.packet.arrival - 20 * millisecond
        countedFrom = Int64(countedFromSeconds * 16_000)
    }

    mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
        if start.samples < end { overlaps += 1 }
        end = start.samples + Int64(samples.count)
        mediaSamples += Int64(samples.count)
        guard start.samples >= countedFrom, !samples.isEmpty else { return }
        // Which sample it is follows from its value and roughly its place.
        let time = originNanoseconds + start.samples * 62_500
        let expected =
            Double(time - 5_000_000_000) / 1e9 / (1 + network.driftPartsPerMillion / 1e6) * 16_000
        let value = Double(samples[0]) * 32_768
        var difference = (value - expected).truncatingRemainder(dividingBy: 20_000)
        if difference > 10_000 { difference -= 20_000 }
        if difference < -10_000 { difference += 20_000 }
        worstMilliseconds = max(worstMilliseconds, abs(difference) / 16)
    }

    mutating func silence(start: MediaTime, sampleCount: Int64) {
        if start.samples < end { overlaps += 1 }
        end = start.samples + sampleCount
        silenceSamples += sampleCount
    }
}
