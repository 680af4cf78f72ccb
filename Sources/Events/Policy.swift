/// What may be computed and shown of whom: a profile, fixed for the life of the daemon.
public struct Policy: Sendable, Hashable {
    /// The profiles there are; the raw value is the name in the configuration and on the wire.
    public enum Profile: String, Sendable, CaseIterable {
        /// Everything, of everybody who consented.
        case standard
        /// Behaviour on the floor only; no affect, of nobody.
        case behaviourOnly = "behaviour-only"
        /// At work: everybody but customers and guests is protected.
        case euWork = "eu-work"
        /// In education: everybody but guests is protected.
        case euEducation = "eu-education"
        /// One's own voice alone.
        case ownVoice = "self"
    }

    /// What may be computed and shown of one speaker who consented; without consent nothing may.
    public struct Permissions: Sendable, Hashable, Codable {
        /// Any value at all; else only silence and speech are told apart, for the turns of the others.
        public var measured: Bool
        /// Inputs of a score that come from the voice itself: pitch, loudness, rate.
        public var voiceScores: Bool
        /// Affect: sentiment and whatever else says how somebody feels.
        public var sentiment: Bool

        /// Everything.
        public static let everything = Permissions(measured: true, voiceScores: true, sentiment: true)
        /// What somebody does on the floor: talk, lags, changes, backchannels.
        public static let behaviour = Permissions(measured: true, voiceScores: false, sentiment: false)
        /// Nothing.
        public static let nothing = Permissions(measured: false, voiceScores: false, sentiment: false)

        /// What both allow.
        public func narrowed(by other: Permissions) -> Permissions {
            Permissions(
                measured: measured && other.measured, voiceScores: voiceScores && other.voiceScores,
                sentiment: sentiment && other.sentiment)
        }
    }

    /// Speakers who are treated alike.
    public struct RoleClass: Sendable, Hashable {
        /// Roles of the class; nil for all that no other class names, and for speakers without a role.
        public var roles: [String]?
        /// Whether its speakers are protected: consent, theirs or anybody's, can't widen what is permitted.
        public var isProtected = false
        /// What may be computed and shown of them.
        public var permissions: Permissions
    }

    /// The profile.
    public var profile: Profile

    /// The policy of a profile.
    public init(_ profile: Profile = .standard) {
        self.profile = profile
    }

    /// What the profile says, the class of all others last.
    public var classes: [RoleClass] {
        switch profile {
        case .standard: [RoleClass(permissions: .everything)]
        case .behaviourOnly: [RoleClass(permissions: .behaviour)]
        case .euWork: Self.protecting(allBut: ["customer", "guest"])
        case .euEducation: Self.protecting(allBut: ["guest"])
        case .ownVoice:
            [RoleClass(roles: ["self"], permissions: .everything), RoleClass(permissions: .nothing)]
        }
    }

    /// What may be computed of a speaker with this role; roles are compared letter by letter.
    public func permissions(role: String?) -> Permissions {
        let own = classes.first { roleClass in
            guard let roles = roleClass.roles else { return true }
            return role.map(roles.contains) ?? false
        }
        return own?.permissions ?? .nothing
    }

    private static func protecting(allBut roles: [String]) -> [RoleClass] {
        [
            RoleClass(roles: roles, permissions: .everything),
            RoleClass(isProtected: true, permissions: .behaviour),
        ]
    }
}
