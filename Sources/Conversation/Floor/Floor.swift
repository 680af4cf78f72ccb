/// Who holds the floor: turns, floor-transfer offsets and pauses, from the IPUs of all speakers.
///
/// Definitions after Edlund, Heldner & Hirschberg (2009). A speaker takes the floor with an IPU (or a run of
/// them) that is longer than a backchannel while the holder is silent; or with a shorter one in the holder's
/// silence after which the holder does not go on within `holdHops`. The turn then begins, back-dated, with
/// that run. It also does where the holder came back meanwhile, if the speaker had `aloneHops` alone before: then
/// the former holder is the one who breaks in. Everything is decided in stream time, one hop after another.
struct Floor {
    /// A finished turn.
    struct Turn: Equatable {
        var speaker: Int
        var startHop: Int64
        var endHop: Int64
        /// Offset of this turn's begin from the end of the previous speaker's, in hops; nil for the first
        /// turn of a session and where media around the transfer was lost.
        var ftoHops: Int64?
        var previousSpeaker: Int?
    }

    /// What one hop brought about.
    struct Outcome: Equatable {
        /// The turn that is now over.
        var finished: Turn?
        /// The turn that has begun; its end is not known yet.
        var begun: Turn?
        /// Where the former holder came back before it was found out that the floor was lost.
        var returnHop: Int64?
    }

    private struct Voice {
        var isSpeaking = false
        /// Begin of the last IPU.
        var lastStart: Int64 = 0
        /// Begin of the run of IPUs with which the speaker bids for the floor.
        var bidStart: Int64?
        /// Exclusive end of the last IPU.
        var lastEnd: Int64 = 0
        /// Last hop whose media was lost; -1 for none.
        var lastLost: Int64 = -1
    }

    private let backchannelHops: Int64
    private let holdHops: Int64
    private let aloneHops: Int64
    private var voices: [Voice] = []
    private var turn: Turn?
    /// Whether anybody but the holder spoke since the holder fell silent.
    private var othersSpokeInSilence = false

    init(backchannelHops: Int, holdHops: Int, aloneHops: Int) {
        self.backchannelHops = Int64(backchannelHops)
        self.holdHops = Int64(holdHops)
        self.aloneHops = Int64(aloneHops)
    }

    /// Who holds the floor; nil before the first turn.
    var holder: Int? { turn?.speaker }

    /// The turn in progress, with its end so far.
    var current: Turn? {
        guard var turn else { return nil }
        let voice = voices[turn.speaker]
        turn.endHop = voice.isSpeaking ? turn.endHop : voice.lastEnd
        return turn
    }

    mutating func addSpeaker() {
        voices.append(Voice())
    }

    /// Makes room for so many speakers.
    mutating func addSpeakers(upTo count: Int) {
        while voices.count < count { addSpeaker() }
    }

    /// Takes note of whether `speaker` speaks in `hop`; all speakers are noted before `settle(hop:)`.
    ///
    /// - Returns: length in hops of the pause that ends here: the holder goes on, and nobody else spoke since.
    mutating func note(speaker: Int, speaks: Bool, isLost: Bool, hop: Int64) -> Int64 {
        if isLost { voices[speaker].lastLost = hop }
        let wasSpeaking = voices[speaker].isSpeaking
        voices[speaker].isSpeaking = speaks
        if wasSpeaking, !speaks { voices[speaker].lastEnd = hop }
        if !wasSpeaking, speaks { voices[speaker].lastStart = hop }
        guard let holder = turn?.speaker else {
            if speaks, voices[speaker].bidStart == nil { voices[speaker].bidStart = hop }
            return 0
        }
        if speaker != holder {
            if speaks {
                if voices[speaker].bidStart == nil { voices[speaker].bidStart = hop }
                othersSpokeInSilence = true
            }
            return 0
        }
        defer { if wasSpeaking, !speaks { othersSpokeInSilence = false } }
        guard speaks, !wasSpeaking else { return 0 }
        let silence = hop - voices[speaker].lastEnd
        return othersSpokeInSilence || voices[speaker].lastLost >= voices[speaker].lastEnd ? 0 : silence
    }

    /// Decides what `hop` means for the floor.
    mutating func settle(hop: Int64) -> Outcome {
        guard let holder = turn?.speaker else {
            guard let first = voices.indices.first(where: { voices[$0].isSpeaking }) else { return Outcome() }
            return Outcome(begun: take(by: first, at: hop))
        }
        turn?.endHop = hop + 1
        let end = voices[holder].lastEnd
        var winner: (speaker: Int, bid: Int64)?
        for challenger in voices.indices where challenger != holder {
            guard let bid = voices[challenger].bidStart else { continue }
            let voice = voices[challenger]
            if voices[holder].isSpeaking {
                // A bid that ended under the holder's voice was a backchannel or plain overlap.
                if !voice.isSpeaking { voices[challenger].bidStart = nil }
                let alone = voices[holder].lastStart - max(bid, end)
                guard voice.isSpeaking, alone >= aloneHops, hop - bid >= backchannelHops else { continue }
                if bid < winner?.bid ?? .max { winner = (challenger, bid) }
                continue
            }
            guard voice.isSpeaking ? hop - bid >= backchannelHops : hop - voice.lastEnd >= holdHops else {
                continue
            }
            if !voice.isSpeaking, bid < end, voice.lastEnd - bid <= backchannelHops {
                // Short, begun under the holder's voice, and then nobody: a backchannel at the holder's end.
                voices[challenger].bidStart = nil
            } else if bid < winner?.bid ?? .max {
                winner = (challenger, bid)
            }
        }
        guard let winner else { return Outcome() }
        var finished = current
        finished?.endHop = end
        let returnHop = voices[holder].isSpeaking ? voices[holder].lastStart : nil
        let begun = take(by: winner.speaker, at: hop)
        voices[holder].bidStart = returnHop
        return Outcome(finished: finished, begun: begun, returnHop: returnHop)
    }

    private mutating func take(by speaker: Int, at hop: Int64) -> Turn {
        let start = voices[speaker].bidStart ?? hop
        var begun = Turn(
            speaker: speaker, startHop: start, endHop: hop + 1, ftoHops: nil, previousSpeaker: turn?.speaker)
        if let previous = turn?.speaker {
            let end = voices[previous].lastEnd
            let edge = min(start, end) - 1
            if voices[previous].lastLost < edge, voices[speaker].lastLost < edge { begun.ftoHops = start - end }
        }
        voices[speaker].bidStart = nil
        turn = begun
        othersSpokeInSilence = false
        return begun
    }
}
