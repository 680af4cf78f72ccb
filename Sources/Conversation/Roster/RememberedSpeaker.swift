public import Events
import MediaTypes

/// What outlives the process of somebody in a session: who it is and what was decided on consent. Nothing that was
/// measured is in it.
public struct RememberedSpeaker: Sendable, Hashable, Codable {
    /// Name within the session.
    public var name: String
    /// What to show instead, and the role, if given.
    public var displayName: String?, role: String?
    /// Whether the speaker was there.
    public var isPresent: Bool
    /// Consent to the voice.
    public var consent: ConsentState
    /// Lanes beside the voice that were agreed to, and those that were refused on purpose.
    public var declaredLanes: ConsentLanes, refusedLanes: ConsentLanes
    /// Whether captions are refused, too.
    public var refusesCaptions: Bool
    /// What the policy allowed; it is only ever narrowed.
    public var permissions: Policy.Permissions
    /// How the sender is known, where anybody may send.
    public var origin: SpeakerOrigin?
}

extension SessionEngine {
    /// Everybody who ever joined, as they are to be known when the session goes on in another process.
    public var remembered: [RememberedSpeaker] {
        speakers.map { speaker in
            RememberedSpeaker(
                name: speaker.name, displayName: speaker.displayName, role: speaker.role,
                isPresent: speaker.isPresent, consent: speaker.consent, declaredLanes: speaker.declaredLanes,
                refusedLanes: speaker.refusedLanes, refusesCaptions: speaker.refusesCaptions,
                permissions: speaker.permits, origin: speaker.origin)
        }
    }

    /// Takes in who was there before, into a session that nobody has joined yet. None of them is there until they join
    /// again; what they have decided holds as if they had never gone.
    ///
    /// - Parameters:
    ///   - lostSince: when the session was heard of last, in hops; whoever was there has a gap from then on.
    ///   - why: what the gap says.
    public mutating func restore(_ remembered: [RememberedSpeaker], lostSince: Int64, why: Gap.Why = .restart) {
        whyRestored = why
        guard speakers.isEmpty else { return }
        for known in remembered.prefix(configuration.maxSpeakers) {
            add(SpeakerState(known, lostSince: lostSince, settledHops: settledHops, configuration: configuration))
            decisions = max(decisions, known.origin?.decision ?? 0, known.origin?.laneDecision ?? 0)
        }
    }

    /// Tells somebody who has come back what was missed of them.
    mutating func tellRestart(of index: Int, at hop: Int64) {
        guard let from = speakers[index].lostSince else { return }
        speakers[index].lostSince = nil
        guard from < hop else { return }
        let gap = Gap(fromSeconds: seconds(from), toSeconds: seconds(hop), why: whyRestored)
        emit(.gap(gap), speaker: index, at: hop)
    }
}

extension SpeakerState {
    /// Somebody who was there before, and is not yet again.
    fileprivate init(
        _ known: RememberedSpeaker, lostSince: Int64, settledHops: Int64, configuration: ConversationConfiguration
    ) {
        self.init(
            name: known.name, role: known.role, consent: known.consent, lanes: known.declaredLanes,
            joinHop: settledHops, settledHops: settledHops, configuration: configuration)
        displayName = known.displayName
        origin = known.origin
        restore(known)
        // Of what was narrowed before nothing is computed any more.
        measures = SpeakerMeasures(configuration: configuration, permits: permits, at: settledHops)
        self.lostSince = known.isPresent ? lostSince : nil
        isPresent = false
        lane.leave(at: settledHops)
    }
}
