import ArgumentParser
import AttuneClient
import ControlAPI
import Foundation

struct Attach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Attach a live source to a session.",
        discussion: """
            URL is anything FFmpeg opens, a path, an SDP file, rtp://ADDRESS:PORT for plain RTP (port 0 lets the \
            system choose one; the answer names it), or audiosocket:UUID for a call that Asterisk will bring.
            """
                + examples(
                    "attune attach rtp://127.0.0.1:5004 --session acme-7 --speaker anna:rep \\",
                    "    --consent granted",
                    "attune attach call.wav --session acme-7 --track 0:anna:rep \\",
                    "    --track 1:ben:customer --consent granted",
                    "attune attach rtp://127.0.0.1:5004 --session standup --speaker room \\",
                    "    --voices auto --consent granted",
                    "attune attach rtp://0.0.0.0:5004 --session town-hall --ssrc 'guest=*' \\",
                    "    --consent granted"))

    @Argument(help: ArgumentHelp("The source.", valueName: "URL"), completion: .file())
    var url: String

    @Option(help: ArgumentHelp("Name of the session; it is made if it does not exist.", valueName: "SESSION"))
    var session: String

    @Option(help: ArgumentHelp("Who speaks in the source, mixed to one voice.", valueName: "NAME[:ROLE]"))
    var speaker: String?

    @Option(
        help: ArgumentHelp(
            "Who speaks on a track, or on a channel of the only track, from 0; repeat for several.",
            valueName: "N:NAME[:ROLE]"))
    var track: [String] = []

    @Option(
        help: ArgumentHelp(
            "Plain RTP: who speaks as the source SSRC (0x…, decimal, or * for all others); repeat for several.",
            valueName: "NAME[:ROLE]=SSRC"))
    var ssrc: [String] = []

    @Option(
        help: ArgumentHelp(
            "Plain RTP: who speaks as the source with this RTCP CNAME or NAME; repeat for several.",
            valueName: "NAME[:ROLE]=CNAME"))
    var cname: [String] = []

    @Option(
        help: ArgumentHelp(
            "Whether the speakers agreed to be measured: granted is the voice alone, lanes name more.",
            valueName: "granted|withheld|voice,words,face"),
        completion: .list(["granted", "withheld", "voice,words", "voice,words,face"]))
    var consent: String?

    @Option(
        name: [.long, .customLong("notice-id")],
        help: ArgumentHelp("Identifies the notice that the people in the call were given.", valueName: "ID"))
    var notice: String?

    @Option(
        help: ArgumentHelp(
            "Plain RTP that is encrypted (SRTP): a file with the line 'SUITE inline:KEY'.", valueName: "FILE"),
        completion: .file())
    var cryptoFile: String?

    @Option(
        help: ArgumentHelp(
            "Which sessions keep their rhythm where the machine can't carry all; the session's first source decides.",
            valueName: "low|normal|high"),
        completion: .list(["low", "normal", "high"]))
    var priority: String?

    @Option(
        help: ArgumentHelp(
            "Which track of pictures, from 0, shows a speaker; looked at only with --consent voice,face. "
                + "One speaker alone has the first.", valueName: "N:NAME"))
    var video: [String] = []

    @Flag(help: "Tell the contours of the speakers' faces to who asks for face.points; needs --consent voice,face.")
    var facePoints = false

    @Option(
        help: ArgumentHelp(
            "How many voices the one track has: each is a speaker of its own, anonymous until 'attune name' says whose "
                + "it is.", valueName: "auto|N"))
    var voices: VoiceCount?

    @OptionGroup var sockets: SocketOptions

    func validate() throws { _ = try tracks() }

    func run() async throws {
        let request = AttachRequest(
            url: try Webhook.location(url) ?? absolute(url), session: session, tracks: try tracks(), consent: consent,
            noticeID: notice,
            crypto: try crypto(), priority: priority, voices: voices?.text, facePoints: facePoints ? true : nil)
        do {
            let source = try await sockets.control.attach(request)
            try say("\(source.source) \(source.state) \(source.url)")
            if let note = source.note { warn(note) }
        } catch {
            throw fail(error)
        }
    }

    /// A file rather than an argument, which everybody on the machine could see.
    private func crypto() throws -> String? {
        guard let cryptoFile else { return nil }
        guard let text = try? String(contentsOfFile: cryptoFile, encoding: .utf8) else {
            throw fail("cannot read \(cryptoFile); check that it exists and may be read", code: 66)
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func tracks() throws -> [AttachRequest.Track] {
        let several =
            try track.map(numbered) + sources(ssrc, "--ssrc") { ($0, nil) }
            + sources(cname, "--cname") { (nil, $0) }
        guard (speaker == nil) != several.isEmpty else {
            throw ValidationError("Give either one --speaker, or one or more --track, --ssrc or --cname.")
        }
        guard let speaker else { return try shown(several) }
        guard let name = SpeakerName(speaker) else {
            throw ValidationError("--speaker '\(speaker)' is not NAME or NAME:ROLE.")
        }
        return try shown([AttachRequest.Track(track: nil, speaker: name.name, role: name.role)])
    }

    /// The tracks with the pictures that show their speakers.
    private func shown(_ tracks: [AttachRequest.Track]) throws -> [AttachRequest.Track] {
        var tracks = tracks
        for text in video {
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]),
                let index = tracks.firstIndex(where: { $0.speaker == parts[1] })
            else { throw ValidationError("--video '\(text)' is not N:NAME of a speaker that is named here.") }
            tracks[index].video = number
        }
        return tracks
    }

    private func numbered(_ text: String) throws -> AttachRequest.Track {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let number = Int(parts[0]), let name = SpeakerName(parts[1]) else {
            throw ValidationError("--track '\(text)' is not N:NAME or N:NAME:ROLE.")
        }
        return AttachRequest.Track(track: number, speaker: name.name, role: name.role)
    }

    private func sources(
        _ texts: [String], _ option: String, _ selector: (String) -> (ssrc: String?, cname: String?)
    ) throws -> [AttachRequest.Track] {
        try texts.map { text in
            guard let parts = SpeakerName.atEquals(text), let name = SpeakerName(parts.name) else {
                throw ValidationError("\(option) '\(text)' is not NAME=… or NAME:ROLE=….")
            }
            let (ssrc, cname) = selector(parts.value)
            return AttachRequest.Track(track: nil, ssrc: ssrc, cname: cname, speaker: name.name, role: name.role)
        }
    }

    /// The daemon has another working directory: paths that exist here go to it as absolute ones.
    private func absolute(_ url: String) -> String {
        FileManager.default.fileExists(atPath: url) ? URL(fileURLWithPath: url).path : url
    }
}
