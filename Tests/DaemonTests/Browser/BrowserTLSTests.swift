import Control
import ControlAPI
import Foundation
import Programs
import Settings
import TestSupport
import Testing

@testable import Daemon

/// Browsers of other machines: with TLS, or not at all.
@Suite(.waiting) struct BrowserTLSTests {
    private static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Runs openssl to its end.
    private static func run(_ arguments: [String], input: String = "") throws -> String {
        let process = try Program(
            openssl ?? "/usr/bin/openssl", arguments, input: .pipe, output: .pipe, errors: .nothing)
        try process.input?.write(contentsOf: Data(input.utf8))
        // The request ends by itself; the end of the input would end the client before the answer.
        let output = try process.output?.readToEnd() ?? Data()
        try process.input?.close()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    private static func makeCertificate(_ folder: String, _ name: String) throws {
        _ = try run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem",
        ])
    }

    @Test(.enabled(if: openssl != nil)) func overTLSThePageComesAndNothingInTheClear() async throws {
        let folder = "/tmp/attune-tls-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.makeCertificate(folder, "own")
        try Self.makeCertificate(folder, "other")
        var sockets = Settings().sockets
        sockets.http = Settings.ListenAddress(host: "127.0.0.1", port: 0)
        (sockets.httpCertificate, sockets.httpKey) = ("\(folder)/own.pem", "\(folder)/other.key")
        var error = #expect(throws: DaemonError.self) { try BrowserAccess.check(sockets) }
        #expect(error?.exitCode == 78 && error?.message.contains("http_key") == true, "\(error?.message ?? "")")
        sockets.httpCertificate = "\(folder)/none.pem"
        error = #expect(throws: DaemonError.self) { try BrowserAccess.check(sockets) }
        #expect(error?.message.contains("http_certificate") == true)

        func own(_ sockets: inout Settings.Sockets) {
            (sockets.httpCertificate, sockets.httpKey) = ("\(folder)/own.pem", "\(folder)/own.key")
        }
        // Who says nothing, or half of a greeting, is given up.
        try await withBrowsers({ own(&$0) }, limits: { $0.idleSeconds = 1 }) { bench in
            for text in ["", "\u{16}\u{3}\u{1}"] {
                _ = try await Connection(port: bench.port, sending: text).readToEnd()
            }
        }
        try await withBrowsers({ own(&$0) }) { bench in
            let issued = try await bench.access.issue(TokenRequest())
            #expect(issued.url.hasPrefix("https://127.0.0.1:\(bench.port)/overlay?"))
            let request =
                "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n"
                + "Authorization: Bearer \(issued.token)\r\nConnection: close\r\n\r\n"
            let answer = try Self.run(
                [
                    "s_client", "-quiet", "-connect", "127.0.0.1:\(bench.port)", "-CAfile", "\(folder)/own.pem",
                    "-verify_return_error", "-servername", "localhost",
                ], input: request)
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains(#""status":"ok""#), "\(answer)")
            let clear = try await Connection(port: bench.port, sending: request).readToEnd()
            #expect(!clear.contains("HTTP/1.1 200"))
        }
    }

    @Test(arguments: [
        "0.0.0.0:8480", "[::]:8480", "192.168.1.20:8480", "10.0.0.1:0", "[fe80::1]:80", "[::ffff:127.0.0.1]:80",
    ])
    func anAddressOfOthersNeedsTLS(address: String) throws {
        let yaml = "sockets:\n  http: \"\(address)\"\n"
        let error = #expect(throws: SettingsError.self) { try Settings(yaml: yaml, file: "f") }
        #expect(error?.line == 2 && error?.message.contains("http_certificate") == true, "\(error?.message ?? "")")
        let half = yaml + "  http_key: /k.pem\n"
        #expect(throws: SettingsError.self) { try Settings(yaml: half, file: "f") }
        let whole = try Settings(yaml: half + "  http_certificate: /c.pem\n", file: "f")
        #expect(whole.sockets.http?.isLoopback == false)
    }

    @Test(arguments: [
        "http: localhost:80", "http: 127.0.0.1", "http: 127.0.0.1:99999", "http: ::1:80", "http: \"[127.0.0.1]:80\"",
        "http: 127.0.0.0/8:80", "http: [1]", "http_hosts: [\"a b\"]", "http_hosts: [\"x:80\"]", "http_hosts: [\"*\"]",
        "http_origins: [\"*\"]", "http_origins: [\"null\"]", "http_origins: [\"https://x/\"]",
        "http_origins: [\"https://X.org\"]", "http_origins: [\"file://x\"]", "http_origins: [\"https://x; y\"]",
        "http_origins: [\"https://*.example.org\"]", "http_tokens: tokens",
    ])
    func whatIsNoAddressNameOrOriginIsRefused(line: String) {
        let error = #expect(throws: SettingsError.self) { try Settings(yaml: "sockets:\n  \(line)\n", file: "f") }
        #expect(error?.line == 2)
    }

    @Test func whatIsOneIsTaken() throws {
        let settings = try Settings(
            yaml: "sockets:\n  http: \"[::1]:0\"\n  http_hosts: [Studio.lan, \"[fe80::1]\"]\n"
                + "  http_origins: [\"https://crm.example.org\", \"http://localhost:3000\"]\n", file: "f")
        #expect(settings.sockets.http == Settings.ListenAddress(host: "::1", port: 0))
        #expect(settings.sockets.httpHosts == ["studio.lan", "[fe80::1]"] && settings.sockets.httpOrigins.count == 2)
        #expect(try Settings(yaml: "sockets:\n  http:\n", file: "f").sockets.http == nil)
    }
}
