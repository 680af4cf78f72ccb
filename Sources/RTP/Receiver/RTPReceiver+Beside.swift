/// What comes beside audio, or around it: redundant blocks and digits.
extension RTPReceiver {
    /// Takes a packet of redundant audio: what of it is missing goes before, then the packet's own block.
    mutating func receive<Sink: RTPSink & ~Copyable>(
        _ blocks: RedundantAudio, of packet: RTPPacket, _ payload: RawSpan, isSilent: Bool, mark: UInt64,
        _ arrival: Int64, into sink: inout Sink
    ) {
        if let running = stream, running.ssrc == packet.ssrc {
            for (place, block) in blocks.earlier.enumerated() where !block.payload.isEmpty {
                guard let format = formats[Int(block.payloadType)] else { continue }
                var earlier = packet
                earlier.payloadType = block.payloadType
                earlier.sequence = packet.sequence &- UInt16(blocks.earlier.count - place)
                earlier.timestamp = packet.timestamp &- block.offset
                guard
                    var tag = running.fit(
                        earlier, clockRateHz: format.clockRateHz, arrivalNanoseconds: arrival,
                        toleranceMilliseconds: limits.stepMilliseconds),
                    tag.sequence > running.highest.sequence, tag.sequence >= reorder.next,
                    tag.sequence - reorder.next < Int64(reorder.capacity), !reorder.holds(tag.sequence)
                else { continue }
                tag.mark = mark
                accept(tag, payload: payload.extracting(block.payload), into: &sink)
            }
        }
        var own = packet
        own.payloadType = blocks.primary.payloadType
        take(
            own, payload: payload.extracting(blocks.primary.payload), isSilent: isSilent, mark: mark, arrival,
            into: &sink)
    }

    /// Whether a packet is of a digit: by its type, or because it looks like one where another codec runs.
    func isEvent(_ packet: RTPPacket, _ payload: RawSpan) -> Bool {
        if events.contains(packet.payloadType) { return true }
        guard let running = stream, running.ssrc == packet.ssrc, payload.byteCount == 4,
            packet.payloadType >= 96, let format = playout.format, format.codec != .opus,
            formats[Int(packet.payloadType)] != format
        else { return false }
        // Event 0 to 16, then the end bit, a reserved one that is 0, and the volume (RFC 4733, section 2.3).
        return payload.uint8(at: 0) <= 16 && payload.uint8(at: 1) & 0x40 == 0
    }
}
