/// How one of many who send to a port is known. The same person may come as another of them at any time: an SSRC is
/// drawn anew with every start of a sender.
public struct SpeakerOrigin: Sendable, Hashable, Codable {
    /// Whether the speaker was named when the port was attached; whoever was not is let in by a consent that was
    /// declared for all.
    public var isNamed: Bool
    /// What the sender calls itself (RTCP CNAME); nil as long as it has not said.
    public var person: String?
    /// Whether consent was given for all, and never for this very speaker.
    var isPresumed = false
    /// Whether it was given for this very speaker since.
    var isVouched = false
    /// The number of the latest decision on this very speaker, in the order of the session's; 0 for none.
    var decision = 0
    /// The same of decisions on lanes beside the voice.
    var laneDecision = 0

    /// An origin.
    public init(isNamed: Bool, person: String? = nil) {
        self.isNamed = isNamed
        self.person = person
    }
}
