import ControlAPI
import Events
import Pipeline
import RTP

/// A running session as the registry keeps it: what is attached to it, and a little of what was.
struct SessionEntry {
    /// A source, from the request on until it has ended.
    struct Attached {
        /// Where it stands among all that were ever attached.
        let number: Int
        let source: any MediaSource
        let tracks: [SpeakerTrack]
        /// As it can be attached again; nil where whoever sends has to come again by itself.
        let request: AttachRequest?
        /// Whether the request has not been answered yet.
        var isOpening = true
        /// Whether its sender says that no media comes for now: on hold, muted, paused.
        var isHeld = false
        /// Whether it is being detached, by whoever takes it out of here then.
        var isStopping = false

        var id: String { source.monitor.id }
        /// Whether it keeps its session: media comes, may be coming, or is known to be held back.
        var isBusy: Bool { isOpening || isHeld && isRunning || source.monitor.state == .live }
        /// Whether it takes a place and its speakers their names.
        var isRunning: Bool { source.monitor.phase != .ended }

        var summary: SourceSummary {
            let status = source.monitor.status
            var summary = SourceSummary(
                source: id, url: status.url, state: status.state.rawValue,
                speakers: tracks.filter { $0.selector != .unnamed }.map(\.name) + source.monitor.unnamed)
            summary.reason = status.reason
            return summary
        }
    }

    /// Sources that have ended are kept, so that one can see why, but no more of them; the snapshot of the event socket
    /// keeps as many.
    static let endedKept = 16

    let session: LiveSession
    /// All its plain RTP is received on one event loop, so that no two wait for its lock.
    let timer: RTPTimer
    var captions = CaptionGate()
    /// What its captions are searched for.
    let trackers: CaptionTrackers
    /// What has not ended, or has and was not noticed yet.
    private(set) var attached: [Attached] = []
    private var ended: [(number: Int, summary: SourceSummary)] = []
    /// Whether it was heard of: its first source has been admitted.
    var isPublic = false
    /// Since when no source of it keeps it (`HostClock`, nanoseconds); nil while one does.
    private(set) var quietSince: Int64?
    /// Set once the session is being ended.
    var ending: Task<SessionTotals?, Never>?

    init(session: LiveSession, timer: RTPTimer, trackers: CaptionTrackers) {
        self.trackers = trackers
        self.session = session
        self.timer = timer
    }

    /// Names that are taken.
    var speakers: Set<String> {
        var names: Set<String> = []
        for source in attached where source.isRunning {
            names.formUnion(source.tracks.map(\.name))
            names.formUnion(source.source.monitor.unnamed)
        }
        return names
    }

    /// All its sources in the order they were attached.
    var summaries: [SourceSummary] {
        (ended + attached.map { ($0.number, $0.summary) }).sorted { $0.number < $1.number }.map(\.summary)
    }

    var states: [SourceState.State] {
        attached.map(\.source.monitor.state) + ended.map { _ in .ended }
    }

    mutating func add(_ source: any MediaSource, number: Int, tracks: [SpeakerTrack], request: AttachRequest? = nil) {
        attached.append(Attached(number: number, source: source, tracks: tracks, request: request))
    }

    func attached(_ id: String) -> Attached? {
        attached.first { $0.id == id }
    }

    /// Looks whether media comes.
    ///
    /// - Returns: for how long none has, nanoseconds.
    mutating func watchQuiet(now: Int64) -> Int64 {
        if attached.contains(where: \.isBusy) { quietSince = nil } else { quietSince = quietSince ?? now }
        return quietSince.map { max(0, now - $0) } ?? 0
    }

    /// Whether nothing has kept it for so long, as of the last look.
    func isQuiet(now: Int64, for nanoseconds: Int64) -> Bool {
        !attached.contains(where: \.isBusy) && quietSince.map { now - $0 >= nanoseconds } ?? false
    }

    func ended(_ id: String) -> SourceSummary? {
        ended.first { $0.summary.source == id }?.summary
    }

    mutating func update(_ id: String, _ change: (inout Attached) -> Void) {
        guard let index = attached.firstIndex(where: { $0.id == id }) else { return }
        change(&attached[index])
    }

    /// Takes out a source that has ended.
    ///
    /// - Returns: what there was of it; nil where it was taken out before.
    mutating func retire(_ id: String) -> Attached? {
        guard let index = attached.firstIndex(where: { $0.id == id }) else { return nil }
        let source = attached.remove(at: index)
        ended.append((source.number, source.summary))
        if ended.count > Self.endedKept, let oldest = ended.indices.min(by: { ended[$0].number < ended[$1].number }) {
            ended.remove(at: oldest)
        }
        return source
    }
}
