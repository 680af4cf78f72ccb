import SeededNumbers

/// A datagram on its way.
struct Delivery {
    /// When it arrives, seconds of the session.
    var time: Double
    /// Which of the sources it comes to.
    var source: Int
    var bytes: [UInt8]
}

/// How a sender behaves.
enum Conduct: CaseIterable {
    /// As a sender should.
    case honest
    /// Everything that was seen to happen to senders and networks.
    case clumsy
    /// What nobody sends by accident.
    case hostile
    /// Ever new sources, each of which says goodbye.
    case flood
}

/// Sends a voice as L16 at 16 kHz over a network, well or badly; what it does is drawn from a seed.
struct SimulatedSender {
    let conduct: Conduct
    let source: Int
    let voice: SimulatedVoice
    /// When it begins and ends, seconds.
    let span: ClosedRange<Double>

    private var random: SeededRandom
    private var deliveries: [Delivery] = []
    private var ssrc: UInt32
    private var sequence: UInt16
    private var timestamp: UInt32
    /// Units of the time stamp per sample, as a fraction.
    private var units = (of: UInt32(1), for: UInt32(1))
    /// Packets sent before this time come at it.
    private var heldUntil = 0.0
    private var lossUntil = 0.0
    private var pauseUntil = 0.0

    init(_ conduct: Conduct, source: Int, span: ClosedRange<Double>, seed: UInt64) {
        self.conduct = conduct
        self.source = source
        self.span = span
        random = SeededRandom(seed: seed)
        voice = SimulatedVoice(seconds: span.upperBound, &random)
        ssrc = UInt32.random(in: 1 ... .max, using: &random)
        sequence = UInt16.random(in: .min ... .max, using: &random)
        timestamp = UInt32.random(in: .min ... .max, using: &random)
    }

    /// All that arrives, in order.
    mutating func send() -> [Delivery] {
        switch conduct {
        case .flood: flood()
        default: speak()
        }
        return deliveries.sorted { $0.time < $1.time }
    }

    private mutating func speak() {
        let drift = conduct == .honest ? 0 : Double.random(in: -300e-6...300e-6, using: &random)
        var place = Int(span.lowerBound * Double(SimulatedVoice.rateHz)) / 320 * 320
        while true {
            let time = Double(place) / Double(SimulatedVoice.rateHz) * (1 + drift)
            guard time < span.upperBound else { return }
            if conduct != .honest { misbehave(at: time) }
            if time >= pauseUntil { sendFrame(at: place, time: time) }
            place += 320
        }
    }

    private mutating func sendFrame(at place: Int, time: Double) {
        let payload = voice.frame(at: place).flatMap {
            [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)]
        }
        let bytes = packet(payload)
        sequence &+= 1
        timestamp &+= 320 &* units.of / units.for
        guard conduct != .honest else { return deliver(bytes, sent: time, jitter: 0.015) }
        guard time >= lossUntil, !chance(0.01) else { return }
        deliver(bytes, sent: time, jitter: chance(0.02) ? 0.12 : 0.02)
        if chance(0.005) { deliver(bytes, sent: time, jitter: 0.05) }
    }

    private mutating func deliver(_ bytes: [UInt8], sent: Double, jitter: Double) {
        let time = max(sent, heldUntil) + 0.02 + Double.random(in: 0...jitter, using: &random)
        deliveries.append(Delivery(time: time, source: source, bytes: bytes))
    }

    private mutating func misbehave(at time: Double) {
        // About once in four seconds.
        guard chance(0.005) else { return }
        let seconds = Double.random(in: 0.1...6, using: &random)
        switch Int.random(in: 0..<(conduct == .hostile ? 17 : 11), using: &random) {
        case 0: heldUntil = time + seconds
        case 1: lossUntil = time + seconds / 3
        case 2:
            pauseUntil = time + seconds
            timestamp &+= UInt32(seconds * 16_000)
        case 3: pauseUntil = time + seconds
        case 4: begin(ssrc: UInt32.random(in: 1 ... .max, using: &random))
        case 5: begin(ssrc: ssrc)
        case 6: timestamp &+= UInt32.random(in: 0...UInt32(seconds * 160_000), using: &random)
        case 7: timestamp &-= UInt32.random(in: 0...UInt32(seconds * 160_000), using: &random)
        case 8:
            units =
                (units.of == 1 && units.for == 1)
                ? [(2, 1), (1, 2), (3, 1), (1, 6)][Int.random(in: 0..<4, using: &random)] : (1, 1)
        case 9:
            // Comfort noise, and then nothing.
            deliver(packet([0x40], type: 13), sent: time, jitter: 0.01)
            pauseUntil = time + seconds
        case 10: burst(at: time)
        case 11: garbage(at: time)
        case 12:
            // No payload, formats in turn, time stamps as far apart as they can be.
            for index in 0..<6 {
                timestamp &+= 0x7FFF_FFFF
                deliver(packet([], type: index.isMultiple(of: 2) ? 0 : 111), sent: time, jitter: 0)
                sequence &+= 1
            }
        case 13: timestamp &+= UInt32.random(in: .min ... .max, using: &random)
        case 14: sequence &+= UInt16.random(in: .min ... .max, using: &random)
        case 15: for _ in 0..<3 { burst(at: time) }
        default:
            begin(ssrc: ssrc)
            deliver(goodbye(), sent: time, jitter: 0)
        }
    }

    private mutating func begin(ssrc: UInt32) {
        self.ssrc = ssrc
        sequence = UInt16.random(in: .min ... .max, using: &random)
        timestamp = UInt32.random(in: .min ... .max, using: &random)
    }

    /// A voice bot: a sentence at once.
    private mutating func burst(at time: Double) {
        let frames = Int.random(in: 20...200, using: &random)
        for frame in 0..<frames {
            sendFrame(at: Int(time * Double(SimulatedVoice.rateHz)) / 320 * 320 + 320 * frame, time: time)
        }
        pauseUntil = chance(0.5) ? time + Double(frames) * 0.02 : pauseUntil
    }

    private mutating func garbage(at time: Double) {
        for _ in 0..<20 {
            var bytes = packet((0..<Int.random(in: 0...200, using: &random)).map { _ in 0x55 })
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            deliver(bytes, sent: time, jitter: 0.1)
        }
    }

    private mutating func flood() {
        var time = span.lowerBound
        while time < span.upperBound {
            begin(ssrc: UInt32.random(in: 1 ... .max, using: &random))
            for _ in 0..<3 {
                sendFrame(at: Int(time * 16_000) / 320 * 320, time: time)
                time += 0.02
            }
            deliver(goodbye(), sent: time + 0.1, jitter: 0)
            time += Double.random(in: 0.05...0.3, using: &random)
        }
    }

    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    private func packet(_ payload: [UInt8], type: UInt8 = 96) -> [UInt8] {
        [0x80, type] + bytes(of: sequence) + bytes(of: timestamp) + bytes(of: ssrc) + payload
    }

    private func goodbye() -> [UInt8] { [0x81, 203, 0, 1] + bytes(of: ssrc) }

    private func bytes<Number: FixedWidthInteger>(of number: Number) -> [UInt8] {
        stride(from: Number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> Number($0)) }
    }
}
