import Foundation
import Programs
import Testing

/// `attune demo`: what somebody sees who has nothing but the program.
@Suite(.timeLimit(.minutes(10))) struct DemoTests {
    @Test(.enabled(if: Place.hasDemoCall, "the demo's call is not there: run 'make test'"))
    func aCallIsOnThePageUntilTheCommandIsToldToEnd() throws {
        let folder = try TemporaryFolder()
        let demo = try start(
            Place.command("attune"), ["demo", "--no-open"], environment: ["TMPDIR": folder.path], logs: folder.path)
        defer { if demo.isRunning { demo.terminate() } }
        func said() throws -> String { try String(contentsOfFile: folder.path + "/out", encoding: .utf8) }
        try eventually("the address is printed") {
            try #require(demo.isRunning)
            return try said().contains("&session=demo\n")
        }
        let lines = try said().split(separator: "\n").map(String.init)
        let url = try #require(lines.first { $0.hasPrefix("http://127.0.0.1:") })
        func get(_ url: String) throws -> String {
            try run(URL(fileURLWithPath: "/usr/bin/env"), ["curl", "-sS", "-m", "30", url]).output
        }
        #expect(try get(url).contains("<script type=\"module\">"))
        let sessions = url.replacing("/overlay?", with: "/v1/sessions?")
        #expect(try get(sessions).contains("anna") && get(sessions).contains("ben"))
        try eventually("the call is measured") {
            try get(url.replacing("/overlay?", with: "/v1/history?") + "&fields=voice.speaking").contains(
                #""points":[["#)
        }
        kill(demo.processIdentifier, SIGINT)
        demo.waitUntilExit()
        #expect(demo.terminationStatus == 0)
        // Nothing is left: neither the daemon nor its folder.
        #expect(try get(sessions).isEmpty)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.hasPrefix("attune-demo") }
        )
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let place = "/tmp/attune-none-\(UInt32.random(in: 0 ... .max))"
        let answer = try run(
            Place.command("attune"), ["demo", "--no-open"], environment: ["TMPDIR": place])
        #expect(answer.status == 73 && answer.errors.contains(place) && answer.errors.contains("TMPDIR"))
    }
}
