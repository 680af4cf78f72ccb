/// What may be computed of a speaker. The session's roster decides it, from consent and policy, and pushes it down to
/// whoever runs the lanes of that speaker; nobody asks for it.
public struct Permit: OptionSet, Sendable, Hashable {
    /// The bits of what is permitted.
    public let rawValue: UInt8

    /// What these bits permit.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Pitch, level, pace and all that is made of them. Without it only speech and silence are told apart, on which
    /// other people's turns depend.
    public static let voice = Permit(rawValue: 1)
    /// What is said. Without it no recogniser hears the speaker.
    public static let words = Permit(rawValue: 2)
    /// What the speaker's camera shows. Without it no picture is decoded.
    public static let face = Permit(rawValue: 4)
    /// Of a voice on a track with several: to keep what it sounds like, within the session, so that it is known again.
    public static let likeness = Permit(rawValue: 8)
    /// The contours of the face, to be told to who asks for them. Without it nobody lays them out.
    public static let outline = Permit(rawValue: 16)
}
