@testable import Conversation
import Events
import MediaTypes
import Timing

/// A session and its sources, on one thread: what they send, whatever their clocks say, and between that the present,
/// which nobody but the host moves.
///
/// Each step is four bytes: what happens (low five bits) to whom (the next two), a detail, and a number.
struct Sessions {
    private enum Step: UInt8 {
        /// The present moves on: by hops, or by up to four months at once.
        case advance, standStill
        /// A source sends a block, with or without speech; or its clock jumps, a little or far; or it begins anew.
        case media, shift, jump, restart
        /// A record, or silence, wherever it lies.
        case record, silence
        case gap, pause, resume, leave, join, consent, role
        // Once more that was told before it was settled; the numbers of the others stay.
        case started, ended
        case quality, drift, caption
        /// The lane beside the voice.
        case note, watermark
        case finish
    }

    /// Few enough for what a step may cost: a long one settles half a minute of hops.
    private static let maxSteps = 300
    /// Beyond this there is no media, as `Placement` has it, in samples.
    private static let farthest: Int64 = 1 << 50
    /// How far ahead of the present `Placement` tolerates a live sender's clock, in samples.
    private static let toleratedLead: Int64 = 4_000
    private static let paces: [Placement.Pace] = [.hostClock, .live, .reader]

    private var engine: SessionEngine
    private var placements = paces.map { Placement($0) }
    /// Media time of each source, and the end of what it has placed.
    private var clocks: [Int64] = [0, 0, 0]
    private var ends: [Int64] = [0, 0, 0]

    init(settings: UInt8) {
        var configuration = ConversationConfiguration()
        configuration.skewHops = [50, 0, 500, 50][Int(settings & 3)]
        configuration.maxAheadHops = settings & 4 == 0 ? 3_000 : 100
        configuration.maxSpeakers = settings & 8 == 0 ? 128 : 3
        configuration.tickHops = settings & 16 == 0 ? 100 : 25
        engine = SessionEngine(id: "s", configuration: configuration)
        for speaker in 0..<3 { join(speaker, consent: .granted) }
    }

    mutating func play(_ bytes: Span<UInt8>) {
        for index in 0..<min(bytes.count / 4, Self.maxSteps) {
            let place = index * 4
            let number = Int64(Int16(truncatingIfNeeded: Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])))
            take(
                bytes[place] & 31, of: Int(bytes[place] >> 5 & 3), detail: bytes[place + 1], number: number)
            check()
        }
        _ = engine.finish()
        check()
    }

    private var now: MediaTime { MediaTime(samples: engine.presentHops * 160) }

    /// A number near the present, or as far from it as the detail says.
    private func place(_ detail: UInt8, _ number: Int64) -> Int64 {
        let hop = engine.presentHops + number << (Int64(detail & 3) * 12)
        return min(max(hop, -Self.farthest), Self.farthest)
    }

    private mutating func take(_ step: UInt8, of speaker: Int, detail: UInt8, number: Int64) {
        switch Step(rawValue: step) {
        case .advance: engine.advance(to: engine.presentHops + Int64(detail))
        case .standStill: engine.advance(to: engine.presentHops + Int64(number.magnitude) << Int64(detail & 15))
        case .media: media(of: speaker % 3, hops: Int64(detail & 63), isSpeech: detail & 64 != 0)
        case .shift: clocks[speaker % 3] &+= number
        case .jump: clocks[speaker % 3] &+= number << Int64(detail & 63)
        case .restart:
            // Only of RTP it is ever known where the time line goes on.
            let isKnown = detail & 1 != 0 && Self.paces[speaker % 3] == .hostClock
            let offset = isKnown ? place(detail >> 1, number) * 160 : nil
            placements[speaker % 3].restart(at: offset.map { min(max($0, -Self.farthest), Self.farthest) })
            ends[speaker % 3] = 0
        case .record: push(speaker, hop: place(detail, number), isSpeech: detail & 64 != 0)
        case .silence:
            engine.pushSilence(
                speaker: speaker, fromHop: place(detail, number), toHop: place(detail >> 2, number &+ Int64(detail)))
        case .gap:
            engine.explainGap(
                speaker: speaker, fromHop: place(detail, number), toHop: place(detail >> 2, number &+ Int64(detail)),
                why: detail & 1 == 0 ? .stall : .hold)
        case .pause: engine.pause(speaker: speaker)
        case .resume: engine.resume(speaker: speaker)
        case .leave: engine.leave(speaker: speaker, reason: "detached")
        case .join: join(Int(detail & 7), consent: detail & 8 == 0 ? .granted : .withheld)
        case .consent: _ = engine.setConsent(name: name(speaker), to: detail & 1 == 0 ? .granted : .withheld)
        case .role:
            _ = engine.describe(
                name: name(speaker), displayName: nil, role: ["rep", "customer", "minor"][Int(detail) % 3])
        default: takeMore(step, of: speaker, detail: detail, number: number)
        }
    }

    /// What is known beside the voice.
    private mutating func takeMore(_ step: UInt8, of speaker: Int, detail: UInt8, number: Int64) {
        switch Step(rawValue: step) {
        case .quality:
            var quality = VoiceQuality()
            quality.snrDb = Float(number)
            quality.bandwidthHz = Float(detail) * 40
            engine.note(speaker: speaker, quality)
        case .drift: engine.setClockDrift(of: name(speaker), partsPerMillion: Double(number))
        case .caption:
            let hop = place(detail, number)
            _ = engine.take(
                CaptionLine(
                    startHop: hop, endHop: hop + Int64(detail), id: "\(number)", isPartial: detail & 4 != 0,
                    words: Int(detail), compound: 0.5),
                speaker: name(speaker))
        case .note:
            let hop = place(detail, number)
            engine.push(
                voice(speaker, detail), Note(id: number & 15, hops: hop..<hop + Int64(detail)), to: NoteWindow.self)
        case .watermark:
            // Now and then somebody says whose a voice is, be it somebody else's than before.
            if number & 3 == 0 { engine.bind(voice(speaker, detail), to: Int(number & 7)) }
            engine.advance(voice(speaker, detail), NoteWindow.self, watermark: place(detail, number))
        case .finish: _ = engine.finish()
        default: break
        }
    }

    /// One of four voices on a track.
    private func voice(_ speaker: Int, _ detail: UInt8) -> VoiceLabel {
        VoiceLabel(track: speaker, label: Int(detail >> 6))
    }

    private func name(_ speaker: Int) -> String { "p\(speaker)" }

    private mutating func join(_ speaker: Int, consent: ConsentState) {
        _ = engine.admit(name: name(speaker), role: nil, consent: consent, at: engine.presentHops)
        precondition(engine.speakers.count <= engine.configuration.maxSpeakers, "more people than there may be")
    }

    private mutating func media(of source: Int, hops: Int64, isSpeech: Bool) {
        let count = hops * 160
        let start = clocks[source]
        let place = placements[source].place(
            track: 0, start: MediaTime(samples: start), count: Int(count), now: now
        ).samples
        if Self.paces[source] == .live {
            precondition(
                place <= max(ends[source], now.samples, 0) + Self.toleratedLead, "a live source lies in the future")
        }
        ends[source] = max(ends[source], place + count)
        clocks[source] = start &+ count
        for hop in 0..<hops { push(source, hop: place / 160 + hop, isSpeech: isSpeech) }
    }

    private mutating func push(_ speaker: Int, hop: Int64, isSpeech: Bool) {
        engine.push(
            speaker: speaker,
            HopRecord(
                index: hop, levelDb: isSpeech ? -20 : -60, speechProbability: isSpeech ? 0.9 : 0.1,
                f0Hz: isSpeech ? 120 : 0, voicingProbability: isSpeech ? 0.9 : 0, isSpeech: isSpeech, isLost: false))
    }

    /// What holds after every step, whoever sends what.
    private mutating func check() {
        precondition(engine.settledHops <= engine.presentHops, "the session is ahead of its present")
        let bound = engine.presentHops + Int64(engine.configuration.maxAheadHops)
        for speaker in engine.speakers {
            precondition(speaker.lane.watermark <= bound, "a record lies ahead of what may wait")
        }
        let present = Double(engine.presentHops) / 100
        for event in engine.takeEvents() {
            precondition(event.timeSeconds.map { $0 <= present } ?? true, "an event of the future")
        }
        _ = engine.takePermits()
    }
}

/// What a lane beside the voice tells.
private struct Note: LaneRecord {
    var id: Int64
    var hops: Range<Int64>
}

private struct NoteWindow: EvidenceWindow {
    static let name = "note"
    static let patienceHops: Int64 = 250
    private var end: Int64 = 0

    mutating func take(_ record: Note) {
        end = max(end, record.hops.upperBound)
    }

    func fields(at _: Int64) -> [LaneFields.Field]? {
        [.init("until_s", Double(end) / 100)]
    }
}

/// The first byte chooses the settings of the session.
func converse(_ bytes: Span<UInt8>) {
    guard bytes.count > 0 else { return }
    var sessions = Sessions(settings: bytes[0])
    sessions.play(bytes.extracting(1...))
}
