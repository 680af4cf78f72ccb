import ControlAPI
import Conversation
import Events
import Pipeline
import Settings

/// Voices of tracks with several.
extension SessionRegistry {
    /// Refuses tracks whose voices must not, or can't, be told apart, and names that voices have.
    func checkVoices(of tracks: [SpeakerTrack], _ request: AttachRequest) throws(Problem) {
        let session = request.session, entry = entries[session]
        for track in tracks where entry?.session.update({ $0.isVoice(track.name) }) ?? false {
            throw Problem(
                status: 409, type: .speakerExists,
                detail: "session '\(session)' has a voice '\(track.name)' already; choose another name")
        }
        guard tracks.contains(where: { $0.voices != nil }) else { return }
        try checkTellingApart(in: session, noticeID: request.noticeID)
    }

    /// Refuses to tell voices apart where the profile forbids it, nobody was told, or it can't be done.
    func checkTellingApart(in session: String, noticeID: String?) throws(Problem) {
        guard inForce.permitsVoices else {
            throw Problem(
                status: 403, type: .forbiddenByPolicy,
                detail: "under the profile '\(inForce.profile.rawValue)' voices of one track are not told apart; "
                    + "give each person a track, or attach it as one speaker")
        }
        let notice = entries[session].map(\.session.started.noticeID) ?? noticeID ?? settings.policy.noticeID
        guard notice != nil else {
            throw Problem(
                status: 422, type: .consentMissing,
                detail: "voices are told apart only where everybody was told so; name the notice with --notice-id, or "
                    + "set policy.notice_id")
        }
        guard let voices, voices.isOn else {
            throw Problem(
                status: 503, type: .sourceUnavailable,
                detail: voices?.statistics.state == .failed
                    ? "what tells voices apart can't be used; the log says why" : VoiceSeparation.missingNote)
        }
    }

    /// Says whose voice it is, and what that person agreed to.
    func nameVoice(
        _ speaker: String, _ request: SpeakerRequest, _ consent: Consent, in entry: SessionEntry, session: String
    ) throws(Problem) -> SpeakerJoined? {
        guard consent.lanes.isEmpty else {
            throw Problem(
                status: 422, type: .consentInvalid,
                detail: "of a voice on a track with several only the voice is measured; give granted or withheld")
        }
        let (isVoice, joined) =
            entry.session.update { engine in
                (
                    engine.isVoice(speaker),
                    engine.nameVoice(speaker, displayName: request.name, role: request.role, consent: consent)
                )
            } ?? (false, nil)
        guard isVoice || entry.session.update({ $0.consent(of: speaker) == nil }) ?? true else {
            throw Problem(
                status: 409, type: .consentInvalid,
                detail: "'\(speaker)' is no voice that was found; change the consent with 'attune consent'")
        }
        return joined
    }
}
