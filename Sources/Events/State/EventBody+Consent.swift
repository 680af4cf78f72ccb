extension EventBody {
    /// Whether what was told of its speaker before must not be told again.
    public var takesConsentBack: Bool {
        switch self {
        case .speakerJoined(let joined): joined.consent != .granted
        case .consent(let change): change.takesBack
        default: false
        }
    }

    /// Whom else it carries measurements of, beside its speaker.
    public var alsoMeasured: [String] {
        switch self {
        case .turn(let turn): turn.previousSpeaker.map { [$0] } ?? []
        case .overlap(let overlap): [overlap.holder]
        case .overlapStarted(let overlap): [overlap.holder]
        // A session of the same name may follow, with the same people.
        case .sessionEnded(let ended): ended.totals.speakers.filter { $0.metrics != nil }.map(\.name)
        default: []
        }
    }
}
