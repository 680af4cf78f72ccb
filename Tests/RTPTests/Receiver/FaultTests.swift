import Foundation
import MediaTypes
import RTP
import Testing

/// What a network and a sender can do to a stream, in simulated time. Media time is to stay within 20 ms of the
/// truth once the first ten seconds have told the delays, loss within 1 % of the truth, and the stream goes on.
@Suite struct FaultTests {
    private struct Outcome {
        var sink: TruthSink
        var statistics: RTPStatistics
        var timing: RTPTiming
    }

    /// Feeds what arrived, with the timer that a receiver is given.
    private func receive(_ network: Network, _ arrived: [Network.Sent], settleSeconds: Double = 10) -> Outcome {
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink = TruthSink(network: network, first: arrived[0], countedFromSeconds: settleSeconds)
        var tended = arrived[0].packet.arrival
        for sent in arrived {
            while tended < sent.packet.arrival {
                receiver.flush(nowNanoseconds: tended, into: &sink)
                // In an outage nothing changes between the first ticks and the last.
                tended += sent.packet.arrival - tended > 1_000 * millisecond ? 500 * millisecond : 20 * millisecond
            }
            receiver.receive(sent.packet.bytes.span.bytes, arrivalNanoseconds: sent.packet.arrival, into: &sink)
        }
        let timing = receiver.timing
        receiver.finish(into: &sink)
        return Outcome(sink: sink, statistics: receiver.statistics, timing: timing)
    }

    /// Ends within 20 ms of the last packet, late ones counted as what they are.
    private func expectLive(_ outcome: Outcome, _ network: Network, packets: Int) {
        let last = network.time(ofSample: packets * Network.packetSamples)
        let end = outcome.sink.originNanoseconds + outcome.sink.end * 62_500
        #expect(abs(end - last) <= 20 * millisecond)
        #expect(outcome.sink.worstMilliseconds <= 20)
        #expect(outcome.sink.overlaps == 0)
    }

    @Test(arguments: [0.01, 0.05, 0.20])
    func randomLoss(share: Double) {
        var network = Network(seed: 1)
        let sent = network.send(0..<6_000)
        let arrived = network.transport(sent) { _, random in
            Double.random(in: 0..<1, using: &random) < share ? nil : 0
        }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: sent.count)
        // The last packets may be lost without anybody knowing.
        #expect(abs(Int(outcome.statistics.lost) - (sent.count - arrived.count)) <= 3)
        #expect(outcome.statistics.lostSamples == Int64(outcome.statistics.lost) * 320)
        #expect(outcome.sink.silenceSamples == 0)
    }

    @Test func burstLoss() {
        var network = Network(seed: 2)
        let sent = network.send(0..<6_000)
        var isBad = false
        let arrived = network.transport(sent) { _, random in
            // Two states (Gilbert 1960): bursts of 8 packets in the mean, 5 % of the time.
            isBad = Double.random(in: 0..<1, using: &random) < (isBad ? 0.875 : 0.0066)
            return isBad ? nil : 0
        }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: sent.count)
        #expect(abs(Int(outcome.statistics.lost) - (sent.count - arrived.count)) <= 60)
        #expect(sent.count - arrived.count > 100)
    }

    @Test(arguments: [15.0, 60, 150])
    func jitter(most: Double) {
        var network = Network(seed: 3)
        let sent = network.send(0..<6_000)
        let arrived = network.transport(sent) { _, random in Double.random(in: 0...most, using: &random) }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: sent.count)
        #expect(outcome.statistics.lost <= 60)
        #expect(Double(outcome.timing.bufferMilliseconds) >= min(200, max(60, most * 0.9)))
    }

    @Test func jitterAndLossTogether() {
        var network = Network(seed: 4)
        let sent = network.send(0..<6_000)
        let arrived = network.transport(sent) { _, random in
            Double.random(in: 0..<1, using: &random) < 0.05 ? nil : Double.random(in: 0...150, using: &random)
        }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: sent.count)
        let truth = sent.count - arrived.count
        #expect(abs(Int(outcome.statistics.lost) - truth) <= 60, "\(outcome.statistics.lost) of \(truth)")
    }

    @Test func reorderingAndDuplicates() {
        var network = Network(seed: 5)
        let sent = network.send(0..<6_000)
        let twice = sent.flatMap { $0.index % 20 == 7 ? [$0, $0] : [$0] }
        let arrived = network.transport(twice) { _, random in
            Double.random(in: 0..<1, using: &random) < 0.1 ? Double.random(in: 20...60, using: &random) : 5
        }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: sent.count)
        #expect(outcome.statistics.lost <= 60)
        #expect(outcome.statistics.duplicates + outcome.statistics.late >= 300)
        #expect(outcome.statistics.reordered > 300)
    }

    @Test func anOutageOfTenSeconds() {
        var network = Network(seed: 6)
        let sent = network.send(0..<3_000)
        let arrived = network.transport(sent) { sent, random in
            (1_000..<1_500).contains(sent.index) ? nil : Double.random(in: 0...15, using: &random)
        }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: sent.count)
        #expect(outcome.statistics.lost == 500)
        #expect(outcome.statistics.lostSamples == 160_000)
        #expect(outcome.statistics.restarts == 0)
    }

    @Test(arguments: [0, 5, 500])
    func aSenderThatRestarts(pausePackets: Int) {
        var network = Network(seed: 7)
        let sent =
            network.send(0..<1_500)
            + network.send((1_500 + pausePackets)..<3_000, ssrc: 77, sequence: 12, timestamp: 99)
        let arrived = network.transport(sent) { _, random in Double.random(in: 0...15, using: &random) }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: 3_000)
        #expect(outcome.statistics.restarts == 1)
        // Without a pause, the new sender is believed only when the old one has been silent for the longest wait.
        #expect(outcome.statistics.stray <= 5)
        #expect(outcome.statistics.lost == 0)
    }

    @Test func aSenderThatPausesWithoutAdvancingItsTimestamps() {
        var network = Network(seed: 8)
        // 4 s of nothing after packet 999; the samples go on as if there had been none.
        let before = network.send(0..<1_000)
        var after = network.send(1_200..<3_000)
        for index in after.indices {
            after[index].packet.sequence &-= 200
            after[index].packet.timestamp &-= 200 * 320
        }
        let arrived = network.transport(before + after) { _, random in Double.random(in: 0...15, using: &random) }
        // Known a quarter of a second after the pause; what came before that is early.
        let outcome = receive(network, arrived, settleSeconds: 24.5)
        expectLive(outcome, network, packets: 3_000)
        #expect(outcome.statistics.lost == 0)
        #expect(outcome.statistics.lostSamples == 0)
        #expect(abs(outcome.statistics.silenceSamples - 64_000) <= 320)
    }

    @Test func silenceSuppressionIsNoLoss() {
        var network = Network(seed: 9)
        // One second of speech and two of silence in turn; a packet every 400 ms of silence. 5 % of all are lost.
        var sequence: UInt16 = 65_000
        var sent: [Network.Sent] = []
        for var packet in network.send(0..<6_000) {
            let place = packet.index % 150
            guard place < 50 || place % 20 == 0 else { continue }
            packet.packet.sequence = sequence
            sequence &+= 1
            sent.append(packet)
        }
        let arrived = network.transport(sent) { _, random in
            Double.random(in: 0..<1, using: &random) < 0.05 ? nil : Double.random(in: 0...15, using: &random)
        }
        let outcome = receive(network, arrived)
        expectLive(outcome, network, packets: (sent.last?.index ?? 0) + 1)
        #expect(abs(Int(outcome.statistics.lost) - (sent.count - arrived.count)) <= 2)
        // What is lost is as long as the packets that are, not as the silence around them.
        #expect(outcome.statistics.lostSamples == Int64(outcome.statistics.lost) * 320)
        let silence = Double(6_000 - sent.count) * 320
        #expect(abs(Double(outcome.statistics.silenceSamples) - silence) <= silence / 100)
    }

    @Test(arguments: [200.0, -200])
    func clocksThatDriftForAnHour(partsPerMillion: Double) throws {
        var network = Network(seed: 10, driftPartsPerMillion: partsPerMillion)
        let packets = 180_000
        var receiver = RTPReceiver(formats: RampStream.formats)
        var sink: TruthSink?
        // A minute at a time, so that an hour need not be held at once.
        for minute in 0..<60 {
            let sent = network.send((minute * 3_000)..<((minute + 1) * 3_000))
            let arrived = network.transport(sent) { _, random in Double.random(in: 0...15, using: &random) }
            var current = sink ?? TruthSink(network: network, first: arrived[0], countedFromSeconds: 10)
            for sent in arrived {
                receiver.receive(
                    sent.packet.bytes.span.bytes, arrivalNanoseconds: sent.packet.arrival, into: &current)
            }
            sink = current
        }
        let outcome = Outcome(
            sink: try #require(sink), statistics: receiver.statistics, timing: receiver.timing)
        expectLive(outcome, network, packets: packets)
        #expect(outcome.statistics.lost == 0)
        #expect(outcome.statistics.restarts == 0)
        let drift = try #require(outcome.timing.driftPartsPerMillion)
        #expect(abs(drift - partsPerMillion) < 40)
    }
}
