import Events

/// Which events a client wants; everything until it says otherwise.
public struct EventFilter: Sendable, Equatable {
    /// Names to let through; an empty set lets everything through, and so does an event without such a name. `hello`,
    /// `snapshot`, `lagged` and `error` always come.
    public var sessions: Set<String> = [], speakers: Set<String> = [], types: Set<String> = []
    /// At most one tick of a speaker per so many seconds of media time (0.1 to 3600); nil for every tick.
    public var tickIntervalSeconds: Double?

    /// A filter; one that is left out lets everything through.
    public init(
        sessions: Set<String> = [], speakers: Set<String> = [], types: Set<String> = [],
        tickIntervalSeconds: Double? = nil
    ) {
        self.sessions = sessions
        self.speakers = speakers
        self.types = types
        self.tickIntervalSeconds = tickIntervalSeconds
    }

    /// The line that asks the daemon for it, without its line feed; nil where everything is wanted.
    var line: [UInt8]? {
        guard self != EventFilter() else { return nil }
        var json = JSONWriter()
        json.object { json in
            json.object("subscribe") { json in
                for (key, names) in [("sessions", sessions), ("speakers", speakers), ("types", types)]
                where !names.isEmpty {
                    json.array(key) { json in
                        for name in names.sorted() { json.string(name) }
                    }
                }
                if let tickIntervalSeconds { json.field("tick_interval_s", tickIntervalSeconds, decimals: 3) }
            }
        }
        return json.bytes
    }
}
