import CFuzz
import Glibc
import MediaTypes
import RTP

// What the first byte of an input chooses: a description, or datagrams, each behind two bytes: its length, and the
// time in ms since the one before.

/// Checks what a receiver promises of its time line.
struct CheckingSink: RTPSink {
    var end: Int64 = 0

    mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
        precondition(start.samples >= end, "media goes back in time")
        precondition(samples.count <= 1 << 17, "more media than a datagram holds")
        end = start.samples + Int64(samples.count)
    }

    mutating func silence(start: MediaTime, sampleCount: Int64) {
        precondition(start.samples >= end && sampleCount > 0, "silence goes back in time")
        end = start.samples + sampleCount
    }
}

let formats: [UInt8: AudioFormat] = {
    var formats = AudioFormat.staticFormats
    formats[96] = AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1)
    formats[97] = AudioFormat(codec: .l16, clockRateHz: 48_000, channels: 2)
    formats[111] = .opus
    return formats
}()

func receive(_ bytes: Span<UInt8>) {
    var receiver = RTPReceiver(formats: formats, levelExtension: 1)
    var table = RTPSourceTable(selectors: [.ssrc(1), .name("a")], limit: 4)
    var sink = CheckingSink()
    var arrival: Int64 = 1_000_000_000
    var place = 0
    while place + 2 <= bytes.count {
        let end = min(place + 2 + Int(bytes[place]), bytes.count)
        arrival += Int64(bytes[place + 1]) * 1_000_000
        let datagram = bytes.extracting((place + 2)..<end).bytes
        place = end
        if RTCP.isRTCP(datagram) {
            var names: [(UInt32, Bool, Range<Int>)] = []
            try? RTCP.visit(datagram) { message in
                switch message {
                case .description(let ssrc, let isCanonical, let text): names.append((ssrc, isCanonical, text))
                case .bye(let ssrc): _ = table.leave(ssrc: ssrc, origin: 0)
                case .senderReport: break
                }
            }
            for (ssrc, isCanonical, text) in names {
                let name = datagram.extracting(text).withUnsafeBytes { [UInt8]($0) }
                _ = table.describe(
                    ssrc: ssrc, name: name, isCanonical: isCanonical, origin: 0, arrivalNanoseconds: arrival)
            }
        } else if let packet = try? RTPPacket(parsing: datagram) {
            _ = table.route(
                ssrc: packet.ssrc, sequence: packet.sequence, origin: 0, arrivalNanoseconds: arrival)
        }
        receiver.receive(datagram, arrivalNanoseconds: arrival, into: &sink)
        _ = receiver.receptionReport(nowNanoseconds: arrival)
        _ = table.expire(nowNanoseconds: arrival)
    }
    receiver.finish(into: &sink)
}

func describe(_ bytes: UnsafeBufferPointer<UInt8>) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let description = try? SessionDescription(parsing: text) {
        precondition(!description.streams.isEmpty)
    }
    _ = try? RTPStreamDescription(url: text)
    _ = try? SRTPKey(parsing: text)
}

let status = attune_fuzz(CommandLine.argc, CommandLine.unsafeArgv) { data, size in
    let bytes = UnsafeBufferPointer(start: data, count: size)
    guard let first = bytes.first else { return 0 }
    let rest = UnsafeBufferPointer(rebasing: bytes.dropFirst())
    if first & 1 == 0 { receive(rest.span) } else { describe(rest) }
    return 0
}
exit(status)
