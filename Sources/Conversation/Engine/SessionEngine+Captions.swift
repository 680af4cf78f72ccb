import Events

/// Captions: what was said, as far as it is counted.
extension SessionEngine {
    /// What may be computed from the captions of a speaker.
    public func captionPermission(speaker name: String) -> CaptionPermission {
        guard let speaker = speakers.first(where: { $0.name == name }) else { return .unknownSpeaker }
        guard speaker.isMeasured, !speaker.refusesCaptions else { return .nothing }
        return speaker.permits.sentiment ? .sentiment : .counts
    }

    /// Takes in a line of a speaker's captions. A sentiment that the policy forbids is not taken.
    public mutating func take(_ line: CaptionLine, speaker name: String) -> CaptionOutcome {
        guard let index = speakers.firstIndex(where: { $0.name == name }), speakers[index].isMeasured,
            !speakers[index].refusesCaptions
        else {
            return .ignored
        }
        var line = line
        if !speakers[index].permits.sentiment { line.compound = nil }
        return speakers[index].measures.captions.add(line, at: settledHops)
    }
}
