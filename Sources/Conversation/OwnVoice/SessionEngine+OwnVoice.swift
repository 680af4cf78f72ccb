import Events
import MediaTypes

/// Whose voice it is that counts.
extension SessionEngine {
    /// A settled record with the speech in it that counts: that of somebody else is taken out, and told.
    mutating func withOwnVoice(_ record: HopRecord?, of index: Int, at hop: Int64) -> HopRecord? {
        let isMeasured = isMeasured(speaker: index)
        let isSpeech = record?.isSpeech ?? false
        let verdict = ownVoice.judge(channel: index, hop: hop, isSpeech: isSpeech, isMeasured: isMeasured)
        if isMeasured || tellsSpeech(of: index),
            let change = speakers[index].bounds.take(hop: hop, isOwn: isSpeech && verdict == .own, isSpeech: isSpeech)
        {
            tell(change, of: index)
        }
        if isMeasured {
            switch verdict {
            case .own: break
            case .background: speakers[index].foreign.count(.background, from: nil)
            case .leak(let source):
                let delay = ownVoice.path(to: index, from: source)?.delayHops ?? 0
                speakers[index].foreign.count(delay > ForeignSpeech.airHops ? .echo : .crosstalk, from: source)
            }
        }
        guard verdict != .own, var own = record else { return record }
        own.isSpeech = false
        return own
    }

    /// What leaked into the channel of a speaker within the last half minute; of whom nothing may be measured, nothing
    /// is told.
    func leaks(into index: Int) -> [QualityChange.Leak] {
        speakers[index].foreign.recentSources.prefix(Self.mostLeaks).compactMap { source in
            guard isMeasured(speaker: source), let path = ownVoice.path(to: index, from: source) else { return nil }
            return QualityChange.Leak(
                from: speakers[source].name, levelDb: Double(path.levelDb),
                delayMilliseconds: path.delayHops * AudioGrid.hopMilliseconds)
        }
    }

    private static var mostLeaks: Int { 8 }
}
