import ControlAPI
import Events
import Settings

extension Policy {
    /// Why nobody is measured in a session without a notice.
    static let missingNotice =
        "no notice was given, so nobody is measured; name it with --notice, or set policy.notice_id"

    /// Who of these speakers is not measured despite consent, and why; nil where everybody is.
    func note(on tracks: [SpeakerTrack], hasNotice: Bool) -> String? {
        guard hasNotice else { return Self.missingNotice }
        let unmeasured = tracks.filter { $0.consent == .granted && !permissions(role: $0.role).measured }
        guard !unmeasured.isEmpty else { return nil }
        let names = unmeasured.map(\.name).joined(separator: ", ")
        return "not measured under the profile '\(profile.rawValue)': \(names)"
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
