import Events
import Foundation
import Kit

extension EventLine {
    /// The event as a short readable line for a terminal; what this version does not know as it came.
    var summary: String {
        guard let event else { return printableJSON(text) }
        let time = event.timeSeconds.map { String(format: "%8.2f", $0) } ?? "        "
        let who = [event.session, event.speaker].compactMap(\.self).joined(separator: "/")
        return printable("\(time)  \(event.body.typeName)  \(who)  \(event.body.detail)")
    }
}

extension EventBody {
    fileprivate var detail: String {
        switch self {
        case .tick(let tick): tick.engagement.text
        case .words(let span): span.text ?? "\(span.words) words"
        case .tracker(let met): "\(met.tracker), \(met.mentions == 1 ? "once" : "\(met.mentions) times")"
        case .voiceFound(let voice): "in \(voice.track)"
        case .voicesCounted(let count): count.voices.map(String.init) ?? "\(count.least) to \(count.most)"
        case .voiceMerged(let voice): "is \(voice.into)"
        case .voiceNamed(let voice): "is \(voice.name)"
        case .speechStarted(let speech): String(format: "from %.2f s", speech.startSeconds)
        case .speechEnded(let speech): Self.span(speech.startSeconds, speech.endSeconds)
        case .speechRevised(let revised):
            Self.span(revised.fromSeconds, revised.toSeconds) + ": "
                + revised.speech.map { Self.span($0.startSeconds, $0.endSeconds) }.joined(separator: ", ")
        case .turn(let turn):
            Self.span(turn.startSeconds, turn.endSeconds)
                + (turn.ftoMilliseconds.map { ", \($0) ms after the other" } ?? "")
        case .overlapStarted(let overlap):
            String(
                format: "in the turn of %@, %@ by %.0f %%", overlap.holder, overlap.likely.rawValue,
                overlap.probability * 100)
        case .video(let video): video.state.rawValue
        case .facePoints(let points): "\(points.parts.values.reduce(0) { $0 + $1.count }) points"
        case .overlap(let overlap): "\(overlap.kind.rawValue) in the turn of \(overlap.holder)"
        case .quality(let quality):
            (quality.issues.isEmpty ? "no issues" : quality.issues.map(\.rawValue).joined(separator: ", "))
                + (quality.driftPartsPerMillion.map { String(format: ", drift %.0f ppm", $0) } ?? "")
        case .speakerJoined(let speaker):
            [speaker.role, "consent \(Self.consent(speaker.consent, speaker.lanes))"].compactMap(\.self).joined(
                separator: ", ")
        case .consent(let change):
            Self.consent(change.state, change.lanes) + ", was "
                + Self.consent(change.previous, change.previousLanes)
        case .sourceConnecting(let source), .sourceConnected(let source), .sourceStalled(let source),
            .sourceReconnecting(let source), .sourceEnded(let source):
            [source.url, source.reason].compactMap(\.self).joined(separator: ", ")
        case .gap(let gap): Self.span(gap.fromSeconds, gap.toSeconds) + ", \(gap.why.rawValue)"
        case .degraded(let degraded): degraded.text
        case .recovered(let recovered):
            String(format: "%@ after %.1f s", recovered.what.rawValue, recovered.afterSeconds)
        case .speakerLeft(let left): left.reason
        case .cueRaised(let cue): "\(cue.id) \(cue.cue): \(cue.metric) is \(cue.value), limit \(cue.limit)"
        case .cueChanged(let cue):
            (cue.id.map { "\($0) " } ?? "") + "\(cue.cue): \(cue.state.rawValue)"
                + (cue.forSeconds.map { String(format: " for %.0f s", $0) } ?? "")
        case .cueCleared(let cue): "\(cue.id) \(cue.cue): \(cue.reason.rawValue)"
        case .lagged(let lagged): "\(lagged.count) events lost, of these \(lagged.coalesced) older ticks"
        case .error(let error): error.message
        case .hello, .snapshot, .sessionStarted, .sessionEnded, .heartbeat: ""
        }
    }

    private static func consent(_ state: ConsentState, _ lanes: ConsentLanes) -> String {
        lanes.isEmpty ? state.rawValue : (["voice"] + lanes.names).joined(separator: ",")
    }

    private static func span(_ start: Double, _ end: Double) -> String {
        String(format: "%.2f to %.2f s", start, end)
    }
}

extension Engagement {
    /// A score with its interval, or why there is none.
    fileprivate var text: String {
        switch self {
        case .abstained(let reason): "no score: \(reason.rawValue)"
        case .scored(let score):
            String(format: "engagement %.1f (%.0f to %.0f)", score.score, score.low, score.high)
                + (score.isProvisional ? ", provisional" : "")
        }
    }
}

extension Degraded {
    /// What is given up, and why.
    fileprivate var text: String {
        let given = tickEvery.map { "one in \($0) is sent" } ?? speakers.joined(separator: ", ")
        return String(format: "%@ (%@), %@, load %.2f", what.rawValue, given, reason.rawValue, load)
    }
}
