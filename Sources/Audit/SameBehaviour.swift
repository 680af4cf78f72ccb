import Conversation
import Events
import MediaTypes

/// A call in which everybody behaves alike: the voice is the speaker's, the turns are the same for all.
///
/// A partner of synthetic records and the speaker take turns of a fixed length with a fixed lag. The speaker's turns
/// are filled with the recordings, one after the other, from their first to their last speech. As nobody changes, a
/// score that compares people with themselves stays near 50, whoever speaks.
struct SameBehaviour: Sendable {
    /// Mean scores of the call; nil where there was none.
    let engagement: Double?, sentiment: Double?
    /// Share of the call, its first minute left out, without an engagement score.
    let abstention: Double

    private static let turnHops: Int64 = 400
    private static let lagHops: Int64 = 50
    private static let rounds = 36
    private static let warmUpSeconds = 60.0

    /// - Parameter recordings: all of one speaker.
    init(_ recordings: [[HopRecord]]) {
        let voice = recordings.flatMap { records -> ArraySlice<HopRecord> in
            guard let first = records.firstIndex(where: \.isSpeech), let last = records.lastIndex(where: \.isSpeech)
            else { return [] }
            return records[first...last]
        }
        guard !voice.isEmpty else {
            engagement = nil
            sentiment = nil
            abstention = 1
            return
        }
        var engine = SessionEngine(id: "audit")
        let speaker = engine.join(name: "speaker", role: nil, consent: .granted, at: 0)
        let partner = engine.join(name: "partner", role: nil, consent: .granted, at: 0)
        let period = 2 * (Self.turnHops + Self.lagHops)
        var played = 0
        for hop in 0..<period * Int64(Self.rounds) {
            let place = hop % period
            var own = HopRecord.silent(index: hop)
            if place < Self.turnHops {
                own = voice[played % voice.count]
                own.index = hop
                played += 1
            }
            engine.advance(to: hop + 1)
            engine.push(speaker: speaker, own)
            let partnerSpeaks = (0..<Self.turnHops).contains(place - Self.turnHops - Self.lagHops)
            engine.push(speaker: partner, partnerSpeaks ? .voiced(index: hop) : .silent(index: hop))
        }
        _ = engine.takeEvents()
        let totals = engine.finish()
        let found = totals.speakers.first
        engagement = found?.meanEngagement
        sentiment = found?.meanSentiment
        let seconds = totals.durationSeconds - Self.warmUpSeconds
        let scored = Double(found?.scoredSeconds ?? 0)
        abstention = max(0, 1 - scored / seconds)
    }
}

extension HopRecord {
    /// A hop in which nobody speaks.
    fileprivate static func silent(index: Int64) -> HopRecord {
        HopRecord(
            index: index, levelDb: -70, speechProbability: 0, f0Hz: 0, voicingProbability: 0, isSpeech: false,
            isLost: false)
    }

    /// A hop of a voice that never changes.
    fileprivate static func voiced(index: Int64) -> HopRecord {
        HopRecord(
            index: index, levelDb: -25, speechProbability: 1, f0Hz: 150, voicingProbability: 1, isSpeech: true,
            isLost: false, isNucleus: index % 25 == 0)
    }
}
