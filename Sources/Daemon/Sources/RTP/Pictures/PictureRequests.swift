import NIOCore
import RTP

/// Whom key frames are asked of, and who is told what arrived: who sends the pictures and reports itself, and nobody
/// else.
struct PictureRequests {
    /// Who has not reported for so long is not asked any more.
    private static let maxUnheardNanoseconds: Int64 = 60_000_000_000

    /// Identifies the host that the pictures come from.
    var origin: UInt64?
    /// Where its last report came from, and when it is told what arrived.
    var reporter: (channel: any Channel, address: SocketAddress, heardNanoseconds: Int64, dueNanoseconds: Int64)?
    private var ssrc = UInt32.random(in: .min ... .max)

    /// A report of the sender has come.
    mutating func note(_ channel: any Channel, _ address: SocketAddress, now: Int64) {
        reporter = (channel, address, now, reporter?.dueNanoseconds ?? now + RTPPort.reportNanoseconds / 2)
    }

    /// Whether it is known where to ask.
    func knows(_ now: Int64) -> Bool {
        reporter.map { now - $0.heardNanoseconds < Self.maxUnheardNanoseconds } ?? false
    }

    /// Whether the sender is to be told now what arrived.
    func isReportDue(_ now: Int64) -> Bool {
        reporter.map { now >= $0.dueNanoseconds && now - $0.heardNanoseconds < Self.maxUnheardNanoseconds } ?? false
    }

    /// Tells what arrived.
    mutating func send(_ report: ReceptionReport, now: Int64) {
        reporter?.dueNanoseconds = now + RTPPort.reportPause()
        send(about: report.ssrc) { RTCP.receiverReport(ssrc: $0, reports: [report], cname: RTPPort.cname) }
    }

    /// Asks for a key frame of a source.
    mutating func send(about source: UInt32) {
        send(about: source) { RTCP.pictureLossIndication(ssrc: $0, source: source, cname: RTPPort.cname) }
    }

    private mutating func send(about source: UInt32, _ compound: (UInt32) -> [UInt8]) {
        guard let reporter else { return }
        while ssrc == source { ssrc = UInt32.random(in: .min ... .max) }
        let bytes = compound(ssrc)
        let data = reporter.channel.allocator.buffer(bytes: bytes)
        // What does not go out now is asked for again.
        reporter.channel.writeAndFlush(AddressedEnvelope(remoteAddress: reporter.address, data: data), promise: nil)
    }
}
