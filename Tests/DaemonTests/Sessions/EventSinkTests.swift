import Events
import Synchronization
import Testing

@testable import Daemon

@Suite struct EventSinkTests {
    private final class Log: Sendable {
        private let entries = Mutex<[String]>([])
        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
        var all: [String] { entries.withLock { $0 } }
    }

    private struct Sink: EventSink {
        let name: String
        let log: Log

        func take(_ event: Event, arrivedNanoseconds: Int64?) {
            log.add("\(name) \(event.session ?? "") \(arrivedNanoseconds ?? 0)")
        }
    }

    @Test func eachEventGoesToAllInTheOrderOfTheList() {
        let log = Log()
        let sinks: [any EventSink] = [Sink(name: "first", log: log), Sink(name: "second", log: log)]
        for number in 1...2 {
            let beat = EventBody.heartbeat(Heartbeat(sessions: 0, subscribers: 0))
            sinks.take(Event(beat, session: "s"), arrivedNanoseconds: Int64(number))
        }
        #expect(log.all == ["first s 1", "second s 1", "first s 2", "second s 2"])
    }
}
