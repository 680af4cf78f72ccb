import Control
import ControlAPI
import Conversation
import Events
import Kit
import Logging
import Pipeline
import Settings
import Text

/// What is said of the people in a session: their consent, what they are called, and their words.
extension SessionRegistry {
    func setConsent(session name: String, speaker: String, to order: ConsentOrder) async throws(Problem) {
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        let (state, isDone) =
            entry.session.update { engine in
                let state = engine.consent(of: speaker)
                return switch order {
                case .exactly(let consent): (state, engine.setConsent(name: speaker, to: consent))
                case .lanes(let lanes, let isGranted):
                    (state, engine.setConsent(name: speaker, in: lanes, isGranted: isGranted))
                }
            } ?? (nil, false)
        guard let state else { throw Self.noSuchSpeaker(speaker, session: name) }
        guard isDone else {
            throw Problem(
                status: 409, type: .consentInvalid,
                detail: "the consent of speaker '\(speaker)' is \(state.rawValue), and nothing is given without the "
                    + "voice; give that too, as in voice,words")
        }
        // Before the answer: what is promised here holds after a crash, too.
        keepCalls()
        logger.info("consent \(order)", metadata: ["session": "\(name)"])
        // The answer says that what was stored of the speaker is gone, too.
        if order.takesBack { try await store.settle() }
    }

    func describe(
        session name: String, speaker: String, _ request: SpeakerRequest
    ) async throws(Problem) -> SpeakerSummary {
        try AttachValidation.check(request)
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        let joined: SpeakerJoined?
        if let text = request.consent {
            let consent = try AttachValidation.consent(text, of: speaker)
            joined = try nameVoice(speaker, request, consent, in: entry, session: name)
            // Before the answer: what is promised here holds after a crash, too.
            keepCalls()
            if consent.state == .withheld { try await store.settle() }
        } else {
            joined =
                entry.session.update { engine in
                    engine.nameVoice(speaker, displayName: request.name, role: request.role, consent: nil)
                        ?? engine.describe(name: speaker, displayName: request.name, role: request.role)
                } ?? nil
        }
        guard let joined else { throw Self.noSuchSpeaker(speaker, session: name) }
        return SpeakerSummary(
            speaker: speaker, name: joined.displayName, role: joined.role, consent: joined.consent.rawValue,
            lanes: joined.lanes.isEmpty ? nil : ["voice"] + joined.lanes.names)
    }

    func caption(session name: String, _ request: CaptionRequest) async throws(Problem) -> CaptionSummary {
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        let captions = try CaptionGate.captions(of: request)
        guard entries[name]?.captions.admit(captions.count, atNanoseconds: HostClock.monotonicNanoseconds()) == true
        else {
            throw Problem(
                status: 429, type: .tooManyCaptions,
                detail: "over \(Int(CaptionGate.linesPerSecond)) lines of captions a second; send fewer partial ones")
        }
        let permissions = captions.map { caption in
            entry.session.update { $0.captionPermission(speaker: caption.speaker) } ?? .nothing
        }
        // Of several lines those of strangers are left out; where there is no other, that is told.
        if let stranger = zip(captions, permissions).first(where: { $1 == .unknownSpeaker })?.0,
            permissions.allSatisfy({ $0 == .unknownSpeaker })
        {
            throw Self.noSuchSpeaker(stranger.speaker, session: name)
        }
        var summary = CaptionSummary(skipped: request.lines.count - captions.count)
        for (caption, permission) in zip(captions, permissions) {
            if permission == .unknownSpeaker {
                summary.skipped += 1
                continue
            }
            // Counted outside of the session's lock, for which media waits. Consent that was taken back in between is
            // looked at again when the line is taken.
            let line = CaptionLine(
                caption, counting: analyzer, trackers: entry.trackers, permission: permission,
                passesText: settings.conversation.wordTexts != .none)
            switch line.flatMap({ line in entry.session.update { $0.take(line, speaker: caption.speaker) } }) {
            case .counted: summary.counted += 1
            case .outOfTime: summary.outOfTime += 1
            case .ignored, nil: summary.ignored += 1
            }
        }
        return summary
    }
}
