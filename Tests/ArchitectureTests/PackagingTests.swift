import Foundation
import Programs
import Testing

/// What is built, fetched and installed, and how.
@Suite struct PackagingTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    private func run(_ command: [String]) throws -> (status: Int32, output: String) {
        // A make that runs these tests must not speak to the one that is run here.
        let environment = ProcessInfo.processInfo.environment.filter { name, _ in
            !["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"].contains(name)
        }
        let process = try Program(
            "/usr/bin/env", command, environment: environment, output: .pipe, errors: .output, folder: Self.root.path)
        let output = String(decoding: try process.readToEnd(), as: UTF8.self)
        return (process.terminationStatus, output)
    }

    /// It often runs as root.
    @Test func installingBuildsAndFetchesNothing() throws {
        let (status, plan) = try run(["make", "-n", "install", "DESTDIR=/nowhere"])
        #expect(status == 0 && plan.contains("install -D"), "\(plan)")
        for word in ["swift ", "python", "pip", "apt", "setup.sh", "fetch", "curl"] {
            #expect(!plan.contains(word), "\(plan)")
        }
        // What is not built is noticed before anything is put there.
        #expect(plan.hasPrefix("scripts/check_binaries.sh "), "\(plan)")
    }

    /// Programs, man pages, completions and units go where distributions look for them, and nothing of them stays.
    @Test func whatIsInstalledIsRemovedAgain() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let shared = [
            "man/man1/attune.1", "man/man1/attune-tail.1", "man/man8/attuned.8",
            "bash-completion/completions/attune", "bash-completion/completions/attuned", "zsh/site-functions/_attune",
            "zsh/site-functions/_attuned", "fish/vendor_completions.d/attune.fish",
            "fish/vendor_completions.d/attuned.fish",
        ]
        let build = folder.appendingPathComponent("build")
        for file in ["attune", "attuned", "attuned-worker"] + shared.map({ "share/" + $0 }) {
            let url = build.appendingPathComponent(file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: url)
        }
        // Code of one architecture has a place of its own.
        let model = folder.appendingPathComponent("recogniser/libonnxruntime.so")
        try FileManager.default.createDirectory(
            at: model.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: model)
        let root = folder.appendingPathComponent("root")
        func make(_ target: String) throws {
            let made = try run([
                "make", target, "BUILD=\(build.path)", "PROGRAMS=", "DESTDIR=\(root.path)", "PREFIX=/usr",
                "RECOGNISER=\(model.deletingLastPathComponent().path)",
            ])
            #expect(made.status == 0, "\(made.output)")
        }
        try make("install")
        for file in [
            "bin/attune", "bin/attuned", "libexec/attune/attuned-worker", "lib/attune/recogniser/libonnxruntime.so",
        ] + shared.map({ "share/" + $0 }) {
            #expect(FileManager.default.fileExists(atPath: root.path + "/usr/" + file), "\(file)")
        }
        // As 'systemctl enable' leaves it.
        let wants = root.appendingPathComponent("etc/systemd/system/multi-user.target.wants")
        try FileManager.default.createDirectory(at: wants, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: wants.path + "/attuned.service", withDestinationPath: "../attuned.service")
        try make("uninstall")
        let left = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { path in
            let type = try? FileManager.default.attributesOfItem(atPath: root.path + "/" + path)[.type]
            return type as? FileAttributeType != .typeDirectory
        }
        #expect(left == ["etc/attune/attune.yaml"], "the operator's own")
    }

    @Test func whatIsNotBuiltAsItShouldBeIsNotInstalled() throws {
        let missing = try run(["scripts/check_binaries.sh", "/nowhere/attuned"])
        #expect(missing.status != 0 && missing.output.contains("make build"), "\(missing.output)")
        // Of a debug build: the libraries come from the toolchain, and addresses are bound late.
        let debug = try run(["scripts/check_binaries.sh", "/proc/\(getpid())/exe"])
        #expect(debug.status != 0, "\(debug.output)")
        #expect(debug.output.contains("BIND_NOW") && debug.output.contains("looks for libraries in"), "\(debug.output)")
    }

    @Test(arguments: ["scripts/requirements/api.txt", "scripts/requirements/evaluate.txt"])
    func packagesHaveAVersionAndAHash(path: String) throws {
        let requirements = try text(path).replacing("\\\n", with: " ").split(separator: "\n")
        #expect(requirements.count > 5)
        for requirement in requirements {
            #expect(requirement.contains("==") && requirement.contains("--hash=sha256:"), "\(requirement)")
        }
        let lines = try text("Makefile").split(separator: "\n").filter { $0.contains("-r \(path)") }
        #expect(!lines.isEmpty && lines.allSatisfy { $0.contains("--require-hashes") })
    }

    @Test func whatWasFetchedBeforeIsCheckedAgain() throws {
        let plan = try run(["make", "-n", "setup"]).output
        #expect(plan.contains("fetch-vad-weights.py") && plan.contains("fetch-lexicon.py"), "\(plan)")
    }
}
