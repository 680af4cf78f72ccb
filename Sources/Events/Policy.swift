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
        /// At work in the United States: as at work, and what protected people say is told by nobody's words.
        case usWork = "us-work"
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
        /// Inputs of a score that a camera shows; what it shows is told all the same.
        public var visibleScores: Bool
        /// Affect: sentiment and whatever else says how somebody feels.
        public var sentiment: Bool
        /// What is said, as a text; else it is counted only, whatever was agreed to.
        public var wordTexts = true

        /// The contours of the face, where they were asked for: only where what a camera shows may count at all.
        public var facePoints: Bool { measured && visibleScores }

        /// Everything.
        public static let everything = Permissions(
            measured: true, voiceScores: true, visibleScores: true, sentiment: true)
        /// What somebody does on the floor: talk, lags, changes, backchannels.
        public static let behaviour = Permissions(
            measured: true, voiceScores: false, visibleScores: false, sentiment: false)
        /// Nothing.
        public static let nothing = Permissions(
            measured: false, voiceScores: false, visibleScores: false, sentiment: false, wordTexts: false)

        /// What both allow.
        public func narrowed(by other: Permissions) -> Permissions {
            Permissions(
                measured: measured && other.measured, voiceScores: voiceScores && other.voiceScores,
                visibleScores: visibleScores && other.visibleScores, sentiment: sentiment && other.sentiment,
                wordTexts: wordTexts && other.wordTexts)
        }

        /// What holds of somebody; the memberwise initialiser, which reading a kept call needs spelled out.
        public init(
            measured: Bool, voiceScores: Bool, visibleScores: Bool, sentiment: Bool, wordTexts: Bool = true
        ) {
            self.measured = measured
            self.voiceScores = voiceScores
            self.visibleScores = visibleScores
            self.sentiment = sentiment
            self.wordTexts = wordTexts
        }

        /// Reads what a daemon has kept, also one that did not know of texts.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            measured = try values.decode(Bool.self, forKey: .measured)
            voiceScores = try values.decode(Bool.self, forKey: .voiceScores)
            visibleScores = try values.decode(Bool.self, forKey: .visibleScores)
            sentiment = try values.decode(Bool.self, forKey: .sentiment)
            wordTexts = try values.decodeIfPresent(Bool.self, forKey: .wordTexts) ?? true
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
        case .usWork: Self.protecting(allBut: ["customer", "guest"], wordTexts: false)
        case .euEducation: Self.protecting(allBut: ["guest"])
        case .ownVoice:
            [RoleClass(roles: ["self"], permissions: .everything), RoleClass(permissions: .nothing)]
        }
    }

    /// Whether voices of a mixed track may be told apart: it takes what they sound like, of people whom nobody has
    /// asked yet, and whose role nobody knows.
    public var permitsVoices: Bool {
        switch profile {
        case .standard, .behaviourOnly: true
        case .euWork, .usWork, .euEducation, .ownVoice: false
        }
    }

    /// Whether contours of faces may be told of anybody.
    public var permitsFacePoints: Bool { classes.contains { $0.permissions.facePoints } }

    /// What may be computed of a speaker with this role; roles are compared letter by letter.
    public func permissions(role: String?) -> Permissions {
        let own = classes.first { roleClass in
            guard let roles = roleClass.roles else { return true }
            return role.map(roles.contains) ?? false
        }
        return own?.permissions ?? .nothing
    }

    private static func protecting(allBut roles: [String], wordTexts: Bool = true) -> [RoleClass] {
        var permissions = Permissions.behaviour
        permissions.wordTexts = wordTexts
        return [
            RoleClass(roles: roles, permissions: .everything),
            RoleClass(isProtected: true, permissions: permissions),
        ]
    }
}
