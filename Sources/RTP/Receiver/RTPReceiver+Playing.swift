import MediaTypes

/// Plays packets whose turn has come. Static, because one part of the receiver lends the packet while others change.
extension RTPReceiver {
    static func takeAndPlay<Sink: RTPSink & ~Copyable>(
        _ reorder: inout ReorderBuffer, _ formats: [AudioFormat?], _ playout: inout Playout,
        _ statistics: inout RTPStatistics, into sink: inout Sink
    ) -> Bool {
        reorder.takeNext { tag, payload in
            play(payload, tag, formats, &playout, &statistics, into: &sink)
        }
    }

    static func play<Sink: RTPSink & ~Copyable>(
        _ payload: RawSpan, _ tag: PacketTag, _ formats: [AudioFormat?], _ playout: inout Playout,
        _ statistics: inout RTPStatistics, into sink: inout Sink
    ) {
        // A digit is time in which nothing is said.
        if tag.isEvent { return }
        guard let format = formats[Int(tag.payloadType)] else {
            // What it carried is not known, so its time is lost rather than silent.
            playout.noteLoss()
            return
        }
        guard payload.byteCount > 0 else {
            statistics.empty += 1
            return
        }
        sink.packet(mark: tag.mark)
        playout.play(payload, tag: tag, format: format, statistics: &statistics, into: &sink)
    }
}
