import ArgumentParser
import AttuneClient
import ControlAPI

struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report on a stored session.",
        discussion: "'attune sessions --stored' lists them; the daemon stores only where store.path is configured."
            + examples("attune report 20260302T091438-acme-7", "attune report 20260302T091438-acme-7 --html call.html"))

    @Argument(help: "Id of the stored session.")
    var id: String

    @Option(
        help: ArgumentHelp("Write a report to look at in a browser instead.", valueName: "FILE.html"),
        completion: .file(extensions: ["html"]))
    var html: String?

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        do {
            let report = try await sockets.control.report(id: id)
            if let html { try write(report.html, to: html) } else { try output(Array(report.text.utf8)) }
        } catch {
            throw fail(error)
        }
    }
}

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
            } catch ClientError.refused(let problem) where problem.type == "no_such_stored_session" {
                let forgotten = try await sockets.control.forget(speaker: what)
                let sessions = forgotten.sessions == 1 ? "session" : "sessions"
                try say("deleted what was stored of '\(what)' in \(forgotten.sessions) \(sessions)")
            }
        } catch ClientError.refused(let problem) where problem.type == "nothing_stored" {
            throw fail(
                "no stored session has the id '\(what)' and no stored speaker the name; "
                    + "'attune sessions --stored' lists both", code: 66)
        } catch {
            throw fail(error)
        }
    }
}
