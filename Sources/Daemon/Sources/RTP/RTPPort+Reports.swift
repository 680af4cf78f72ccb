import NIOCore
import RTP

/// Receiver reports (RFC 3550, section 6.4.2), and whom they go to.
extension RTPPort {
    /// Identifies this receiver to senders; says nothing about it (RFC 7022).
    static let cname = String(UInt64.random(in: .min ... .max), radix: 16)
    /// Mean time between reports (RFC 3550, section 6.2), varied by half.
    static let reportNanoseconds: Int64 = 5_000_000_000
    /// Who has not reported for so long gets no reports any more.
    private static let maxUnheardNanoseconds = 12 * reportNanoseconds

    /// How long to wait before the next report.
    static func reportPause() -> Int64 { .random(in: reportNanoseconds / 2...reportNanoseconds * 3 / 2) }

    /// Takes the sender of a well-formed compound for the one to report to, if it has a sender report on media that
    /// comes from the same host: nobody else can turn the reports to himself.
    func noteReporter(_ compound: RawSpan, channel: any Channel, address: SocketAddress, _ arrival: RTPArrival) {
        var isOwn = false
        do throws(RTPParseError) {
            try RTCP.visit(compound) { message in
                guard case .senderReport(let report) = message, !isOwn else { return }
                isOwn =
                    speakers.contains { $0?.sends(ssrc: report.ssrc, from: arrival.origin) ?? false }
                    || mixer?.sends(ssrc: report.ssrc, from: arrival.origin) ?? false
            }
        } catch { return }
        guard isOwn else { return }
        let due = reporter?.dueNanoseconds ?? arrival.nowNanoseconds + Self.reportNanoseconds / 2
        reporter = Reporter(
            channel: channel, address: address, heardNanoseconds: arrival.nowNanoseconds, dueNanoseconds: due)
    }

    /// Tells the sender what arrived, if it is time and the sender tells what it sent.
    func sendReport(nowNanoseconds now: Int64) {
        guard let reporter, now >= reporter.dueNanoseconds else { return }
        guard now - reporter.heardNanoseconds < Self.maxUnheardNanoseconds else {
            self.reporter = nil
            return
        }
        self.reporter?.dueNanoseconds = now + Self.reportPause()
        var reports = speakers.compactMap { $0?.receptionReport(nowNanoseconds: now) }
        if let report = mixer?.receptionReport(nowNanoseconds: now) { reports.append(report) }
        guard !reports.isEmpty else { return }
        while reports.contains(where: { $0.ssrc == ssrc }) { ssrc = UInt32.random(in: .min ... .max) }
        let bytes = RTCP.receiverReport(ssrc: ssrc, reports: reports, cname: Self.cname)
        let data = reporter.channel.allocator.buffer(bytes: bytes)
        // What does not go out now is out of date later.
        reporter.channel.writeAndFlush(
            AddressedEnvelope(remoteAddress: reporter.address, data: data), promise: nil)
    }
}
