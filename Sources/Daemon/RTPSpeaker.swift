import Conversation
import Events
import MediaTypes
import RTP

/// One speaker of an RTP source: the receiver of what is sent, and the feed into the session.
///
/// A feed of its own, because the media time of different senders has nothing in common but arrival. Confined to
/// the event loop of its source.
final class RTPSpeaker {
    /// Hands what the receiver delivers to the feed.
    private struct Sink: RTPSink, ~Copyable {
        let speaker: RTPSpeaker
        var hasDelivered = false

        mutating func media(start: MediaTime, samples: Span<Float>, isConcealed: Bool) {
            deliver()
            speaker.feed.media(track: speaker.track.track, start: start, samples: samples)
        }

        mutating func silence(start: MediaTime, sampleCount: Int64) {
            deliver()
            speaker.feed.silence(
                track: speaker.track.track, start: start, count: Int(clamping: sampleCount))
        }

        private mutating func deliver() {
            hasDelivered = true
            speaker.comeBack()
        }
    }

    private(set) var track: SpeakerTrack
    let feed: SourceFeed
    private(set) var latestMediaNanoseconds: Int64?
    private(set) var receiver: RTPReceiver
    private let session: LiveSession
    private var isPresent = false

    init(track: SpeakerTrack, receiver: consuming RTPReceiver, session: LiveSession) {
        self.track = track
        self.receiver = receiver
        self.session = session
        feed = SourceFeed(session: session)
    }

    /// Whether the sender has said goodbye.
    var hasEnded: Bool { receiver.hasEnded }

    /// Lets the speaker join the session.
    func join() {
        feed.join([track])
        isPresent = true
    }

    /// Takes one datagram; returns whether media came of it.
    func receive(_ datagram: RawSpan, nowNanoseconds: Int64) -> Bool {
        var sink = Sink(speaker: self)
        receiver.receive(datagram, arrivalNanoseconds: nowNanoseconds, into: &sink)
        return note(sink.hasDelivered, nowNanoseconds)
    }

    /// Takes one message of an RTCP compound.
    func receive(_ message: RTCPMessage, nowNanoseconds: Int64) {
        var sink = Sink(speaker: self)
        receiver.receive(message, arrivalNanoseconds: nowNanoseconds, into: &sink)
        _ = note(sink.hasDelivered, nowNanoseconds)
    }

    /// Gives up packets that were waited for too long; returns whether media came of it.
    func flush(nowNanoseconds: Int64) -> Bool {
        var sink = Sink(speaker: self)
        receiver.flush(nowNanoseconds: nowNanoseconds, into: &sink)
        return note(sink.hasDelivered, nowNanoseconds)
    }

    /// Ends what is running; the speaker leaves.
    func finish(reason: String) {
        var sink = Sink(speaker: self)
        if isPresent { receiver.finish(into: &sink) }
        leave(reason: reason)
    }

    private func note(_ hasDelivered: Bool, _ nowNanoseconds: Int64) -> Bool {
        if hasDelivered { latestMediaNanoseconds = nowNanoseconds }
        if receiver.hasEnded { leave(reason: "the sender said goodbye") }
        return hasDelivered
    }

    private func leave(reason: String) {
        guard isPresent else { return }
        isPresent = false
        feed.finish(reason: reason)
    }

    /// Lets a speaker join who may have been in the session before, with the consent of meanwhile.
    func comeBack() {
        guard !isPresent else { return }
        if let consent = session.update({ $0.consent(of: track.name) }) ?? nil { track.consent = consent }
        join()
    }
}
