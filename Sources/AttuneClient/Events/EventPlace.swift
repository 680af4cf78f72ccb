import Events

/// Where a client stands in the order of events, over all its connections.
struct EventPlace {
    /// The run of the daemon that was heard last.
    private var epoch: String?
    /// Everything up to this event was told; nil where a new snapshot is needed, because the last one was cut off.
    private var sequence: Int?
    /// Greetings of this connection that are still to come: that of a connection, and the answer to `resume`, after
    /// which the events come.
    private var greetings = 0

    /// Whether the daemon has greeted this client and events come.
    var isConnected: Bool { greetings == 0 }

    /// What to send to go on where the last connection broke off, without its line feed; nil to begin anew.
    var resumeLine: [UInt8]? {
        guard let epoch, let sequence else { return nil }
        var json = JSONWriter()
        json.object { json in
            json.object("resume") { json in
                json.field("epoch", epoch)
                json.field("seq", sequence)
            }
        }
        return json.bytes
    }

    mutating func beginConnection() {
        greetings = resumeLine == nil ? 1 : 2
    }

    /// What a line of the connection means to the client.
    mutating func take(_ line: EventLine) -> [EventStream.Element] {
        guard case .hello(let hello) = line.event?.body else {
            // What comes before the answer to `resume` comes again.
            guard isConnected else { return [] }
            if case .snapshot(let snapshot) = line.event?.body, snapshot.more { return [.line(line)] }
            sequence = line.sequence ?? sequence
            return [.line(line)]
        }
        greetings = max(0, greetings - 1)
        guard isConnected else { return [] }
        let isNew = epoch != nil && epoch != hello.epoch
        epoch = hello.epoch
        // Without `resume` the snapshot that follows is part of what has to be told.
        if sequence != nil { sequence = line.sequence }
        return isNew ? [.newEpoch(hello.epoch), .line(line)] : [.line(line)]
    }
}
