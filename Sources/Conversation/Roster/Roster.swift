/// A voice as a lane tells it: the track that it was heard on, and what the lane calls it there.
public struct VoiceLabel: Sendable, Hashable {
    /// The number of the track in the session: that of the speaker who joined with it.
    public var track: Int
    /// The voice on that track; 0 where there is one only.
    public var label: Int

    /// The only voice of a track, or one of several.
    public init(track: Int, label: Int = 0) {
        (self.track, self.label) = (track, label)
    }
}

/// Who a voice is: binds labels to people. A label may be bound late and to somebody else later; what has become final
/// by then stays where it was.
struct Roster: Sendable {
    /// Labels of a session; whoever finds voices may find ever new ones.
    static let maxLabels = 512

    private var people: [VoiceLabel: Int] = [:]

    /// Who a voice is as far as is known now.
    func person(of label: VoiceLabel) -> Int? { people[label] }

    /// Says who a voice is, from what is not final yet on.
    ///
    /// - Returns: whether there was room for the label.
    mutating func bind(_ label: VoiceLabel, to person: Int) -> Bool {
        guard people[label] != nil || people.count < Self.maxLabels else { return false }
        people[label] = person
        return true
    }
}
