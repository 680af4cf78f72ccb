import Bus
import Control
import ControlAPI
import Events
import Fleet
import Kit
import Telemetry

/// What browsers ask of a gateway. It shows what nodes measure, and changes nothing: that is asked of the node.
struct GatewayBackend: EventBackend, StatusBackend, StoredBackend {
    let hub: GatewayHub
    let link: GatewayLink

    // MARK: Events

    func events(_ query: EventQuery) async throws(Problem) -> any EventFeed {
        guard query.sessions.count == 1, let session = query.sessions.first else {
            throw Problem(
                status: 422, type: .invalidRequest,
                detail: "a gateway tells of one session at a time; add ?session=NAME, or bring a token of a session")
        }
        let filter = try RingFilter(query)
        try hub.admit()
        return GatewayFeed(hub, session: session, filter: filter, after: query.last)
    }

    func history(_ request: HistoryRequest) async throws(Problem) -> [UInt8] {
        throw Problem(
            status: 409, type: ProblemType(rawValue: "history_off"),
            detail: "a gateway keeps no curves; ask the node of the session")
    }

    // MARK: State

    func isReady() async -> Bool { hub.isReady }

    func latency() async -> EventLatencySummary { EventLatencySummary(events: 0) }

    func metrics() async -> String {
        var text = MetricsText()
        text.metric(
            "attune_build_info", .gauge, help: "Always 1; the version is in the label.", by: "version",
            [(attuneVersion, 1)])
        let (counts, sessions, nodes, bytes) = hub.reading { board in
            (board.counts, board.sessionCount, board.nodes.alive, board.keptBytes)
        }
        Self.write(counts, to: &text)
        text.metric("attune_gateway_sessions", .gauge, help: "Sessions that are known.", Double(sessions))
        text.metric("attune_gateway_bytes", .gauge, help: "Bytes of events that are kept.", Double(bytes))
        text.metric("attune_gateway_clients", .gauge, help: "Clients connected now.", Double(hub.clients))
        text.metric("attune_fleet_nodes", .gauge, help: "Nodes that are there.", Double(nodes.count))
        text.metric(
            "attune_fleet_calls", .gauge, help: "Calls on all nodes together.",
            Double(nodes.reduce(0) { $0 + $1.calls }))
        text.metric("attune_bus_connected", .gauge, help: "1 while the bus is there.", hub.isConnected ? 1 : 0)
        text.metric(
            "attune_bus_connections_total", .counter, help: "How often the bus was there.", Double(link.connections))
        return text.text
    }

    static func write(_ counts: GatewayBoard.Counts, to text: inout MetricsText) {
        text.metric(
            "attune_gateway_facts_total", .counter, help: "Events other than ticks that came, by what became of them.",
            by: "outcome",
            [
                ("taken", Double(counts.facts)), ("duplicate", Double(counts.duplicates)),
                ("fenced", Double(counts.fenced)), ("unreadable", Double(counts.unreadable)),
                ("overflow", Double(counts.overflow)),
            ])
        text.metric(
            "attune_gateway_holes_total", .counter, help: "Holes before an event, of which clients were told.",
            Double(counts.holes))
        text.metric(
            "attune_gateway_ticks_total", .counter, help: "Ticks that somebody waited for, by what became of them.",
            by: "outcome",
            [("taken", Double(counts.ticks)), ("stale", Double(counts.staleTicks))])
        text.metric(
            "attune_gateway_parcels_total", .counter, help: "Parcels of ticks that came, by whether somebody waited.",
            by: "outcome", [("opened", Double(counts.openedParcels)), ("unopened", Double(counts.unopenedParcels))])
        text.metric(
            "attune_fleet_nodes_lost_total", .counter, help: "Nodes that were lost, or came back as another run.",
            Double(counts.lostNodes))
    }

    // MARK: Store

    var health: StoreHealth { StoreHealth(state: "off") }

    private static let noStore = Problem(status: 404, type: .storeOff, detail: "a gateway stores nothing; ask a node")

    func stored() async throws(Problem) -> [StoredSummary] { throw Self.noStore }
    func stored(id: String) async throws(Problem) -> [UInt8] { throw Self.noStore }
    func forget(id: String) async throws(Problem) -> Forgotten { throw Self.noStore }
    func forget(speaker: String) async throws(Problem) -> Forgotten { throw Self.noStore }
}

extension GatewayBackend: ControlBackend {
    private static let elsewhere = Problem(
        status: 409, type: .invalidRequest,
        detail: "a gateway changes nothing; ask the node of the session, which "
            + "'attune place SESSION' names")

    func attach(_ request: AttachRequest) async throws(Problem) -> SourceSummary { throw Self.elsewhere }
    func detach(session: String) async throws(Problem) -> SessionTotals { throw Self.elsewhere }
    func detach(session: String, source: String) async throws(Problem) -> DetachedSource { throw Self.elsewhere }
    func setState(
        session: String, source: String, _ request: SourceStateRequest
    ) async throws(Problem) { throw Self.elsewhere }
    func setConsent(session: String, speaker: String, to order: ConsentOrder) async throws(Problem) {
        throw Self.elsewhere
    }
    func describe(
        session: String, speaker: String, _ request: SpeakerRequest
    ) async throws(Problem) -> SpeakerSummary { throw Self.elsewhere }
    func caption(session: String, _ request: CaptionRequest) async throws(Problem) -> CaptionSummary {
        throw Self.elsewhere
    }
    func setCue(session: String, cue: String, _ request: CueStateRequest) async throws(Problem) {
        throw Self.elsewhere
    }
    func reload() async throws(Problem) -> ReloadSummary { throw Self.elsewhere }

    func sessions() async -> [SessionSummary] {
        hub.reading { board in
            board.running.compactMap(\.state).map { session in
                SessionSummary(
                    session: session.id, ageSeconds: 0,
                    sources: session.sources.map { source in
                        var summary = SourceSummary(
                            source: source.source, url: source.url, state: source.state.rawValue, speakers: [])
                        summary.reason = source.reason
                        return summary
                    })
            }
        }
    }

    /// That of the gateway's own configuration, which is that of the nodes.
    func policy() async -> PolicySummary { link.policy }
}

extension GatewayBackend: PlaceBackend {
    func place(_ request: PlaceRequest) async throws(Problem) -> PlacedCall { try await link.place(request.session) }
}
