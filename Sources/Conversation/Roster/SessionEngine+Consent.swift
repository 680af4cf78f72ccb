public import Events
import MediaTypes

/// Who consents. What may be computed, published and stored follows from what is decided here.
extension SessionEngine {
    /// For so long somebody who withheld consent must go on to be heard under the own SSRC before a new one, of another
    /// name, is taken to be somebody else's: a client that starts anew may be heard twice for a moment.
    private static let provingHops = Int64(10 * AudioGrid.hopsPerSecond)

    /// A speaker gives consent or takes it back; in either case everything measured so far is forgotten. This alone
    /// gives consent again to who has withheld it.
    ///
    /// - Returns: false where there is no such speaker.
    public mutating func setConsent(name: String, to state: ConsentState) -> Bool {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else { return false }
        decisions += 1
        speakers[index].origin?.decision = decisions
        speakers[index].origin?.isVouched = state == .granted
        if state == .granted { speakers[index].origin?.isPresumed = false }
        change(index, to: state)
        reconsider()
        return true
    }

    /// Whether it is in doubt if somebody is one of those who withheld consent; what is declared when the name comes
    /// again, by whichever way, does not end that.
    func isInDoubt(_ name: String) -> Bool {
        speakers.contains { $0.name == name && $0.consent == .unknown && $0.origin?.isPresumed == true }
    }

    /// Whether the person that a speaker is said no after whatever was decided on this very speaker: under another name
    /// of the same CNAME.
    private func saidNoSince(_ index: Int) -> Bool {
        guard let origin = speakers[index].origin, let person = origin.person else { return false }
        return speakers.contains {
            $0.consent == .withheld && $0.origin?.person == person && ($0.origin?.decision ?? 0) > origin.decision
        }
    }

    /// A sender has said what it calls itself.
    public mutating func identify(name: String, person: String) {
        guard let index = speakers.firstIndex(where: { $0.name == name }), speakers[index].origin != nil,
            speakers[index].origin?.person != person
        else { return }
        speakers[index].origin?.person = person
        reconsider()
    }

    /// Consent of a speaker, present or not; nil where there was none of that name.
    public func consent(of name: String) -> ConsentState? {
        speakers.first { $0.name == name }?.consent
    }

    /// What holds of a consent that was declared for whoever sends to a port, where `name` comes as one of them:
    /// nothing of who may be somebody that withheld it.
    func presumed(of name: String, _ origin: SpeakerOrigin?) -> ConsentState {
        guard let index = speakers.firstIndex(where: { $0.name == name }) else {
            return presumed(nil, person: origin?.person, isComing: true)
        }
        return speakers[index].origin?.isVouched == true
            ? .granted
            : presumed(index, person: origin?.person ?? speakers[index].origin?.person, isComing: true)
    }

    /// The same of speaker `own`, or of one who comes (again), known as `person`.
    private func presumed(_ own: Int?, person: String?, isComing: Bool = false) -> ConsentState {
        // By index: the state of a speaker is large.
        let others = speakers.indices.filter { $0 != own && speakers[$0].origin != nil }
        let refused = others.filter { speakers[$0].consent == .withheld }
        guard !refused.isEmpty else { return .granted }
        if let person {
            if refused.contains(where: { speakers[$0].origin?.person == person }) { return .withheld }
            let isKnown = others.contains {
                speakers[$0].consent == .granted && speakers[$0].origin?.person == person
            }
            if isKnown { return .granted }
        }
        let wasMeasured = own.map { speakers[$0].consent == .granted } ?? false
        let since = own.flatMap { isComing ? nil : speakers[$0].lane.joinedHop } ?? presentHops
        let isAnother = refused.allSatisfy { other in
            let haveNames = person != nil && speakers[other].origin?.person != nil
            // Who speaks under the one SSRC is not the one who came under the other before that.
            guard let own, wasMeasured else {
                return haveNames && speakers[other].spokenHop - since >= Self.provingHops
            }
            let came = speakers[own].firstHop
            return haveNames || speakers[other].spokenHop > came || speakers[other].firstHop > came
        }
        return isAnother ? .granted : .unknown
    }

    /// Looks again at everybody who sends to a port with others: somebody withheld consent, or gave it again, or there
    /// is something new to be known of who is who.
    mutating func reconsider() {
        // Whoever withholds from now on is one more whom others may be.
        for _ in speakers.indices {
            var isSettled = true
            for index in speakers.indices where speakers[index].origin != nil {
                let former = speakers[index].consent
                guard former != .withheld else { continue }
                let isPresumed = speakers[index].origin?.isPresumed == true
                let state: ConsentState =
                    saidNoSince(index)
                    ? .withheld : isPresumed ? presumed(index, person: speakers[index].origin?.person) : former
                // Of who is not there nothing new is to be measured, but something may have to be forgotten.
                guard state != former, speakers[index].isPresent || state != .granted else { continue }
                change(index, to: state)
                isSettled = false
            }
            if isSettled { return }
        }
    }

    /// Whether there is somebody of whom it may still turn out that nobody who withheld consent is meant.
    var hasDoubtful: Bool {
        speakers.indices.contains { speakers[$0].origin?.isPresumed == true && speakers[$0].consent == .unknown }
    }

    private mutating func change(_ index: Int, to state: ConsentState) {
        let previous = speakers[index].consent
        guard previous != state else { return }
        speakers[index].consent = state
        forget(speaker: index)
        pushPermit(of: index)
        emit(.consent(ConsentChange(state: state, previous: previous)), speaker: index, at: settledHops)
    }
}
