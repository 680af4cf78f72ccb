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
    /// - Parameter consent: what holds from now on; the lanes that it leaves out are refused.
    /// - Returns: false where there is no such speaker.
    public mutating func setConsent(name: String, to consent: Consent) -> Bool {
        guard let index = speakers.firstIndex(where: { $0.name == name }), speakers[index].kind != .mixture else {
            return false
        }
        decisions += 1
        speakers[index].origin?.decision = decisions
        speakers[index].origin?.laneDecision = decisions
        speakers[index].origin?.isVouched = consent.state == .granted
        if consent.state == .granted { speakers[index].origin?.isPresumed = false }
        speakers[index].decide(consent)
        change(index, to: consent.state)
        reconsider()
        return true
    }

    /// A speaker gives or takes back lanes beside the voice; what was measured in them is forgotten, and the rest stays
    /// as it is.
    ///
    /// - Returns: false where there is no such speaker, or where lanes are given of one who withholds the voice.
    public mutating func setConsent(name: String, in lanes: ConsentLanes, isGranted: Bool) -> Bool {
        guard let index = speakers.firstIndex(where: { $0.name == name }),
            !isGranted || speakers[index].consent == .granted
        else { return false }
        decisions += 1
        speakers[index].origin?.laneDecision = decisions
        if isGranted {
            speakers[index].agree(to: lanes)
        } else {
            speakers[index].refuse(lanes)
            forget(lanes, speaker: index)
        }
        change(index, to: speakers[index].consent)
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
        reconsiderStates()
        for index in speakers.indices where speakers[index].origin != nil { change(index, to: speakers[index].consent) }
    }

    private mutating func reconsiderStates() {
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

    /// What others refused beside the voice who may be the person that a speaker is: the same by CNAME, or one who
    /// sent before to a port that is anybody's, and has not been heard since.
    private func refusedByOthers(_ index: Int) -> ConsentLanes {
        guard let origin = speakers[index].origin else { return [] }
        var refused: ConsentLanes = []
        // By index: the state of a speaker is large.
        for other in speakers.indices where other != index && !speakers[other].refusedLanes.isEmpty {
            guard let others = speakers[other].origin, others.laneDecision > origin.laneDecision
            else { continue }
            let isSame: Bool
            if let person = origin.person, let otherPerson = others.person {
                isSame = person == otherPerson
            } else {
                let came = speakers[index].firstHop
                isSame = !origin.isNamed && speakers[other].spokenHop <= came && speakers[other].firstHop <= came
            }
            if isSame { refused.formUnion(speakers[other].refusedLanes) }
        }
        return refused
    }

    /// Finds anew what may be measured of a speaker beside the voice, and forgets what may not be any more.
    mutating func settleLanes(of index: Int) {
        let former = speakers[index].lanes
        speakers[index].settleLanes(refusedByOthers: refusedByOthers(index))
        forget(former.subtracting(speakers[index].lanes), speaker: index)
    }

    /// Forgets what lanes beside the voice have brought of a speaker.
    private mutating func forget(_ lanes: ConsentLanes, speaker index: Int) {
        guard !lanes.isEmpty else { return }
        speakers[index].forget(lanes, configuration)
        forgetEvidence { [roster] voice in roster.person(of: voice) == index }
    }

    private mutating func change(_ index: Int, to state: ConsentState) {
        let previous = speakers[index].consent, previousLanes = speakers[index].lanes
        speakers[index].consent = state
        if previous != state { forget(speaker: index) }
        settleLanes(of: index)
        let lanes = speakers[index].lanes
        guard previous != state || previousLanes != lanes else { return }
        pushPermit(of: index)
        let change = ConsentChange(state: state, previous: previous, lanes: lanes, previousLanes: previousLanes)
        emit(.consent(change), speaker: index, at: settledHops)
    }
}
