import Events
import Kit
import MediaTypes
import RTP

/// One stream in which a mixer sends the voices of several (RFC 3550, section 2.3), taken apart by what its packets say
/// of who contributes: one contributor has spoken, and everybody else was silent. What several contribute to is missing
/// of each of them, because nobody can say who said what of it. Confined to the event loop of its source.
final class RTPMixer {
    /// Speakers of a port that can be told apart; a packet's mark has a bit for each.
    private static let maxSpeakers = 63
    /// The mark of a contributor who is no speaker.
    static let somebody: UInt64 = 1 << 63

    /// The mark of a contributor.
    static func mark(speaker index: Int) -> UInt64 {
        index < maxSpeakers ? 1 << UInt64(index) : somebody
    }

    /// Hands what the receiver delivers to those who were heard.
    private struct Sink: RTPSink, ~Copyable {
        let mixer: RTPMixer
        let speakers: [RTPSpeaker?]
        let nowNanoseconds: Int64
        var hasDelivered = false

        mutating func packet(mark: UInt64) {
            mixer.mark = mark
            mixer.heard |= mark
        }

        mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
            hasDelivered = true
            for index in speakers.indices {
                guard let speaker = mixer.listener(speakers, index, nowNanoseconds) else { continue }
                let own = RTPMixer.mark(speaker: index)
                if mixer.mark == own {
                    speaker.feed.media(track: speaker.track.track, start: start, samples: samples)
                } else if mixer.mark & own != 0 {
                    speaker.feed.miss(track: speaker.track.track, .mixed)
                } else {
                    speaker.feed.silence(track: speaker.track.track, start: start, count: samples.count)
                }
                mixer.offset = speaker.feed.offset ?? mixer.offset
            }
        }

        mutating func silence(start: MediaTime, sampleCount: Int64) {
            hasDelivered = true
            for index in speakers.indices {
                guard let speaker = mixer.listener(speakers, index, nowNanoseconds) else { continue }
                speaker.feed.silence(track: speaker.track.track, start: start, count: Int(clamping: sampleCount))
                mixer.offset = speaker.feed.offset ?? mixer.offset
            }
        }
    }

    private(set) var receiver: RTPReceiver
    /// Session time minus media time of the stream; nil before the first media.
    private(set) var offset: Int64?
    /// Datagrams from another address than the mixer's while it was heard.
    private(set) var refused: UInt64 = 0
    /// A mixer silent for this long gives way to one at another address.
    private static let yieldNanoseconds: Int64 = 1_000_000_000
    private var sender: (origin: UInt64, latestNanoseconds: Int64)?
    /// Who contributed to what is being delivered, and who ever has.
    private var mark: UInt64 = 0, heard: UInt64 = 0

    init(_ receiver: consuming RTPReceiver) {
        self.receiver = receiver
    }

    /// Whether what arrives is the mixer's.
    func admits(_ arrival: RTPArrival) -> Bool {
        let now = arrival.nowNanoseconds
        if let sender, sender.origin != arrival.origin, now - sender.latestNanoseconds < Self.yieldNanoseconds {
            refused += 1
            return false
        }
        sender = (arrival.origin, now)
        return true
    }

    /// Takes a packet to which those of `mark` contributed; returns whether media came of it.
    func receive(
        _ packet: RTPPacket, _ datagram: RawSpan, mark: UInt64, speakers: [RTPSpeaker?], nowNanoseconds: Int64
    ) -> Bool {
        var sink = Sink(mixer: self, speakers: speakers, nowNanoseconds: nowNanoseconds)
        receiver.receive(datagram, as: .packet(packet), mark: mark, arrivalNanoseconds: nowNanoseconds, into: &sink)
        return sink.hasDelivered
    }

    /// Whether the mixer is heard under this SSRC from this host.
    func sends(ssrc: UInt32, from origin: UInt64) -> Bool {
        receiver.source == ssrc && sender?.origin == origin
    }

    /// Takes a message of RTCP; one of another host is ignored.
    func receive(_ message: RTCPMessage, speakers: [RTPSpeaker?], _ arrival: RTPArrival) {
        guard sender?.origin == arrival.origin else { return }
        var sink = Sink(mixer: self, speakers: speakers, nowNanoseconds: arrival.nowNanoseconds)
        receiver.receive(message, arrivalNanoseconds: arrival.nowNanoseconds, into: &sink)
    }

    /// Says that a speaker has left, or is heard without the mixer.
    func forget(speaker index: Int) {
        heard &= ~Self.mark(speaker: index)
    }

    /// Gives up packets that were waited for too long; returns whether media came of it.
    func flush(speakers: [RTPSpeaker?], nowNanoseconds: Int64) -> Bool {
        var sink = Sink(mixer: self, speakers: speakers, nowNanoseconds: nowNanoseconds)
        receiver.flush(nowNanoseconds: nowNanoseconds, into: &sink)
        return sink.hasDelivered
    }

    /// Delivers what is held, at the end.
    func finish(speakers: [RTPSpeaker?], nowNanoseconds: Int64) {
        var sink = Sink(mixer: self, speakers: speakers, nowNanoseconds: nowNanoseconds)
        receiver.finish(into: &sink)
    }

    /// What is to be reported to the mixer; nil as long as it does not report itself.
    func receptionReport(nowNanoseconds: Int64) -> ReceptionReport? {
        receiver.receptionReport(nowNanoseconds: nowNanoseconds)
    }

    /// The speaker of that number, ready to be fed, if the mixer has ever brought the voice.
    private func listener(_ speakers: [RTPSpeaker?], _ index: Int, _ nowNanoseconds: Int64) -> RTPSpeaker? {
        guard index < Self.maxSpeakers, heard & Self.mark(speaker: index) != 0, let speaker = speakers[index] else {
            return nil
        }
        speaker.contribute(to: self, nowNanoseconds: nowNanoseconds)
        return speaker.isGivenUp ? nil : speaker
    }
}
