import Yams

/// A source that the configuration declares: what a request to attach says, with secrets in files of their own.
public struct DeclaredSource: Sendable, Equatable {
    /// One track of the source and the speaker behind it.
    public struct Track: Sendable, Equatable {
        /// Name of the speaker within the session.
        public var speaker: String
        /// Role in the conversation, and consent where it differs from that of the source.
        public var role: String?, consent: String?
        /// Audio track or channel, and track of pictures, from 0.
        public var track: Int?, video: Int?
        /// Which source of its port, for plain RTP.
        public var ssrc: String?, cname: String?
    }

    /// Name of the session.
    public var session: String
    /// What to attach; nil where `urlFile` has it.
    public var url: String?
    /// File whose first line is the URL, and one whose first line is the key of SRTP; nobody else may read them.
    public var urlFile: String?, cryptoFile: String?
    /// Its speakers.
    public var tracks: [Track]
    /// Consent of its speakers, which notice they were given, and the priority of the session.
    public var consent: String?, noticeID: String?, priority: String?
    /// Whether the contours of faces may be told to who asks for them.
    public var facePoints = false
    /// How many voices are to be told apart on its one track: `auto` or a number; nil where it has one.
    public var voices: String?
}

extension SettingsValue {
    private static let maxDeclared = 1_000

    /// The declared sources: a list of mappings with the fields of a request to attach.
    func declaredSources() throws -> [DeclaredSource] {
        guard let sequence = node.sequence, sequence.count <= Self.maxDeclared else {
            if node.scalar?.string.isEmpty == true { return [] }
            throw ExpectedValue(what: "a list of at most \(Self.maxDeclared) sources, or [] for none")
        }
        return try EntryErrors.reading(sequence, Self.declaredSource)
    }

    private static func declaredSource(_ node: Node) throws -> DeclaredSource {
        let fields = Fields(
            of: node, what: "a source to attach",
            known: [
                "url", "url_file", "session", "tracks", "consent", "notice_id", "priority", "crypto_file",
                "face_points", "voices",
            ],
            example: "{url: \"rtp://127.0.0.1:5004\", session: desk, tracks: [{speaker: anna}], consent: granted}")
        try fields.check()
        guard let session = try fields.text("session") else { throw fields.refuse("add session: NAME") }
        let (url, urlFile) = (try fields.text("url"), try fields.text("url_file", isPath: true))
        guard (url == nil) != (urlFile == nil) else {
            throw fields.refuse("give either url, or url_file with the path of a file that has it")
        }
        guard let tracks = node.mapping?["tracks"]?.sequence, !tracks.isEmpty else {
            throw fields.refuse("add tracks: [{speaker: NAME}], one for each speaker")
        }
        return DeclaredSource(
            session: session, url: url, urlFile: urlFile, cryptoFile: try fields.text("crypto_file", isPath: true),
            tracks: try tracks.map(declaredTrack), consent: try fields.text("consent"),
            noticeID: try fields.text("notice_id"), priority: try fields.text("priority"),
            facePoints: try fields.flag("face_points"), voices: try fields.text("voices"))
    }

    private static func declaredTrack(_ node: Node) throws -> DeclaredSource.Track {
        let fields = Fields(
            of: node, what: "a track", known: ["speaker", "role", "consent", "track", "video", "ssrc", "cname"],
            example: "{speaker: anna, role: rep}")
        try fields.check()
        guard let speaker = try fields.text("speaker") else { throw fields.refuse("add speaker: NAME") }
        return DeclaredSource.Track(
            speaker: speaker, role: try fields.text("role"), consent: try fields.text("consent"),
            track: try fields.number("track"), video: try fields.number("video"), ssrc: try fields.text("ssrc"),
            cname: try fields.text("cname"))
    }

    /// The members of a mapping in a list.
    private struct Fields {
        private let node: Node
        private let what: String, known: [String], example: String

        init(of node: Node, what: String, known: [String], example: String) {
            (self.node, self.what, self.known, self.example) = (node, what, known, example)
        }

        func refuse(_ remedy: String, at place: Node? = nil) -> EntryError {
            EntryError(mark: (place ?? node).mark, message: "\(what) is not complete or not clear; \(remedy)")
        }

        func check() throws {
            guard let mapping = node.mapping else { throw refuse("write it as \(example)") }
            for (key, _) in mapping where !known.contains(key.scalar?.string ?? "") {
                throw refuse(
                    "'\(key.scalar?.string ?? "")' is unknown; known are \(known.joined(separator: ", "))", at: key)
            }
        }

        func text(_ key: String, isPath: Bool = false) throws -> String? {
            guard let value = node.mapping?[key] else { return nil }
            guard let text = value.scalar?.string, (1...4_096).contains(text.utf8.count),
                !isPath || text.hasPrefix("/")
            else {
                throw refuse("'\(key)' must be \(isPath ? "an absolute path" : "a text")", at: value)
            }
            return text
        }

        /// Whether it is said to be so; what is not said is not.
        func flag(_ key: String) throws -> Bool {
            guard let value = node.mapping?[key] else { return false }
            switch value.scalar?.string {
            case "true": return true
            case "false": return false
            default: throw refuse("'\(key)' must be true or false", at: value)
            }
        }

        func number(_ key: String) throws -> Int? {
            guard let value = node.mapping?[key] else { return nil }
            guard let number = value.scalar.flatMap({ Int($0.string) }), (0..<1_024).contains(number) else {
                throw refuse("'\(key)' must be a number from 0 to 1023", at: value)
            }
            return number
        }
    }
}
