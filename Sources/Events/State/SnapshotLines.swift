/// Longest line on the wire with its line feed, bytes.
public let maxLineBytes = 65_536

/// The lines of a snapshot, each made when the client can take it and none longer than a line may be.
public struct SnapshotLines: Sendable {
    /// What was not written yet.
    private var sessions: ArraySlice<Snapshot.Session>
    /// The events up to which the snapshot is current.
    public let sequence: Int
    /// Whether all of it was written.
    public private(set) var isFinished = false

    /// The lines of a snapshot that is current up to the event `sequence`.
    public init(sessions: [Snapshot.Session], sequence: Int) {
        self.sessions = sessions[...]
        self.sequence = sequence
    }

    /// The next line; nil after the last one.
    ///
    /// A session that needs more than a line continues in the next one with further sources and speakers.
    public mutating func next(at: String) -> [UInt8]? {
        guard !isFinished else { return nil }
        // What fits by its ticks alone, which are the most of it.
        var bytes = 0
        let fitting = sessions.prefix { session in
            bytes += session.speakers.reduce(0) { $0 + $1.lastTickBytes }
            return bytes < maxLineBytes
        }
        var count = min(max(fitting.count, 1), sessions.count)
        while true {
            let line = encode(Array(sessions.prefix(count)), more: count < sessions.count, at: at)
            if line.count < maxLineBytes {
                sessions = sessions.dropFirst(count)
                isFinished = sessions.isEmpty
                return line
            }
            guard count > 1 else { return partOfSession(at: at) }
            count /= 2
        }
    }

    /// Leaves the last ticks, and the cues that were made of such, out of all further lines.
    public mutating func forgetTicks() {
        for session in sessions.indices {
            sessions[session].cues = []
            for speaker in sessions[session].speakers.indices {
                sessions[session].speakers[speaker].lastTick = nil
                sessions[session].speakers[speaker].lastTickSeconds = nil
            }
        }
    }

    /// As many sources and speakers of the first session as fit into a line; one of them always does.
    private mutating func partOfSession(at: String) -> [UInt8]? {
        guard var rest = sessions.first else { return nil }
        var count = max(1, (rest.sources.count + rest.speakers.count) / 2)
        while true {
            let speakers = max(0, count - rest.sources.count)
            var part = rest
            part.sources = Array(rest.sources.prefix(count))
            part.speakers = Array(rest.speakers.prefix(speakers))
            let line = encode([part], more: true, at: at)
            if line.count < maxLineBytes || count == 1 {
                rest.cues = []
                rest.sources = Array(rest.sources.dropFirst(count))
                rest.speakers = Array(rest.speakers.dropFirst(speakers))
                sessions[sessions.startIndex] = rest
                return line
            }
            count /= 2
        }
    }

    private func encode(_ part: [Snapshot.Session], more: Bool, at: String) -> [UInt8] {
        Event(.snapshot(Snapshot(sessions: part, more: more))).line(sequence: sequence, at: at)
    }
}
