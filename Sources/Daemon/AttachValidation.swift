import ControlAPI
import Events

/// Checks a request to attach a source before anything is opened.
enum AttachValidation {
    private static let longestName = 64
    private static let mostTracks = 64

    /// The speakers of a request.
    ///
    /// - Throws: `Problem` naming what is wrong and the remedy.
    static func tracks(of request: AttachRequest) throws(Problem) -> [SpeakerTrack] {
        try checkName(request.session, what: "session")
        if request.url.isEmpty || request.url.utf8.count > 4_096 {
            throw malformed("the url must have 1 to 4096 bytes; check it")
        }
        if let notice = request.noticeID { try checkName(notice, what: "notice_id") }
        guard (1...mostTracks).contains(request.tracks.count) else {
            throw malformed("a source needs 1 to \(mostTracks) speakers; name them with --speaker or --track")
        }
        var tracks: [SpeakerTrack] = []
        for (index, track) in request.tracks.enumerated() {
            try checkName(track.speaker, what: "speaker")
            if let role = track.role { try checkName(role, what: "role") }
            let number = track.track ?? index
            guard (0..<1_024).contains(number), !tracks.contains(where: { $0.track == number }) else {
                throw malformed("track \(number) is out of range or given twice; count tracks from 0, each once")
            }
            guard !tracks.contains(where: { $0.name == track.speaker }) else {
                throw malformed("speaker '\(track.speaker)' is given twice; each track needs a name of its own")
            }
            tracks.append(
                SpeakerTrack(
                    track: number, name: track.speaker, role: track.role,
                    consent: try consent(track.consent ?? request.consent, of: track.speaker)))
        }
        return tracks
    }

    private static func consent(_ text: String?, of speaker: String) throws(Problem) -> ConsentState {
        guard let text else {
            throw Problem(
                status: 422, type: "consent_missing",
                detail: "no consent is declared for speaker '\(speaker)', so the source is refused; "
                    + "declare it with --consent granted or --consent withheld")
        }
        guard let state = ConsentState(rawValue: text), state != .unknown else {
            throw Problem(
                status: 422, type: "consent_invalid",
                detail: "'\(text)' is no consent state; use granted or withheld")
        }
        return state
    }

    private static func checkName(_ name: String, what: String) throws(Problem) {
        let isShort = !name.isEmpty && name.utf8.count <= longestName
        let isPlain = name.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "/" && scalar != "\\"
        }
        guard isShort, isPlain else {
            throw malformed(
                "the name of a \(what) must have 1 to \(longestName) bytes without slashes and control characters")
        }
    }

    private static func malformed(_ detail: String) -> Problem {
        Problem(status: 422, type: "invalid_request", detail: detail)
    }
}
