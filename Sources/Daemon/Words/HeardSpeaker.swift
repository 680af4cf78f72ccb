import Conversation
import Events
import MediaTypes
import Pipeline
import Text
import Words

/// What texts of a session are counted with.
struct WordCounting: Sendable {
    var analyzer: TextAnalyzer
    var trackers: CaptionTrackers
    /// Whether texts are passed on, to be told of those who agreed to that.
    var passesText: Bool
    /// Whether what is being said is written down before it has ended.
    var makesPartials = false
}

/// A speaker whose words are written down, and where they go.
final class HeardSpeaker: Sendable {
    /// The session by name, between which the recogniser is fair.
    let session: String
    private let permit: PermitHolder
    private let speaker: Int
    private let live: LiveSession
    private let counting: WordCounting
    /// Whether this is the other side than the one that is coached: of it words are given up first.
    let isGuest: Bool

    var makesPartials: Bool { counting.makesPartials }

    init(_ live: LiveSession, speaker: Int, permit: PermitHolder, counting: WordCounting) {
        session = live.id
        self.live = live
        self.speaker = speaker
        self.permit = permit
        self.counting = counting
        isGuest = live.update { $0.side(of: speaker) == .guest } ?? false
    }

    /// Whether what was heard under a permission may still be written down.
    func permits(_ permission: Int) -> Bool { permit.wordsPermission == permission }

    /// How long ago, by the session's present, something ended, in seconds.
    func age(ofHop hop: Int64) -> Double {
        live.now().seconds - Double(hop) / Double(AudioGrid.hopsPerSecond)
    }

    /// Tells the session that stretches of speech are given up, or that they are not any more.
    func report(_ body: EventBody) { live.report(body) }

    /// Takes in what was said in a unit; an empty text takes back what was told of it while it went on.
    ///
    /// - Returns: whether it counts.
    func take(_ text: String, of unit: SpeechUnit, permission: Int) -> Bool {
        let allowed = live.update { $0.wordPermission(speaker: speaker) } ?? .nothing
        // The name says nothing here: the speaker is known by number.
        guard
            var caption = try? Caption(
                speaker: "speaker", startSeconds: unit.startSeconds, endSeconds: unit.endSeconds, text: text,
                isPartial: unit.isPartial, id: "\(permission).\(unit.startHop)")
        else { return false }
        caption.trustsMarks = false
        guard
            var line = CaptionLine(
                caption, counting: counting.analyzer, trackers: counting.trackers, permission: allowed)
        else { return false }
        if counting.passesText, !text.isEmpty { line.spoken = CaptionLine.Spoken(recognised: text, over: unit.runs) }
        // Under the lock of the session, in which permissions change: nothing is taken that was taken back before.
        let outcome = live.update { engine in
            permits(permission) ? engine.takeRecognised(line, speaker: speaker) : .ignored
        }
        return outcome == .counted
    }
}
