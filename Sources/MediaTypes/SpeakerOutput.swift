/// What one speaker's audio brings. Hops count from where whoever tells it began: the voice core from its first sample,
/// the pipeline from the session's start.
public enum SpeakerOutput: Sendable, Hashable {
    /// The final record of a hop: every hop once, in order, without gaps but those that are told.
    case hop(HopRecord)
    /// A boundary of an IPU, told as soon as it is certain: before the records that it concerns.
    case change(SpeechChange)
    /// Media of the hops `from ..< to` was lost; records of them need not have come.
    case lost(fromHop: Int64, toHop: Int64)
    /// The hops `from ..< to` were silent; they have no records of their own.
    case silence(fromHop: Int64, toHop: Int64)
    /// What is known of the channel with the hop that was given last; once a second of media.
    case quality(VoiceQuality)
}
