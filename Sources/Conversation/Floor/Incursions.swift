import Events

/// Speech inside another's turn, classified: backchannel, interruption or plain overlap.
///
/// An incursion is one IPU of somebody who does not hold the floor, begun while the holder speaks or in a pause
/// of the holder. Simultaneous speech is told as overlap when it ends, and told again when it turns out to be more:
///
/// - **backchannel**: at most `backchannelHops` long, and the floor does not change within `holdHops` after it;
/// - **interruption**: at least `interruptionHops` of simultaneous speech, the holder stops within `holdHops` of
///   its begin, and the other goes on for `backchannelHops` or more after that;
/// - **overlap**: anything else with simultaneous speech.
///
/// That somebody breaks in is told at once, too: while both go on after `verdictHops` of simultaneous speech.
struct Incursions {
    /// What an incursion is.
    enum Kind: Equatable {
        case backchannel, overlap, interruption
    }

    /// An incursion as far as it is known.
    struct Incursion: Equatable {
        /// Number within the session, from 1; a later telling of the same incursion has the same.
        var id: Int
        var speaker: Int
        /// Who held the floor when it began.
        var holder: Int
        var kind: Kind
        var startHop: Int64
        /// Exclusive end of the IPU, or of what is known of it.
        var endHop: Int64
        /// Hops when both spoke.
        var sharedHops: Int64
        /// 0 for the first telling.
        var revision = 0
    }

    /// The lengths that tell the kinds apart, in hops.
    struct Rules {
        /// Longest backchannel, and how long an interrupter goes on at least.
        var backchannelHops: Int64
        /// For how long the floor stays after a backchannel; how soon somebody who is interrupted stops.
        var holdHops: Int64
        /// Least simultaneous speech of an interruption.
        var interruptionHops: Int64
        /// Simultaneous speech that goes on after which it is told to have begun.
        var verdictHops: Int64

        /// A change of the floor is found out up to the length of a backchannel after its begin.
        var patienceHops: Int64 { holdHops + backchannelHops }
    }

    /// What one hop brought about.
    struct Outcome {
        /// Incursions that have begun, and go on.
        var begun: [Incursion] = []
        /// Those to be told, or told anew.
        var told: [Incursion] = []
        /// Those that nothing can change any more, of which it was told that they had begun.
        var decided: [Incursion] = []
    }

    private let rules: Rules
    private var open: [OpenIncursion] = []
    private var made = 0

    init(rules: Rules) {
        self.rules = rules
    }

    /// An IPU of `speaker` begins with `hop`; nothing comes of it where nobody else holds the floor.
    ///
    /// - Parameter sharedHops: simultaneous speech so far, where it began some time ago.
    mutating func begin(speaker: Int, holder: Int?, hop: Int64, sharedHops: Int64 = 0) {
        guard let holder, holder != speaker else { return }
        made += 1
        open.append(
            OpenIncursion(
                incursion: Incursion(
                    id: made, speaker: speaker, holder: holder, kind: .overlap, startHop: hop, endHop: hop,
                    sharedHops: sharedHops)))
    }

    /// Looks at one settled hop, after those who begin in it.
    ///
    /// - Parameters:
    ///   - speaks: whether each speaker speaks in it.
    ///   - turnStart: begin of the turn that was found to have begun, if one was.
    mutating func settle(hop: Int64, speaks: [Bool], turnStart: Int64?) -> Outcome {
        var outcome = Outcome()
        guard !open.isEmpty else { return outcome }
        for index in open.indices {
            if let incursion = open[index].follow(hop: hop, speaks: speaks, turnStart: turnStart, rules: rules) {
                outcome.told.append(incursion)
            }
            if open[index].hasBegun(hop: hop, rules: rules) { outcome.begun.append(open[index].incursion) }
        }
        open.removeAll { [rules] incursion in
            guard incursion.isDecided(hop: hop, rules: rules) else { return false }
            if incursion.wasAnnounced { outcome.decided.append(incursion.incursion) }
            return true
        }
        return outcome
    }
}

/// An incursion that may still turn out to be something else.
private struct OpenIncursion {
    var incursion: Incursions.Incursion
    var isSpeaking = true
    /// First hop of the holder's silence while the incursion went on.
    var holderStop: Int64?
    /// Whether the floor changed within it or soon after.
    var isFollowedByChange = false
    var wasTold = false
    /// Whether it was told that it had begun.
    private(set) var wasAnnounced = false

    /// Takes in one more hop; returns the incursion if there is something new to tell.
    mutating func follow(
        hop: Int64, speaks: [Bool], turnStart: Int64?, rules: Incursions.Rules
    ) -> Incursions.Incursion? {
        let holderSpeaks = speaks[incursion.holder]
        if isSpeaking, speaks[incursion.speaker] {
            incursion.endHop = hop + 1
            if holderSpeaks {
                incursion.sharedHops += 1
                holderStop = nil
            } else if holderStop == nil {
                holderStop = hop
            }
        } else {
            isSpeaking = false
        }
        if let turnStart, incursion.startHop <= turnStart, turnStart - incursion.endHop <= rules.holdHops {
            isFollowedByChange = true
        }
        if isInterruption(hop: hop, rules: rules) { return tell(as: .interruption) }
        let isShort = incursion.endHop - incursion.startHop <= rules.backchannelHops
        if !isSpeaking, isShort, !isFollowedByChange, hop + 1 - incursion.endHop >= rules.patienceHops {
            return tell(as: .backchannel)
        }
        let isOver = incursion.sharedHops > 0 && !(isSpeaking && holderSpeaks)
        return isOver && !wasTold ? tell(as: .overlap) : nil
    }

    /// Whether it is to be told in this hop that it has begun.
    mutating func hasBegun(hop: Int64, rules: Incursions.Rules) -> Bool {
        guard !wasAnnounced, !wasTold, isSpeaking, incursion.endHop == hop + 1, holderStop == nil,
            incursion.sharedHops >= rules.verdictHops
        else { return false }
        wasAnnounced = true
        return true
    }

    /// Whether nothing can change what it is.
    func isDecided(hop: Int64, rules: Incursions.Rules) -> Bool {
        if incursion.kind == .interruption { return true }
        return !isSpeaking && hop + 1 - incursion.endHop >= rules.patienceHops
    }

    private func isInterruption(hop: Int64, rules: Incursions.Rules) -> Bool {
        guard isSpeaking, let holderStop, incursion.sharedHops >= rules.interruptionHops else { return false }
        return holderStop - incursion.startHop <= rules.holdHops && hop + 1 - holderStop >= rules.backchannelHops
    }

    private mutating func tell(as kind: Incursions.Kind) -> Incursions.Incursion {
        if wasTold { incursion.revision += 1 }
        wasTold = true
        incursion.kind = kind
        return incursion
    }
}

extension Overlap.Kind {
    init(_ kind: Incursions.Kind) {
        switch kind {
        case .backchannel: self = .backchannel
        case .overlap: self = .overlap
        case .interruption: self = .interruption
        }
    }
}
