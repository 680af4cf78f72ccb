import Control
import ControlAPI
import Events
import RTP

/// Checks a request to attach a source before anything is opened.
enum AttachValidation {
    /// Characters of a name, and their bytes: a character may be made of many.
    private static let maxName = 128, maxNameBytes = 1_024
    private static let maxTracks = 64

    /// The speakers of a request.
    ///
    /// - Throws: `Problem` naming what is wrong and the remedy.
    static func tracks(of request: AttachRequest) throws(Problem) -> [SpeakerTrack] {
        try checkName(request.session, what: "session")
        if request.url.isEmpty || request.url.utf8.count > 4_096 {
            throw malformed("the url must have 1 to 4096 bytes; check it")
        }
        if let priority = request.priority, SessionPriority(rawValue: priority) == nil {
            throw malformed("'\(priority)' is no priority; use low, normal or high")
        }
        if let notice = request.noticeID { try checkName(notice, what: "notice_id") }
        guard (1...maxTracks).contains(request.tracks.count) else {
            throw malformed("a source needs 1 to \(maxTracks) speakers; name them with --speaker or --track")
        }
        var tracks: [SpeakerTrack] = []
        for (index, track) in request.tracks.enumerated() {
            try checkName(track.speaker, what: "speaker")
            if let role = track.role { try checkName(role, what: "role") }
            let selector = try selector(of: track)
            let number = track.track ?? (selector == nil ? index : 0)
            let same = tracks.filter { $0.track == number }
            guard (0..<1_024).contains(number), same.allSatisfy({ $0.selector != selector }) else {
                throw malformed("track \(number) is out of range or given twice; count tracks from 0, each once")
            }
            guard same.allSatisfy({ ($0.selector == nil) == (selector == nil) }) else {
                throw malformed(
                    "track \(number) is both one speaker's and told apart by ssrc or cname; "
                        + "give each of its speakers an ssrc or a cname")
            }
            guard !tracks.contains(where: { $0.name == track.speaker }) else {
                throw malformed("speaker '\(track.speaker)' is given twice; each track needs a name of its own")
            }
            tracks.append(
                SpeakerTrack(
                    track: number, name: track.speaker, role: track.role,
                    consent: try consent(track.consent ?? request.consent, of: track.speaker), selector: selector,
                    video: try video(of: track, among: tracks), givesPoints: request.facePoints ?? false))
        }
        if let voices = try voices(of: request, tracks) { tracks[0].voices = voices }
        return tracks
    }

    private static let maxVoices = 20

    /// The voices of a source with several on one track; nil where they are not to be told apart.
    private static func voices(
        of request: AttachRequest, _ tracks: [SpeakerTrack]
    ) throws(Problem) -> VoicesWanted? {
        guard let text = request.voices else { return nil }
        let count = Int(text)
        guard text == "auto" || count.map((1...maxVoices).contains) ?? false else {
            throw malformed("'\(text)' is no number of voices; use auto, or 1 to \(maxVoices)")
        }
        guard tracks.count == 1, tracks[0].selector == nil, tracks[0].video == nil, tracks[0].role == nil,
            !tracks[0].givesPoints
        else {
            throw malformed(
                "voices are told apart on one track; name that alone, without a role, ssrc, cname, video or face_points"
            )
        }
        guard tracks[0].consent == .granted else {
            throw Problem(
                status: 422, type: .consentInvalid,
                detail: "with voices 'granted' says that everybody was told that voices are told apart, and nothing "
                    + "more; give --consent granted, and each person's own consent with 'attune name'")
        }
        return VoicesWanted(count: count)
    }

    /// Refuses contours of faces where the policy tells of nobody's in the request.
    static func checkPoints(of request: AttachRequest, under policy: Policy) throws(Problem) {
        guard request.facePoints ?? false,
            !request.tracks.contains(where: { policy.permissions(role: $0.role).facePoints })
        else { return }
        let remedy =
            policy.permitsFacePoints
            ? "name the role of somebody of whom it allows them" : "attach it without face_points"
        throw Problem(
            status: 403, type: .forbiddenByPolicy,
            detail: "under the profile '\(policy.profile.rawValue)' contours of these speakers' faces are not told; "
                + remedy)
    }

    /// Refuses a description of a speaker that says nothing or can't be.
    static func check(_ request: SpeakerRequest) throws(Problem) {
        guard request.name != nil || request.role != nil || request.consent != nil else {
            throw malformed("neither a name nor a role is given; give one of them")
        }
        if let name = request.name { try checkName(name, what: "speaker") }
        if let role = request.role { try checkName(role, what: "role") }
    }

    /// What a sender says of media that does not come; nil where it comes.
    static func absence(_ state: String) throws(Problem) -> Gap.Why? {
        switch state {
        case "active": return nil
        case "hold": return .hold
        case "mute": return .mute
        case "pause": return .pause
        default:
            throw Problem(
                status: 422, type: .stateInvalid,
                detail: "'\(state)' is no state of a source; use hold, mute, pause or active")
        }
    }

    /// The key of a request; errors do not show it.
    static func key(of request: AttachRequest) throws(Problem) -> SRTPKey? {
        guard let text = request.crypto else { return nil }
        do throws(SRTPKey.Problem) {
            return try SRTPKey(parsing: text)
        } catch {
            throw malformed("crypto: \(error)")
        }
    }

    /// The track of pictures that shows a speaker.
    private static func video(
        of track: AttachRequest.Track, among tracks: [SpeakerTrack]
    ) throws(Problem) -> Int? {
        guard let video = track.video else { return nil }
        guard (0..<maxVideoTracks).contains(video), !tracks.contains(where: { $0.video == video }) else {
            throw malformed(
                "track of pictures \(video) is out of range or given twice; count them from 0, each once")
        }
        return video
    }

    private static let maxVideoTracks = 16

    /// Which source of its port a track means; nil where the port has one only.
    private static func selector(of track: AttachRequest.Track) throws(Problem) -> RTPSourceSelector? {
        switch (track.ssrc, track.cname) {
        case (nil, nil): return nil
        case ("*", nil):
            guard track.speaker.count + 9 <= maxName else {
                throw malformed("the name '\(track.speaker)' is too long for what its SSRC is added to; shorten it")
            }
            return .unnamed
        case (let text?, nil):
            let isHexadecimal = text.lowercased().hasPrefix("0x")
            guard let ssrc = isHexadecimal ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text) else {
                throw malformed(
                    "'\(text)' is no SSRC; write it as 0x1a2b3c4d, as a decimal number, or * for all others")
            }
            return .ssrc(ssrc)
        case (nil, let name?):
            guard (1...255).contains(name.utf8.count) else {
                throw malformed("a cname must have 1 to 255 bytes; check that of speaker '\(track.speaker)'")
            }
            return .name(name)
        case (_?, _?):
            throw malformed("speaker '\(track.speaker)' has both an ssrc and a cname; give one")
        }
    }

    static func consent(_ text: String?, of speaker: String) throws(Problem) -> Consent {
        guard let text else {
            throw Problem(
                status: 422, type: .consentMissing,
                detail: "no consent is declared for speaker '\(speaker)', so the source is refused; "
                    + "declare it with --consent granted, --consent withheld, or lanes as in --consent voice,words")
        }
        do throws(Consent.ParsingError) {
            return try Consent(parsing: text)
        } catch {
            throw Problem(status: 422, type: .consentInvalid, detail: "speaker '\(speaker)': \(error)")
        }
    }

    static func checkName(_ name: String, what: String) throws(Problem) {
        let isShort = (1...maxName).contains(name.count) && name.utf8.count <= maxNameBytes
        let isPlain = name.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
            default: true
            }
        }
        guard isShort, isPlain else {
            throw malformed(
                "the name of a \(what) must have 1 to \(maxName) characters, and none that are controls")
        }
    }

    private static func malformed(_ detail: String) -> Problem {
        Problem(status: 422, type: .invalidRequest, detail: detail)
    }
}

extension AttachRequest {
    /// The request with its names as names are written.
    var withCanonicalNames: AttachRequest {
        var request = self
        request.session = canonicalName(session)
        for index in request.tracks.indices { request.tracks[index].speaker = canonicalName(tracks[index].speaker) }
        return request
    }
}
