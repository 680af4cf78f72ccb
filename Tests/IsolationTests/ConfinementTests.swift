import CPlatform
import Decode
import Foundation
import Isolation
import Programs
import TestSupport
import Testing

@testable import Worker

/// What a confined process may do, tried by one.
@Suite(.waiting) struct ConfinementTests {
    private func probe() throws -> [String: String] {
        let folder = try Folder()
        let other = try folder.write([2], "other")
        let process = try Program(
            "\(programs)/confined-probe",
            [try folder.write([1], "allowed"), other, "\(LoopbackServer.freePort())"], output: .pipe)
        let text = String(decoding: try process.readToEnd(), as: UTF8.self)
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            line.firstIndex(of: " ").map { (String(line[..<$0]), String(line[$0...].dropFirst())) }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test(.disabled(if: isSanitized, "a sanitizer puts its own connect in front of that which asks"))
    func itDoesWhatReadingTakesAndNothingElse() throws {
        let answers = try probe()
        let state = answers["landlock"] ?? ""
        for needed in [
            "limit", "network", "enter", "read-allowed", "read-limits", "own-host", "named-network", "public",
            "own-datagram",
        ] { #expect(answers[needed] == "done", "\(needed)") }
        for refused in [
            "no-network", "much-memory", "other-port", "other-loopback", "link-local", "private", "other-datagram",
        ] {
            #expect(answers[refused] != nil && answers[refused] != "done", "\(refused)")
        }
        #expect(answers["refused"]?.hasPrefix("127.0.0.9:") == true)
        // A kernel without these says so, and the rest holds.
        if state.hasPrefix("1") {
            for refused in ["write-allowed", "read-other", "create", "unlink", "list-tmp"] {
                #expect(answers[refused] != nil && answers[refused] != "done", "\(refused)")
            }
        }
        let kernel = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        #expect(state.hasSuffix("filter 1") || !kernel.contains("Seccomp:"))
        if state.hasSuffix("filter 1") {
            for refused in [
                "write-allowed", "create", "unlink", "execute", "fork", "signal-parent", "look-into-parent",
                "raw-socket",
                "executable-memory", "data-to-code", "raise-limits",
            ] { #expect(answers[refused] == "Operation not permitted", "\(refused): \(answers[refused] ?? "-")") }
        }
    }

    @Test(arguments: [
        ("8.8.8.8", 1), ("203.0.113.9", 1), ("2001:4860:4860::8888", 1), ("172.32.0.1", 1), ("100.128.0.1", 1),
        ("127.0.0.1", 0), ("127.9.9.9", 0), ("10.0.0.1", 0), ("172.16.0.1", 0), ("172.31.255.255", 0),
        ("192.168.1.1", 0), ("169.254.169.254", 0), ("100.64.0.1", 0), ("0.0.0.0", 0), ("224.0.0.1", 0),
        ("255.255.255.255", 0), ("::1", 0), ("::", 0), ("fe80::1", 0), ("fd00::1", 0), ("ff02::1", 0),
        ("::ffff:127.0.0.1", 0), ("::ffff:8.8.8.8", 1), ("64:ff9b::7f00:1", 0), ("64:ff9b::808:808", 1),
        ("2002:7f00:1::", 0), ("::127.0.0.1", 0), ("x", -1), ("1.2.3", -1), ("1.2.3.4/8", -1),
    ])
    func publicAddressesAreTold(address: String, answer: Int32) {
        #expect(attune_is_public_address(address) == answer)
    }

    @Test(arguments: [
        ("10.0.0.0/8", true), ("::/0", true), ("fd00::/8", true), ("1.2.3.4", true), ("0.0.0.0/0", true),
        ("10.0.0.0/33", false), ("::/129", false), ("10.0.0.0/", false), ("10.0.0.0/-1", false), ("10.0.0.0/8x", false),
        ("host", false), ("", false), ("/8", false), ("10.0.0.0/ 8", false),
    ])
    func networksAreTold(text: String, isNetwork: Bool) {
        #expect((attune_is_network(text) != 0) == isNetwork)
    }

    @Test(arguments: [
        ("http://a.example/x", "a.example", 80), ("https://a.example:8443/x", "a.example", 8443),
        ("hls+https://b/x.m3u8", "b", 443), ("rtsp://u:p@c:99/x", "c", 99), ("rtmp://[::1]:5/x", "::1", 5),
        ("http://[fe80::1]/x", "fe80::1", 80), ("http://u@v@d/x", "d", 80), ("srt://e:9?mode=caller", "e", 9),
        ("http://f:0x50/", "f", 80), ("http://g?x=http://h:1/", "g", 80), ("tcp://i:70000", "i", 0),
    ])
    func theHostOfALocationIsFound(location: String, host: String, port: UInt16) {
        let needs = LocationNeeds(location)
        #expect(needs.host == host && needs.port == port)
    }

    @Test(arguments: ["/a/b.wav", "file:/a/b.wav", "file:///a/b.wav"])
    func aFileNeedsItselfOnly(location: String) {
        let needs = LocationNeeds(location)
        #expect(needs.host == nil && needs.readablePaths.last == "/a/b.wav")
        #expect(!needs.readablePaths.contains { $0.hasPrefix("/etc/ssl") })
    }

    @Test func aPlaylistNeedsWhatLiesBesideIt() {
        #expect(LocationNeeds("/a/b/list.m3u8").readablePaths.last == "/a/b")
    }
}
