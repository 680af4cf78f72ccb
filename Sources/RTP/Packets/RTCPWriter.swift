/// What a receiver says about one source (RFC 3550, section 6.4.1).
public struct ReceptionReport: Sendable, Hashable {
    /// The source.
    public var ssrc: UInt32
    /// Share of the packets lost since the last report, in 1/256.
    public var fractionLost: UInt8
    /// Packets lost since the start; negative where duplicates outnumber them.
    public var lost: Int32
    /// Highest sequence number received, with its cycles.
    public var highestSequence: UInt32
    /// Interarrival jitter in units of the media's clock.
    public var jitter: UInt32
    /// Middle 32 bits of the NTP timestamp of the source's latest sender report.
    public var latestSenderReport: UInt32 = 0
    /// Time since that arrived, in 1/65 536 s.
    public var delaySinceSenderReport: UInt32 = 0
}

extension RTCP {
    /// Most sources that one receiver report can be about.
    public static let maxReports = 31

    /// A compound of a receiver report with the SDES CNAME of its sender (RFC 3550, sections 6.4.2 and 6.5).
    ///
    /// - Parameters:
    ///   - ssrc: the reporter's own.
    ///   - reports: at most `maxReports`; those beyond are left out.
    ///   - cname: at most 255 bytes; what is beyond is left out.
    public static func receiverReport(ssrc: UInt32, reports: [ReceptionReport], cname: String) -> [UInt8] {
        let reports = reports.prefix(maxReports)
        var bytes: [UInt8] = [0x80 | UInt8(reports.count), 201]
        append(UInt16(1 + 6 * reports.count), to: &bytes)
        append(ssrc, to: &bytes)
        for report in reports {
            append(report.ssrc, to: &bytes)
            let lost = min(max(report.lost, -0x80_0000), 0x7F_FFFF)
            append(UInt32(report.fractionLost) << 24 | UInt32(bitPattern: lost) & 0xFF_FFFF, to: &bytes)
            append(report.highestSequence, to: &bytes)
            append(report.jitter, to: &bytes)
            append(report.latestSenderReport, to: &bytes)
            append(report.delaySinceSenderReport, to: &bytes)
        }
        let name = cname.utf8.prefix(255)
        // SSRC, item header, text and at least one zero, in words of 4 bytes.
        let words = (4 + 2 + name.count + 1 + 3) / 4
        bytes += [0x81, 202]
        append(UInt16(words), to: &bytes)
        append(ssrc, to: &bytes)
        bytes += [1, UInt8(name.count)] + name
        bytes += [UInt8](repeating: 0, count: 4 * words - 6 - name.count)
        return bytes
    }

    /// A compound that asks a sender of pictures for a key frame (picture loss indication, RFC 4585, section 6.3.1).
    ///
    /// - Parameters:
    ///   - ssrc: the receiver's own.
    ///   - source: the sender's.
    ///   - cname: at most 255 bytes; what is beyond is left out.
    public static func pictureLossIndication(ssrc: UInt32, source: UInt32, cname: String) -> [UInt8] {
        // RFC 3550, section 6.1: a compound begins with a report and has the CNAME of whoever sends it.
        var bytes = receiverReport(ssrc: ssrc, reports: [], cname: cname)
        bytes += [0x81, 206, 0, 2]
        append(ssrc, to: &bytes)
        append(source, to: &bytes)
        return bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
