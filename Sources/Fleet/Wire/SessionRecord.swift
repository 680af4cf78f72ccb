public import Events

/// The state of a session, as its node writes it down for whoever comes later: who is in it and what they have agreed
/// to. Of what was measured there is nothing in it but what nodes give along for the next one (`rest`).
public struct SessionRecord: Sendable {
    /// The node, its run, and its term.
    public var node: String, epoch: String, term: Int
    /// The event up to which it holds.
    public var sequence: Int
    /// The session, without ticks and cues.
    public var session: Snapshot.Session
    /// What only nodes understand, as a line of JSON; nil for nothing.
    public var rest: [UInt8]?

    /// A record of a session, without what was measured.
    public init(
        node: String, epoch: String, term: Int, sequence: Int, session: Snapshot.Session, rest: [UInt8]? = nil
    ) {
        self.rest = rest
        (self.node, self.epoch, self.term, self.sequence, self.session) = (node, epoch, term, sequence, session)
        self.session.cues = []
        for index in session.speakers.indices {
            self.session.speakers[index].lastTick = nil
            self.session.speakers[index].lastTickSeconds = nil
        }
    }

    /// As it is written: a line that says whose it is, a `snapshot` line, and the rest.
    public func bytes(at: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("v", wireVersion)
            json.field("node", node)
            json.field("epoch", epoch)
            json.field("term", term)
        }
        return json.bytes + [UInt8(ascii: "\n")]
            + Event(.snapshot(Snapshot(sessions: [session]))).line(sequence: sequence, at: at)
            + (rest.map { [UInt8(ascii: "\n")] + $0 } ?? [])
    }

    /// Reads one; nil where it is none.
    public init?(_ bytes: some Collection<UInt8>) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard (2...3).contains(lines.count), String(validating: lines[0], as: UTF8.self) != nil,
            case .object(let members) = try? JSONReader.parse(Array(lines[0])),
            members["v"] == .number(Double(wireVersion)), case .string(let node) = members["node"],
            case .string(let epoch) = members["epoch"], BusNames.isNodeName(node),
            case .number(let number) = members["term"], let term = Int(exactly: number), term > 0
        else { return nil }
        let line = EventLine(Array(lines[1]))
        guard case .snapshot(let snapshot) = line.event?.body, let session = snapshot.sessions.first,
            let sequence = line.sequence
        else { return nil }
        self.init(
            node: node, epoch: epoch, term: term, sequence: sequence, session: session,
            rest: lines.count == 3 ? Array(lines[2]) : nil)
    }
}
