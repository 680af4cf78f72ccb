import ControlAPI
import Events
import RTP
import Settings

extension Policy {
    /// Why nobody is measured in a session without a notice.
    static let missingNotice =
        "no notice was given, so nobody is measured; name it with --notice, or set policy.notice_id"

    /// Who of these speakers is not measured despite consent, and why; nil where everybody is.
    ///
    /// - Parameter withheld: who has withheld consent in the session before.
    func note(on tracks: [SpeakerTrack], hasNotice: Bool, withheld: Set<String>) -> String? {
        guard hasNotice else { return Self.missingNotice }
        let declared = tracks.filter { $0.consent.state == .granted && $0.selector != .unnamed }
        let unwilling = declared.filter { withheld.contains($0.name) }
        let unmeasured = tracks.filter { $0.consent.state == .granted && !permissions(role: $0.role).measured }
        var notes: [String] = []
        if !unwilling.isEmpty {
            notes.append(
                "consent was withheld in this session and stays so until 'attune consent SESSION NAME grant': "
                    + unwilling.map(\.name).joined(separator: ", "))
        }
        if !unmeasured.isEmpty {
            notes.append(
                "not measured under the profile '\(profile.rawValue)': "
                    + unmeasured.map(\.name).joined(separator: ", "))
        }
        let undrawn = tracks.filter { $0.givesPoints && !permissions(role: $0.role).facePoints }
        if !undrawn.isEmpty {
            notes.append(
                "contours of the face are not told under the profile '\(profile.rawValue)': "
                    + undrawn.map(\.name).joined(separator: ", "))
        }
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }
}

extension PolicySummary {
    init(_ policy: Policy, noticeID: String?, store: Settings.Store) {
        self.init(
            profile: policy.profile.rawValue, noticeID: noticeID,
            classes: policy.classes.map { roleClass in
                RoleClass(
                    roles: roleClass.roles, isProtected: roleClass.isProtected,
                    isMeasured: roleClass.permissions.measured, voiceScores: roleClass.permissions.voiceScores,
                    sentiment: roleClass.permissions.sentiment)
            }, retentionDays: store.path == nil ? nil : store.retentionDays)
    }
}
