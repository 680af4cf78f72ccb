import Control
import ControlAPI
import Events
import Fleet
import Kit
import Synchronization

/// The events of one session for one client; it has a place until it is released.
actor GatewayFeed: EventFeed {
    private let hub: GatewayHub
    private let session: String
    private let filter: RingFilter
    private var position: RingPosition
    private let isEnded = Atomic<Bool>(false)

    /// As often as the daemon's heartbeats come, so that who listens knows that the line is alive.
    private static let heartbeatMilliseconds: Int64 = 10_000

    init(_ hub: GatewayHub, session: String, filter: RingFilter, after last: (epoch: String, sequence: Int)?) {
        (self.hub, self.session, self.filter) = (hub, session, filter)
        position = RingPosition(after: last)
        hub.follow(session)
    }

    deinit {
        hub.unfollow(session)
        hub.dismiss()
    }

    func next() async -> [EventFeedLine]? {
        let due = GatewayHub.nowMilliseconds + Self.heartbeatMilliseconds
        while !Task.isCancelled, !isEnded.load(ordering: .acquiring) {
            guard let lines = hub.lines(session, &position, filter) else { return nil }
            if !lines.isEmpty || GatewayHub.nowMilliseconds >= due {
                return lines.map { EventFeedLine(json: $0.json, id: $0.id) }
            }
            await hub.wait(session, position, until: due) { self.isEnded.load(ordering: .acquiring) }
        }
        return nil
    }

    nonisolated func end() {
        isEnded.store(true, ordering: .releasing)
        hub.wake(session)
    }
}

extension RingFilter {
    /// What a query wants.
    ///
    /// - Throws: `invalid_subscribe`, as on one machine.
    init(_ query: EventQuery) throws(Problem) {
        func invalid(_ detail: String) -> Problem {
            Problem(status: 422, type: ProblemType(rawValue: "invalid_subscribe"), detail: detail)
        }
        self.init()
        speakers = query.speakers
        types = Set(EventKind.filterable.filter { query.types.contains($0.rawValue) })
        guard types.count == query.types.count else {
            let known = EventKind.filterable.map(\.rawValue).sorted().joined(separator: ", ")
            throw invalid("'types' has a name that is none of: \(known)")
        }
        if let interval = query.tickIntervalSeconds {
            guard (0.1...3_600).contains(interval) else {
                throw invalid("'tick_interval_s' must be a number of seconds from 0.1 to 3600")
            }
            tickIntervalSeconds = interval
        }
        guard !query.fields.isEmpty else { return }
        guard query.fields.count <= 64 else {
            throw invalid("'fields' may have 64 names; ask for a whole object, such as engagement")
        }
        do throws(UnknownTickField) { fields = try TickFields(query.fields) } catch {
            throw invalid("'fields' has '\(error.name)', which no tick has; see docs/events.md")
        }
    }
}
