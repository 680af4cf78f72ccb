import ArgumentParser
import AttuneClient
import ControlAPI

struct Expect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Declare a call that a sender will bring by WebSocket, and get the address for it.",
        discussion: """
            Prints the address of each dialect, with the token that admits the sender in it: a secret. It holds for \
            one connection, and for --ttl seconds. SOURCE is what the sender calls a speaker (a track, or the id or \
            the name of a participant; * for everybody else); without it the order counts. See docs/adapters.md.
            """
                + examples(
                    "attune expect acme-7 --speaker ben:customer --speaker anna:rep \\",
                    "    --consent granted --dialect twilio",
                    "attune expect town-hall --speaker 'guest=*' --consent granted --dialect recall"))

    @Argument(help: ArgumentHelp("Name of the session.", valueName: "SESSION"))
    var session: String

    @Option(
        help: ArgumentHelp("Who will speak; repeat for several.", valueName: "NAME[:ROLE][=SOURCE]"))
    var speaker: [String] = []

    @Option(
        help: ArgumentHelp(
            "Whether the speakers agreed to be measured: granted is the voice alone, lanes name more.",
            valueName: "granted|withheld|voice,words,face"),
        completion: .list(["granted", "withheld", "voice,words", "voice,words,face"]))
    var consent: String?

    @Option(
        name: [.customLong("notice-id"), .customLong("notice")],
        help: ArgumentHelp("Identifies the notice that the people in the call were given.", valueName: "ID"))
    var notice: String?

    @Option(
        help: ArgumentHelp(
            "Which sessions keep their rhythm where the machine can't carry all.", valueName: "low|normal|high"),
        completion: .list(["low", "normal", "high"]))
    var priority: String?

    @Option(
        help: ArgumentHelp(
            "How many voices the one track has: each is a speaker of its own, anonymous until 'attune name' says whose "
                + "it is.", valueName: "auto|N"))
    var voices: VoiceCount?

    @Option(help: ArgumentHelp("Seconds within which the call has to come.", valueName: "SECONDS"))
    var ttl: Int?

    @Flag(help: "Each speaker comes by a connection of their own, all with the same token.")
    var connectionEach = false

    @Option(
        help: ArgumentHelp("Print nothing but the address for this dialect.", valueName: "DIALECT"),
        completion: .list(["twilio", "raw", "jitsi", "recall", "attendee", "vexa", "genesys", "acs"]))
    var dialect: String?

    @Flag(help: "Print nothing but the token.")
    var token = false

    @OptionGroup var sockets: SocketOptions

    func validate() throws { _ = try speakers() }

    func run() async throws {
        let speakers = try speakers()
        do {
            let call = try await sockets.control.expect(
                ExpectRequest(
                    session: session, speakers: speakers, consent: consent, noticeID: notice, priority: priority,
                    ttlSeconds: ttl, connections: connectionEach ? speakers.count : nil, voices: voices?.text))
            if token { return try say(call.token) }
            guard let dialect else {
                try say("expected until \(call.expiresAt); the addresses are secret")
                for (name, url) in call.urls.sorted(by: { $0.key < $1.key }) { try say("  \(name)  \(url)") }
                return
            }
            guard let url = call.urls[dialect] else {
                throw fail(
                    "there is no dialect '\(dialect)'; use one of \(call.urls.keys.sorted().joined(separator: ", "))",
                    code: 64)
            }
            try say(url)
        } catch {
            throw fail(error)
        }
    }

    private func speakers() throws -> [ExpectRequest.Speaker] {
        guard !speaker.isEmpty else {
            throw ValidationError("Give one --speaker or more; --speaker 'guest=*' takes whoever comes.")
        }
        return try speaker.map { text in
            let parts = SpeakerName.atEquals(text)
            guard let name = SpeakerName(parts?.name ?? text), parts != nil || !text.hasSuffix("=") else {
                throw ValidationError("--speaker '\(text)' is not NAME, NAME:ROLE or NAME:ROLE=SOURCE.")
            }
            return ExpectRequest.Speaker(
                speaker: name.name, role: name.role, source: parts?.value)
        }
    }
}
