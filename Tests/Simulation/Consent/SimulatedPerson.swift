import Events
import SeededNumbers

/// Somebody who talks at a pitch that nobody else has, from a sender that starts anew now and then.
struct SimulatedPerson {
    /// Samples from one pulse of the throat to the next: no pitch is a multiple of another.
    static let periods = [158, 121, 97, 74, 57]

    let number: Int
    /// What the senders of this person call themselves; nil where they say nothing.
    private(set) var cname: String?
    private(set) var ssrc: UInt32
    /// All names under which the person may be in the session, and the CNAME that each came with.
    private(set) var names: [String: String?] = [:]
    /// Whether what is measured of the person may be told.
    var consents = true
    /// Names that were deleted from the store since their last consent.
    var forgotten: Set<String> = []
    /// Whether a mixer sends the voice.
    var isMixed = false
    /// Nothing is sent before this time.
    var silentUntil = 0.0
    /// Where the person sends to: the shared port, or a port of the own name.
    var ownPort: String?
    private(set) var sequence: UInt16
    private(set) var timestamp: UInt32
    private var describeIn = 3

    init(number: Int, hasName: Bool, _ random: inout SeededRandom) {
        self.number = number
        cname = hasName ? "p\(number)@host" : nil
        ssrc = UInt32.random(in: 1 ... .max, using: &random)
        sequence = UInt16.random(in: .min ... .max, using: &random)
        timestamp = UInt32.random(in: .min ... .max, using: &random)
        names[guestName] = .some(cname)
    }

    /// The pitch, Hz.
    var pitchHz: Double { Double(SimulatedVoice.rateHz) / Double(Self.periods[number]) }

    /// The name of a source that nobody named.
    var guestName: String {
        let digits = String(ssrc, radix: 16)
        return "guest-" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    mutating func add(name: String) { names[name] = .some(cname) }

    /// The sender starts anew: another SSRC, and perhaps another CNAME.
    mutating func startAnew(hasNewName: Bool, _ random: inout SeededRandom) {
        ssrc = UInt32.random(in: 1 ... .max, using: &random)
        sequence = UInt16.random(in: .min ... .max, using: &random)
        timestamp = UInt32.random(in: .min ... .max, using: &random)
        if hasNewName { cname = "p\(number)-\(UInt16.random(in: .min ... .max, using: &random))@host" }
        names[guestName] = .some(cname)
        describeIn = 3
    }

    /// 20 ms of the voice, from a sample on: 1.4 s of speech, 0.4 s of a pause.
    func frame(at start: Int) -> [Int16] {
        let period = Self.periods[number]
        return (start..<start + 320).map { place in
            let isTalking = (place + 6_000 * number) % 28_800 < 22_400 && place % 4_000 < 3_000
            return isTalking && place % period < 8 ? 16_000 : Int16((place &* 7_919) % 101 - 50) / 40
        }
    }

    /// A packet of RTP with these samples.
    mutating func packet(_ samples: [Int16]) -> [UInt8] {
        defer { (sequence, timestamp) = (sequence &+ 1, timestamp &+ 320) }
        return rtpPacket(samples, ssrc: ssrc, sequence: sequence, timestamp: timestamp)
    }

    /// What the sender says of itself, where it is time for it: soon after its start, and every two seconds.
    mutating func description() -> [UInt8]? {
        describeIn -= 1
        guard describeIn == 0, let cname else { return nil }
        describeIn = 100
        var chunk = bytes(of: ssrc) + [1, UInt8(cname.utf8.count)] + Array(cname.utf8) + [0]
        while !chunk.count.isMultiple(of: 4) { chunk.append(0) }
        return [0x81, 202] + bytes(of: UInt16(chunk.count / 4)) + chunk
    }

    var goodbye: [UInt8] { [0x81, 203, 0, 1] + bytes(of: ssrc) }
}

/// A packet of L16 at 16 kHz, with those who contribute to it.
func rtpPacket(
    _ samples: [Int16], ssrc: UInt32, sequence: UInt16, timestamp: UInt32, contributors: [UInt32] = []
) -> [UInt8] {
    [0x80 | UInt8(contributors.count), 96] + bytes(of: sequence) + bytes(of: timestamp) + bytes(of: ssrc)
        + contributors.flatMap { bytes(of: $0) } + samples.flatMap { bytes(of: UInt16(bitPattern: $0)) }
}

private func bytes<Number: FixedWidthInteger>(of number: Number) -> [UInt8] {
    stride(from: Number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> Number($0)) }
}
