import ArgumentParser
import AttuneClient
import Events
import Foundation
import Text

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what was said in a stored session: WebVTT, JSON or CSV.",
        discussion: """
            SESSION is an id of 'attune sessions --stored', or the name of a session, of which the newest is meant. Texts \
            are stored where the configuration has words.text: stored, of speakers who agreed to words.
            """
                + examples(
                    "attune export acme-7 > call.vtt",
                    "attune export 20260302T091438-acme-7 --csv > call.csv"))

    @Argument(help: ArgumentHelp("Id or name of the stored session.", valueName: "SESSION"))
    var session: String

    @Flag(help: "How it is written (default: --vtt).")
    var format: TranscriptFormat = .vtt

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            let stored = try await sockets.control.stored()
            let named = stored.filter { $0.session == session }.max { $0.startedAt < $1.startedAt }
            guard let id = stored.first(where: { $0.id == session })?.id ?? named?.id else {
                throw fail("nothing is stored of '\(session)'; 'attune sessions --stored' lists what is", code: 66)
            }
            let lines = try await sockets.control.report(id: id).events.compactMap(\.spokenLine)
            guard !lines.isEmpty else {
                throw fail(
                    "no text is stored of '\(id)': that takes words.text: stored in the configuration, and speakers who "
                        + "agreed to words", code: 66)
            }
            try output(Array(format.text(of: lines.sorted { $0.startSeconds < $1.startSeconds }).utf8))
        } catch {
            throw fail(error)
        }
    }
}
