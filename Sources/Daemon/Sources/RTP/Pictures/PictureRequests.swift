import NIOCore
import RTP

/// Whom key frames are asked of: who sends the pictures and reports itself, and nobody else.
struct PictureRequests {
    /// Who has not reported for so long is not asked any more.
    private static let maxUnheardNanoseconds: Int64 = 60_000_000_000

    /// Identifies the host that the pictures come from.
    var origin: UInt64?
    /// Where its last report came from.
    var reporter: (channel: any Channel, address: SocketAddress, heardNanoseconds: Int64)?
    private var ssrc = UInt32.random(in: .min ... .max)

    /// Whether it is known where to ask.
    func knows(_ now: Int64) -> Bool {
        reporter.map { now - $0.heardNanoseconds < Self.maxUnheardNanoseconds } ?? false
    }

    /// Asks for a key frame of a source.
    mutating func send(about source: UInt32) {
        guard let reporter else { return }
        while ssrc == source { ssrc = UInt32.random(in: .min ... .max) }
        let bytes = RTCP.pictureLossIndication(ssrc: ssrc, source: source, cname: RTPPort.cname)
        let data = reporter.channel.allocator.buffer(bytes: bytes)
        // What does not go out now is asked for again.
        reporter.channel.writeAndFlush(AddressedEnvelope(remoteAddress: reporter.address, data: data), promise: nil)
    }
}
