import ArgumentParser
import AttuneClient
import ControlAPI

struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete a stored session, or everything that is stored of a speaker.",
        discussion: """
            What is no id of a stored session is taken for the name of a speaker. Nothing can be undone. In a call \
            that still runs, no more is stored of what was forgotten.
            """ + examples("attune forget 20260302T091438-acme-7", "attune forget ben"))

    @Argument(help: ArgumentHelp("Id of a stored session, or name of a speaker.", valueName: "ID|SPEAKER"))
    var what: String

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            do {
                _ = try await sockets.control.forget(id: what)
                try say("deleted the stored session \(what)")
            } catch ClientError.refused(let problem) where problem.type == .noSuchStoredSession {
                let forgotten = try await sockets.control.forget(speaker: what)
                let sessions = forgotten.sessions == 1 ? "session" : "sessions"
                try say("deleted what was stored of '\(what)' in \(forgotten.sessions) \(sessions)")
            }
        } catch ClientError.refused(let problem) where problem.type == .nothingStored {
            throw fail(
                "no stored session has the id '\(what)' and no stored speaker the name; "
                    + "'attune sessions --stored' lists both", code: 66)
        } catch {
            throw fail(error)
        }
    }
}
