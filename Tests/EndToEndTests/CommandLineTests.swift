import Foundation
import Programs
import TestSupport
import Testing

/// The command in the hands of people and of other programs: pipes, wrong words, a daemon that goes away.
@Suite(.waiting) struct CommandLineTests {
    private static let attune = Place.command("attune")

    /// Runs a line of the shell in which `attune` is the command.
    private func shell(_ line: String, runtime: String = "/nowhere") throws -> Finished {
        try run(
            URL(fileURLWithPath: "/bin/bash"),
            ["-o", "pipefail", "-c", "attune() { '\(Self.attune.path)' \"$@\"; }; \(line)"],
            environment: ["ATTUNE_RUNTIME_DIR": runtime])
    }

    @Test(arguments: [
        "attune tail | head -1", "attune tail --pretty | head -1", "attune tail --type session.started | true",
        "attune sessions --json | true",
    ])
    func aReaderThatHasEnoughEndsItQuietly(line: String) throws {
        let daemon = try RunningDaemon()
        _ = try daemon.attachRTP(session: "call", speaker: "ana")
        let finished = try shell(line, runtime: daemon.folder.path)
        #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    }

    @Test func aFullDiskIsTold() throws {
        let daemon = try RunningDaemon()
        let finished = try shell("attune sessions --json > /dev/full", runtime: daemon.folder.path)
        #expect(finished.status == 74 && finished.errors.contains("cannot write to standard output"))
    }

    @Test(arguments: [
        ["tail"], ["tail", "--session", "call", "--until-end"], ["top"], ["top", "--session", "call", "--until-end"],
    ])
    func aDaemonThatGoesAwayIsTold(arguments: [String]) throws {
        let daemon = try RunningDaemon()
        let logs = try TemporaryFolder()
        let process = try start(
            Self.attune, arguments, environment: ["ATTUNE_RUNTIME_DIR": daemon.folder.path], logs: logs.path)
        // It has greeted: `top` has drawn, or the line is there.
        try eventually("the daemon has a subscriber") {
            try daemon.attune("sessions").status == 0
                && (try run(
                    URL(fileURLWithPath: "/usr/bin/env"),
                    ["curl", "-s", "--unix-socket", daemon.controlPath, "http://localhost/metrics"]
                ).output.contains("attune_subscribers 1"))
        }
        kill(daemon.process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let errors = try String(contentsOfFile: logs.path + "/err", encoding: .utf8)
        #expect(process.hasExited && process.terminationStatus == 69)
        #expect(errors.split(separator: "\n").count == 1 && errors.contains("has closed the connection"), "\(errors)")
    }

    @Test(arguments: [
        (["tial"], 64, "did you mean 'attune tail'?"), (["help", "tial"], 64, "did you mean 'attune tail'?"),
        (["tail", "--sesion", "x"], 64, "Did you mean '--session'?; see 'attune tail --help'"),
        (["tail", "--type", "tikc"], 64, "did you mean 'tick'?"),
        (["tail", "--until-end"], 64, "name it with --session"),
        (["top", "--until-end"], 64, "name it with --session"),
        (["consent", "s", "ana", "withdrow"], 64, "'withdraw' and 'grant'"), (["attach"], 64, "'<URL>'"),
        (["attach", "x", "--session", "s"], 64, "--speaker"), (["analyze"], 64, "see 'attune analyze --help'"),
        (["audit", "/nowhere.csv"], 66, "there is no file /nowhere.csv"),
        (["analyze", "/nowhere.wav"], 66, "/nowhere.wav"), (["features", "/nowhere.wav"], 66, "/nowhere.wav"),
        (
            ["attach", "x", "--session", "s", "--speaker", "a", "--crypto-file", "/nowhere.key"], 66,
            "cannot read /nowhere.key"
        ),
        (["sessions"], 69, "no daemon answers on /nowhere/control.sock"),
        (["tail"], 69, "no daemon answers on /nowhere/events.sock"),
    ])
    func whatIsWrongIsOneLineAndACode(arguments: [String], status: Int, part: String) throws {
        let finished = try run(Self.attune, arguments, environment: ["ATTUNE_RUNTIME_DIR": "/nowhere"])
        #expect(Int(finished.status) == status, "\(finished.errors)")
        let errors = finished.errors.split(separator: "\n").filter { !$0.contains("weights of the speech network") }
        #expect(errors.count == 1 && finished.errors.contains(part), "\(finished.errors)")
        #expect(finished.errors.hasPrefix("attune: ") && finished.output.isEmpty, "\(finished.output)")
    }

    @Test(arguments: [
        (["--nonsense"], 64, "unknown option '--nonsense'; see 'attuned --help'"),
        (["--config"], 64, "'--config <FILE>'; see 'attuned --help'"),
        (["--config", "/nowhere.yaml"], 78, "/nowhere.yaml"),
    ])
    func theDaemonSaysInOneLineWhatIsWrong(arguments: [String], status: Int, part: String) throws {
        let finished = try run(Place.command("attuned"), arguments)
        #expect(Int(finished.status) == status && finished.output.isEmpty, "\(finished.output)")
        let errors = finished.errors.split(separator: "\n")
        #expect(errors.count == 1 && finished.errors.hasPrefix("attuned: "), "\(finished.errors)")
        #expect(finished.errors.contains(part), "\(finished.errors)")
    }

    @Test(arguments: HostileText.all.filter { !$0.contains("\0") })
    func wordsOfTheCommandLineAreNotObeyed(text: String) throws {
        for arguments in [[text], ["tail", "--\(text)"], ["tail", "--type", text], ["features", "/\(text)"]] {
            let finished = try run(Self.attune, arguments, environment: ["ATTUNE_RUNTIME_DIR": "/nowhere"])
            #expect(finished.status != 0 && finished.errors.contains("begin"), "\(finished.errors)")
            for line in finished.errors.split(separator: "\n") { #expect(HostileText.isHarmless(line), "\(line)") }
        }
    }

    @Test func theConfigurationOfTheDaemonHoldsForRecordingsToo() throws {
        let folder = try TemporaryFolder()
        let media = folder.path + "/tone.wav"
        let samples = (0..<48_000).map { Int16(6_553 * sin(2 * .pi * 440 * Double($0) / 16_000)) }
        try Data(waveFile(samples, rateHz: 16_000, channels: 1)).write(to: URL(fileURLWithPath: media))
        func analyze(_ arguments: String...) throws -> Finished {
            try run(Self.attune, ["analyze", media, "--json"] + arguments)
        }
        let config = try folder.file("a.yaml", "policy:\n  profile: behaviour-only\n")
        #expect(try analyze().output.contains(#""sentiment""#))
        #expect(try !analyze("--config", config).output.contains(#""sentiment""#))
        #expect(try analyze("--config", config, "--policy", "standard").output.contains(#""sentiment""#))
        let bad = try analyze("--config", folder.file("b.yaml", "polcy: x\n"))
        #expect(bad.status == 78 && bad.errors.contains("b.yaml:1:1: unknown key 'polcy'"), "\(bad.errors)")
    }

    /// Every page and script that a distribution looks for is made of what the commands say of themselves.
    @Test func manPagesAndCompletionsAreMade() throws {
        let folder = try TemporaryFolder()
        let made = try run(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "python3", Place.root.appendingPathComponent("scripts/make_man.py").path, folder.path,
                Self.attune.path, Place.command("attuned").path + ":8",
            ])
        #expect(made.status == 0, "\(made.errors)")
        func text(_ path: String) throws -> String {
            try String(contentsOfFile: folder.path + "/" + path, encoding: .utf8)
        }
        #expect(try text("man/man1/attune.1").contains("attune\\-tail"))
        #expect(try text("man/man1/attune-tail.1").contains("\\-\\-until\\-end"))
        #expect(try text("man/man8/attuned.8").contains("\\-\\-check\\-config"))
        for name in ["attune", "attuned"] {
            for path in [
                "bash-completion/completions/\(name)", "zsh/site-functions/_\(name)",
                "fish/vendor_completions.d/\(name).fish",
            ] {
                #expect(try text(path).contains(name == "attune" ? "until-end" : "check-config"), "\(path)")
            }
        }
        let bash = try run(
            URL(fileURLWithPath: "/bin/bash"), ["-n", folder.path + "/bash-completion/completions/attune"])
        #expect(bash.status == 0, "\(bash.errors)")
    }
}
