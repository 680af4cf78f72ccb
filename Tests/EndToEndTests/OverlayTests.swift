import Foundation
import Programs
import Testing

/// The page for browsers, as an operator has it: from the configuration to the address to paste.
@Suite(.timeLimit(.minutes(10))) struct OverlayTests {
    /// Prints the status and the body of a URL.
    private static let fetch = """
        import sys, urllib.error, urllib.request
        try:
            answer = urllib.request.urlopen(sys.argv[1], timeout=60)
            print(answer.status, answer.headers["Content-Security-Policy"], answer.read().decode())
        except urllib.error.HTTPError as error:
            print(error.code, error.read().decode())
        """

    private func get(_ url: String) throws -> String {
        try run(URL(fileURLWithPath: "/usr/bin/env"), ["python3", "-c", Self.fetch, url]).output
    }

    @Test func theAddressThatIsPrintedShowsThePage() throws {
        let daemon = try RunningDaemon(settings: "  http: 127.0.0.1:0\n")
        _ = try daemon.attachRTP(session: "acme 7", speaker: "anna")
        let printed = try daemon.attune("overlay", "acme 7")
        let url = printed.output.trimmingCharacters(in: .newlines)
        try #require(printed.status == 0 && url.hasPrefix("http://127.0.0.1:"), "\(printed.errors)")
        let page = try get(url)
        #expect(
            page.hasPrefix("200 default-src 'none'; script-src 'sha256-") && page.contains("<script type=\"module\">"))
        let sessions = try get(url.replacing("/overlay?", with: "/v1/sessions?"))
        #expect(sessions.hasPrefix("200 ") && sessions.contains(#""session":"acme 7""#), "\(sessions)")
        let other = try get(url.replacing("/overlay?", with: "/v1/history?").replacing("acme%207", with: "b"))
        #expect(other.hasPrefix("403 "), "\(other)")
        let token = try #require(url.split(separator: "token=").last?.split(separator: "&").first)
        let wrong = try get(url.replacing(token, with: "x"))
        #expect(wrong.hasPrefix("401 "), "\(wrong)")
        #expect(daemon.log.contains("browsers are served on http://127.0.0.1:") && !daemon.log.contains(token))
        #expect(try daemon.attune("overlay", "--ttl-h", "0").status == 64)
        #expect(daemon.terminate() == 0)
    }

    @Test func whereNoBrowserIsServedTheCommandSaysHow() throws {
        let daemon = try RunningDaemon()
        let answer = try daemon.attune("overlay")
        #expect(answer.status == 65 && answer.errorLine.contains("sockets.http"), "\(answer.errors)")
        #expect(daemon.terminate() == 0)
    }

    @Test func aFileOfTokensIsReadAgainAtSIGHUP() throws {
        let folder = try TemporaryFolder()
        let tokens = try folder.file("tokens", "first-0123456789 session=a\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: tokens)
        let daemon = try RunningDaemon(folder: folder, settings: "  http: 127.0.0.1:0\n  http_tokens: \(tokens)\n")
        let start = try #require(daemon.log.firstRange(of: "served on "))
        let page = String(daemon.log[start.upperBound...].prefix { !$0.isWhitespace })
        #expect(try get(page + "?token=first-0123456789").hasPrefix("200 "))
        let handle = try #require(FileHandle(forWritingAtPath: tokens))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data("second-0123456789\n".utf8))
        try handle.close()
        kill(daemon.process.processIdentifier, SIGHUP)
        try eventually("the file is read again") { daemon.log.contains("applied: sockets.http_tokens") }
        #expect(try get(page + "?token=first-0123456789").hasPrefix("401 "))
        #expect(try get(page + "?token=second-0123456789").hasPrefix("200 "))
        // One that others may read changes nothing, and is told.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: tokens)
        kill(daemon.process.processIdentifier, SIGHUP)
        try eventually("the file is refused") { daemon.log.contains("chmod 0600") }
        #expect(try get(page + "?token=second-0123456789").hasPrefix("200 "))
        #expect(daemon.terminate() == 0)
    }

    @Test func anAddressOfOthersWithoutTLSIsRefusedBeforeTheStart() throws {
        let folder = try TemporaryFolder()
        let config = try folder.file("attune.yaml", "sockets:\n  http: 0.0.0.0:8480\n")
        for options in [["--check-config"], []] {
            let refused = try run(Place.command("attuned"), ["--config", config] + options)
            #expect(refused.status == 78 && refused.errorLine.contains("attune.yaml:2:"), "\(refused.errors)")
            #expect(refused.errorLine.contains("http_certificate"))
        }
    }
}
