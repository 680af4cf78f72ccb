import Events
import Publish

/// A way out for the events of all sessions.
protocol EventSink: Sendable {
    /// Takes in an event; has to return at once, because it is called under the lock of the session.
    ///
    /// - Parameter arrivedNanoseconds: when the media arrived that decided it (`CLOCK_MONOTONIC`), if media did.
    func take(_ event: Event, arrivedNanoseconds: Int64?)

    /// Whether anybody asks for the contours of a speaker's face.
    func seeksPoints(of speaker: String, in session: String) -> Bool
}

extension EventSink {
    func seeksPoints(of speaker: String, in session: String) -> Bool { false }
}

/// Several ways out are one: each event goes to all of them in the order of the list.
extension [any EventSink]: EventSink {
    func take(_ event: Event, arrivedNanoseconds: Int64?) {
        for sink in self { sink.take(event, arrivedNanoseconds: arrivedNanoseconds) }
    }

    func seeksPoints(of speaker: String, in session: String) -> Bool {
        contains { $0.seeksPoints(of: speaker, in: session) }
    }
}

extension Publisher: EventSink {
    func take(_ event: Event, arrivedNanoseconds: Int64?) { publish(event, arrivedNanoseconds: arrivedNanoseconds) }
}
