import ControlAPI
import Events
import Foundation

/// A report on a session that still runs, from what the event socket tells.
struct RunningReport: Sendable {
    let session: String
    private(set) var page = ReportPage()
    /// The totals that the session ended with; nil as long as it runs.
    private(set) var finalTotals: SessionTotals?
    /// Whether the daemon knows the session.
    private(set) var isFound = false
    private var speakers: [SessionTotals.Speaker] = []
    private var seconds = 0.0
    private var policy = "\u{2013}", notice: String?
    /// From when on everything is in it.
    private var since: Double?
    /// From when on there are curves, by the daemon's history; nil without one.
    private var curvesSince: Double?

    init(session: String) { self.session = session }

    /// Takes in a line of the event socket.
    ///
    /// - Returns: whether the state up to now has been told.
    mutating func take(_ event: Event) -> Bool {
        if case .snapshot(let snapshot) = event.body {
            for session in snapshot.sessions where session.id == self.session { take(session) }
            if !snapshot.more { since = seconds }
            return !snapshot.more
        }
        guard event.session == session else { return false }
        isFound = true
        page.take(event)
        if let time = event.timeSeconds { seconds = max(seconds, time) }
        switch event.body {
        case .sessionStarted(let started): (policy, notice) = (started.policy, started.noticeID)
        case .sessionEnded(let ended): finalTotals = ended.totals
        case .speakerJoined(let joined): if let name = event.speaker { join(name, joined) }
        case .consent(let change):
            update(event.speaker) { $0 = .init(name: $0.name, role: $0.role, consent: change.state) }
        case .tick(let tick): update(event.speaker) { $0.take(tick) }
        default: break
        }
        return false
    }

    /// What is asked of the daemon's history: scores, each with its interval.
    static let historyFields = [
        "engagement.score", "engagement.interval", "sentiment.score", "sentiment.interval",
    ]
    /// As far as it goes back, seconds.
    static let historySeconds = 14_400
    /// For as long there is a point a second, and before that one in ten (docs/control.md).
    private static let fineSeconds = 600.0

    /// Takes in the scores from before this report was begun.
    mutating func take(_ history: History) {
        for series in history.speakers where speakers.contains(where: { $0.name == series.speaker }) {
            for (field, kind) in [
                ("engagement", \CallRecord.Voice.engagement), ("sentiment", \CallRecord.Voice.sentiment),
            ] {
                guard let score = history.fields.firstIndex(of: "\(field).score"),
                    let interval = history.fields.firstIndex(of: "\(field).interval")
                else { continue }
                let scores = series.points.compactMap { point -> CallRecord.Score? in
                    guard point.values.count > max(score, interval), case .number(let value) = point.values[score],
                        case .interval(let low, let high) = point.values[interval]
                    else { return nil }
                    let isFine = history.presentSeconds - point.timeSeconds < Self.fineSeconds
                    return CallRecord.Score(
                        seconds: point.timeSeconds, score: value, low: low, high: high, confidence: nil,
                        isProvisional: false, contributions: [], rhythmSeconds: isFine ? 0 : 10)
                }
                page.prepend(scores, of: series.speaker, to: kind)
            }
        }
        curvesSince = history.speakers.compactMap { $0.points.first?.timeSeconds }.min()
    }

    private mutating func take(_ snapshot: Snapshot.Session) {
        isFound = true
        (policy, notice) = (snapshot.started.policy, snapshot.started.noticeID)
        for speaker in snapshot.speakers {
            join(speaker.name, speaker.joined)
            guard let tick = speaker.lastTick else { continue }
            seconds = max(seconds, speaker.lastTickSeconds ?? 0)
            update(speaker.name) { $0.take(tick) }
            page.take(
                StoredReport.Score(
                    speaker: speaker.name, timeSeconds: speaker.lastTickSeconds ?? 0, engagement: tick.engagement))
        }
    }

    private mutating func join(_ name: String, _ joined: SpeakerJoined) {
        if let index = speakers.firstIndex(where: { $0.name == name }), speakers[index].consent == joined.consent {
            speakers[index].role = joined.role
        } else {
            speakers.removeAll { $0.name == name }
            speakers.append(SessionTotals.Speaker(name: name, role: joined.role, consent: joined.consent))
        }
    }

    private mutating func update(_ name: String?, _ change: (inout SessionTotals.Speaker) -> Void) {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return }
        change(&speakers[index])
    }

    /// The totals so far: the last ticks have them of the whole session.
    var totals: SessionTotals {
        if let finalTotals { return finalTotals }
        let metrics = speakers.lazy.compactMap(\.metrics).first
        let changes = (metrics?.speakerChangesPerMinute ?? 0) * seconds / 60
        return SessionTotals(
            session: session, durationSeconds: seconds, speakerChanges: Int(min(1e9, max(0, changes)).rounded()),
            overlapRatio: metrics?.overlapRatio, speakers: speakers)
    }

    var origin: ReportOrigin {
        return ReportOrigin(
            kind: finalTotals == nil ? "running session" : "session, ended",
            date: "as of \(Date().formatted(.iso8601))", policy: policy, notice: notice,
            gap: gap)
    }

    /// What happened before the report was begun is in no lane.
    private var gap: String? {
        guard let since, since > 0 else { return nil }
        let begin = ReportText.time(since)
        let rest = "the numbers are of the whole session."
        guard let curvesSince, curvesSince < since else {
            return "Lanes, curves and cues begin at \(begin), when this report was begun; \(rest)"
        }
        return "Lanes, cues and what moved the scores begin at \(begin), when this report was begun. The curves go "
            + "back to \(ReportText.time(curvesSince)), as far as the daemon remembers; \(rest)"
    }

    /// The page up to now.
    var html: String { get throws { try page.html(totals, origin) } }
}

extension SessionTotals.Speaker {
    fileprivate mutating func take(_ tick: Tick) {
        metrics = tick.windows.last
        engagement = tick.engagement
        sentiment = tick.sentiment
        audio = tick.audio
    }
}
