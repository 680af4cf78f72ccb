import ArgumentParser
import AttuneClient
import Foundation

struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report on a stored session, or on one that runs.",
        discussion: """
            'attune sessions --stored' lists what is stored; the daemon stores only where store.path is configured. Of a \
            running session that is not stored the numbers are those of the whole session, lanes and curves begin now; \
            with --until-end they go on to its end, and the file is written anew every ten seconds.
            """
                + examples(
                    "attune report 20260302T091438-acme-7",
                    "attune report 20260302T091438-acme-7 --html call.html --csv call.csv",
                    "attune report --session acme-7 --html call.html --until-end"))

    @Argument(help: ArgumentHelp("Id of the stored session.", valueName: "ID"))
    var id: String?

    @Option(help: ArgumentHelp("Report on this running session.", valueName: "SESSION"))
    var session: String?

    @Option(
        help: ArgumentHelp("Write a report to look at in a browser.", valueName: "FILE.html"),
        completion: .file(extensions: ["html"]))
    var html: String?

    @Option(
        help: ArgumentHelp("Write the scores, one row per speaker and tick.", valueName: "FILE.csv"),
        completion: .file(extensions: ["csv"]))
    var csv: String?

    @Flag(help: "Print the totals as one JSON object.")
    var json = false

    @Flag(help: "Of a running session: go on until it ends.")
    var untilEnd = false

    @OptionGroup var sockets: SocketOptions

    /// Between two versions of the file of a running session.
    private static let rewriteSeconds = 10.0

    func validate() throws {
        guard (id == nil) != (session == nil) else {
            throw ValidationError("Give either the ID of a stored session, or --session.")
        }
        try requireSession(session, untilEnd: untilEnd)
    }

    func run() async throws {
        do {
            if let id { return try tell(try await sockets.control.report(id: id)) }
            guard let session else { return }
            // What is stored goes back to the session's begin.
            if !untilEnd, let stored = try? await sockets.control.stored(),
                let running = stored.first(where: { $0.session == session && $0.state == "running" })
            {
                return try tell(try await sockets.control.report(id: running.id))
            }
            try await follow(session)
        } catch {
            throw fail(error)
        }
    }

    private func tell(_ report: StoredReport) throws {
        if let html { try write(try report.html, to: html) }
        if let csv { try write(report.page.record.csv(report.totals), to: csv) }
        try tell(report.totals, report.text)
    }

    private func tell(_ totals: SessionTotals, _ text: String) throws {
        if json {
            try say(json: String(decoding: totals.json(), as: UTF8.self))
        } else if html == nil, csv == nil {
            try output(Array(text.utf8))
        }
    }

    private func follow(_ session: String) async throws {
        var report = RunningReport(session: session)
        var written = ContinuousClock.now
        for try await line in sockets.lines() {
            guard let event = line.event else { continue }
            let isUpToNow = report.take(event)
            if isUpToNow, report.isFound { await remember(session, in: &report) }
            if isUpToNow, !untilEnd || !report.isFound {
                guard report.isFound else {
                    throw fail("there is no session '\(session)'; 'attune sessions' lists those that run", code: 66)
                }
                return try tell(report)
            }
            if report.finalTotals != nil { return try tell(report) }
            if let html, isUpToNow || written.duration(to: .now) > .seconds(Self.rewriteSeconds) {
                try write(try report.html, to: html)
                written = .now
            }
        }
        // What came before the daemon went is worth having.
        try tell(report)
        throw sockets.daemonIsGone
    }

    /// Adds the scores of before, where the daemon keeps any: without them the report says so.
    private func remember(_ session: String, in report: inout RunningReport) async {
        let history = try? await sockets.control.history(
            session: session, sinceSeconds: RunningReport.historySeconds, fields: RunningReport.historyFields)
        if let history { report.take(history) }
    }

    private func tell(_ report: RunningReport) throws {
        if let html { try write(try report.html, to: html) }
        if let csv { try write(report.page.record.csv(report.totals), to: csv) }
        try tell(report.totals, TotalsText.text(of: report.totals))
    }
}
