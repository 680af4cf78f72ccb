import Testing

@testable import Daemon

@Suite struct SourceEndTests {
    @Test(arguments: [
        (SourceEnd.detached, "detached", "detached"), (.endOfMedia, "end of media", "source ended"),
        // A text that reads like another end is none.
        (.failed("detached"), "detached", "source ended"), (.failed("no route"), "no route", "source ended"),
    ])
    func whatIsToldOfASourceAndOfItsSpeakers(end: SourceEnd, reason: String, departure: String) {
        #expect(end.reason == reason && end.departure == departure)
    }
}
