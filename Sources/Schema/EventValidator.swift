public import Events

/// Checks the lines of one connection to the event socket: each against the schema of its type, and against that of
/// the policy profile in force, which needs the roles that earlier lines told.
public struct EventValidator: Sendable {
    private struct Person: Hashable {
        var session: String
        var speaker: String
    }

    /// What the profile allows of the speakers whose roles were told; it is only narrowed within a session.
    private var permissions: [Person: Policy.Permissions] = [:]
    private var policy: Policy?

    /// A validator that has seen no line.
    public init() {}

    /// Checks a line.
    ///
    /// - Returns: what is wrong with it; empty for a valid line.
    public mutating func violations(in line: String) -> [SchemaViolation] {
        let value: JSONValue
        do {
            value = try JSONReader.parse(Array(line.utf8))
        } catch {
            let problem = "is no JSON: expected \(error.expected) at byte \(error.offset)"
            return [SchemaViolation(path: "", problem: problem)]
        }
        guard let type = value["type"]?.text else { return [SchemaViolation(path: "/type", problem: "is missing")] }
        guard let kind = EventKind(rawValue: type) else {
            return [SchemaViolation(path: "/type", problem: "is '\(type.prefix(60))', for which there is no schema")]
        }
        learn(value, kind)
        let found = SchemaSet.events.violations(of: value, against: type + ".schema.json")
        guard found.isEmpty, let profileFile = profileSchema(value, kind) else { return found }
        return SchemaSet.events.violations(of: value, against: profileFile)
    }

    /// The schema of the profile that the line must fulfil too, if the profile restricts it.
    private func profileSchema(_ value: JSONValue, _ kind: EventKind) -> String? {
        guard let policy else { return nil }
        let name = kind == .sessionEnded ? "totals" : kind.rawValue
        let file = "profiles/\(policy.profile.rawValue).\(name).schema.json"
        guard SchemaSet.events.contains(file) else { return nil }
        guard [.tick, .words, .facePoints].contains(kind) else { return file }
        // A speaker whose role is not known, because the line that told it was filtered, is let pass.
        guard let person = person(value), let permitted = permissions[person] else { return nil }
        return permitted == .everything ? nil : file
    }

    private func person(_ value: JSONValue) -> Person? {
        guard let session = value["session"]?.text, let speaker = value["speaker"]?.text else { return nil }
        return Person(session: session, speaker: speaker)
    }

    /// Remembers the profile and who has which role.
    private mutating func learn(_ value: JSONValue, _ kind: EventKind) {
        switch kind {
        case .hello, .sessionStarted:
            if let name = value["policy"]?.text { policy = Policy.Profile(rawValue: name).map(Policy.init) }
        case .snapshot:
            for session in value["sessions"]?.elements ?? [] {
                for speaker in session["speakers"]?.elements ?? [] {
                    guard let id = session["session"]?.text, let name = speaker["speaker"]?.text else { continue }
                    narrow(Person(session: id, speaker: name), role: speaker["role"]?.text)
                }
            }
        case .speakerJoined:
            if let person = person(value) { narrow(person, role: value["role"]?.text) }
        case .sessionEnded:
            permissions = permissions.filter { $0.key.session != value["session"]?.text }
        default: break
        }
    }

    private mutating func narrow(_ person: Person, role: String?) {
        guard let policy else { return }
        let permitted = policy.permissions(role: role)
        permissions[person] = permissions[person]?.narrowed(by: permitted) ?? permitted
    }
}

extension JSONValue {
    fileprivate var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
