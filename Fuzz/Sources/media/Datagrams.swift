import MediaTypes
import RTP

/// Calls `body` with each datagram of an input and its time of arrival. Before each stand two bytes: its length, and
/// the time in ms since the one before.
func forEachDatagram(in bytes: Span<UInt8>, _ body: (RawSpan, _ arrivalNanoseconds: Int64) -> Void) {
    var arrival: Int64 = 1_000_000_000
    var place = 0
    while place + 2 <= bytes.count {
        let end = min(place + 2 + Int(bytes[place]), bytes.count)
        arrival += Int64(bytes[place + 1]) * 1_000_000
        body(bytes.extracting((place + 2)..<end).bytes, arrival)
        place = end
    }
}

/// How far ahead of its arrival a receiver may deliver media, in samples: 30 s, up to which packets are taken and gaps
/// are filled; the packet that begins there; and what two more may be off by, the one before it, of which a resampler
/// still owes some, and the one that began the time line, which ended when it arrived. No packet is longer than 120 ms
/// (Opus).
private let maxAheadSamples: Int64 = 16_000 * 30 + 3 * 1_920
/// What may be delivered of one packet: the end of what was before it, the silence or the substitute for what is
/// missing between, a pause, and itself; twice that, because what is given up may come out with it.
private let maxDeliveries = 8

/// Checks what a receiver promises of its time line.
struct CheckingSink: RTPSink {
    private var end: Int64 = 0
    /// Arrival of the packet that began the time line, and of the one whose turn it is.
    private var firstArrival: Int64?
    private var arrival: Int64 = 0
    private var samples: Int64 = 0
    private var deliveries = 0

    mutating func packet(mark: UInt64) {
        arrival = Int64(mark)
    }

    mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
        precondition(start.samples >= end, "media goes back in time")
        precondition(samples.count <= 1 << 17, "more media than a datagram holds")
        take(start.samples, count: Int64(samples.count))
    }

    mutating func silence(start: MediaTime, sampleCount: Int64) {
        precondition(start.samples >= end && sampleCount > 0, "silence goes back in time")
        take(start.samples, count: sampleCount)
    }

    private mutating func take(_ start: Int64, count: Int64) {
        precondition(count < 1 << 60 && start < 1 << 60, "no clock means that")
        end = start + count
        samples += count
        deliveries += 1
        let first = firstArrival ?? arrival
        firstArrival = first
        precondition(end <= (arrival - first) * 16 / 1_000_000 + maxAheadSamples, "media runs ahead of its arrival")
    }

    /// What has come out, all in all, of so many datagrams up to `arrival`.
    func checkWork(datagrams: Int, until arrival: Int64) {
        precondition(deliveries <= maxDeliveries * (datagrams + 1), "more is delivered than came")
        guard let firstArrival else { return }
        precondition(
            samples <= (arrival - firstArrival) * 16 / 1_000_000 + maxAheadSamples, "more media than time has passed")
    }
}

/// A source of plain RTP: the receiver of one speaker, and the table that tells many apart.
struct Reception: ~Copyable {
    private var receiver = RTPReceiver(formats: formats, levelExtension: 1)
    private var table = RTPSourceTable(selectors: [.ssrc(1), .name("a")], limit: 4)
    private var sink = CheckingSink()
    private var datagrams = 0
    private var latestArrival: Int64 = 0

    private static let formats: [UInt8: AudioFormat] = {
        var formats = AudioFormat.staticFormats
        formats[96] = AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1)
        formats[97] = AudioFormat(codec: .l16, clockRateHz: 48_000, channels: 2)
        formats[111] = .opus
        return formats
    }()

    mutating func take(_ datagram: RawSpan, _ arrival: Int64) {
        datagrams += 1
        latestArrival = arrival
        let content = DatagramContent(parsing: datagram)
        switch content {
        case .compound: takeReport(datagram, arrival)
        case .packet(let packet):
            var sources = [packet.ssrc]
            for place in 0..<packet.contributorCount {
                guard let ssrc = packet.contributor(at: place, in: datagram) else {
                    preconditionFailure("a list of contributors that is shorter than it says")
                }
                sources.append(ssrc)
            }
            for ssrc in sources {
                _ = table.route(ssrc: ssrc, sequence: packet.sequence, origin: 0, arrivalNanoseconds: arrival)
            }
        case .malformed: break
        }
        receiver.receive(datagram, as: content, mark: UInt64(arrival), arrivalNanoseconds: arrival, into: &sink)
        sink.checkWork(datagrams: datagrams, until: arrival)
        _ = receiver.receptionReport(nowNanoseconds: arrival)
        _ = receiver.wallClockOffset(at: arrival)
        _ = table.expire(nowNanoseconds: arrival)
    }

    private mutating func takeReport(_ compound: RawSpan, _ arrival: Int64) {
        var messages: [RTCPMessage] = []
        try? RTCP.visit(compound) { messages.append($0) }
        for message in messages {
            switch message {
            case .description(let ssrc, let isCanonical, let text):
                let name = compound.extracting(text).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                _ = table.describe(
                    ssrc: ssrc, name: name, isCanonical: isCanonical, origin: 0, arrivalNanoseconds: arrival)
            case .bye(let ssrc): _ = table.leave(ssrc: ssrc, origin: 0)
            case .senderReport: break
            }
        }
    }

    mutating func finish() {
        receiver.finish(into: &sink)
        sink.checkWork(datagrams: datagrams, until: latestArrival)
    }
}

func receive(_ bytes: Span<UInt8>) {
    var reception = Reception()
    forEachDatagram(in: bytes) { reception.take($0, $1) }
    reception.finish()
}

/// The first byte chooses the suite; the key is that of the corpus: the bytes 0, 1, 2 and so on.
func decrypt(_ bytes: Span<UInt8>) {
    guard bytes.count > 0 else { return }
    let text =
        bytes[0] & 1 == 0
        ? "AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
        : "AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
    guard let key = try? SRTPKey(parsing: text), var session = SRTPSession(key: key, maxDatagramBytes: 2_048) else {
        preconditionFailure("the key of the corpus cannot be used")
    }
    var reception = Reception()
    forEachDatagram(in: bytes.extracting(1...)) { datagram, arrival in
        session.open(datagram) { reception.take($0, arrival) }
        if datagram.byteCount >= 12 { session.forget(ssrc: UInt32(truncatingIfNeeded: arrival) & 1) }
    }
    reception.finish()
}

func describe(_ bytes: UnsafeBufferPointer<UInt8>) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let description = try? SessionDescription(parsing: text) {
        precondition(!description.streams.isEmpty)
        precondition(description.streams.allSatisfy { !$0.formats.isEmpty }, "a stream that cannot be decoded")
    }
    _ = try? RTPStreamDescription(url: text)
    _ = try? SRTPKey(parsing: text)
}
