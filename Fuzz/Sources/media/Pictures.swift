import RTP

/// Packets of pictures. The first byte chooses the codec and how much is held.
func watch(_ bytes: Span<UInt8>) {
    guard bytes.count > 0 else { return }
    var limits = VideoReceiver.Limits()
    limits.maxUnitBytes = 512
    limits.holdPackets = 1 + Int(bytes[0] >> 1 & 15)
    var receiver = VideoReceiver(bytes[0] & 1 == 0 ? .h264 : .vp8, limits: limits)
    var latest: Int64 = .min, hasKey = false, units: UInt64 = 0, taken: UInt64 = 0
    func check(_ unit: VideoUnit, _ picture: RawSpan) {
        precondition(picture.byteCount > 0 && picture.byteCount <= limits.maxUnitBytes, "a picture beyond its bound")
        hasKey = hasKey || unit.isKey
        precondition(hasKey, "a picture before any key frame")
        units += 1
    }
    forEachDatagram(in: bytes.extracting(1...)) { datagram, arrival in
        guard case .packet(let packet) = DatagramContent(parsing: datagram) else { return }
        taken += 1
        receiver.receive(datagram, as: packet, arrivalNanoseconds: arrival, into: check)
        receiver.flush(nowNanoseconds: arrival, into: check)
        if receiver.requestsKeyFrame(nowNanoseconds: arrival) {
            precondition(latest == .min || arrival - latest >= 500_000_000, "a sender is asked too often")
            latest = arrival
        }
    }
    let counted = receiver.statistics
    precondition(counted.units == units, "a picture that was not counted")
    precondition(
        counted.packets + counted.late + counted.stray + counted.tooLong == taken, "a packet that was not counted")
}
