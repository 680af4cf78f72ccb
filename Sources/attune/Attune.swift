import ArgumentParser
import AttuneClient
import Audit
import ControlAPI
import Decode
import Foundation
import Pipeline

/// The command that people type.
@main
struct Attune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attune",
        abstract: "Attaches live media to attuned, follows its events, and analyses recordings.",
        version: attuneVersion,
        subcommands: [
            Attach.self, Detach.self, Source.self, Consent.self, CaptionCommand.self, CueCommand.self, Sessions.self,
            Tail.self,
            Top.self,
            OverlayCommand.self, Report.self, Forget.self, Analyze.self, Features.self, Segments.self,
            AuditCommand.self, Doctor.self,
        ])
}

/// Where the daemon's sockets are.
struct SocketOptions: ParsableArguments {
    @Option(
        name: .customLong("runtime-dir"),
        help: "Directory of the daemon's sockets (default: $ATTUNE_RUNTIME_DIR, else /run/attune).")
    var runtimeDirectory: String?

    private var directory: String {
        runtimeDirectory ?? ProcessInfo.processInfo.environment["ATTUNE_RUNTIME_DIR"] ?? "/run/attune"
    }

    var control: ControlClient { ControlClient(path: directory + "/control.sock") }

    /// The lines of the event socket until the daemon ends.
    func lines(of session: String? = nil, types: [String] = []) -> some AsyncSequence<EventLine, any Error> {
        let filter = EventFilter(sessions: Set([session].compactMap(\.self)), types: Set(types))
        return EventStream(path: directory + "/events.sock", filter: filter, reconnects: false).compactMap { element in
            if case .line(let line) = element { line } else { nil }
        }
    }
}

/// Ends the command with one line on standard error and an exit code after sysexits.
func fail(_ message: String, code: Int32) -> ExitCode {
    warn(message)
    return ExitCode(code)
}

/// The line and exit code that an error stands for.
func fail(_ error: any Error) -> ExitCode {
    switch error {
    case let code as ExitCode: code
    case let error as MediaError: fail(error.description, code: error.kind == .notFound ? 66 : 65)
    case let error as ClientError:
        switch error {
        case .daemonNotReachable: fail(error.description, code: 69)
        case .refused(let problem): fail(problem.detail, code: exitCode(of: problem))
        case .unexpectedAnswer: fail(error.description, code: 70)
        }
    case let error as EventStreamError:
        switch error {
        case .notReachable: fail(error.description, code: 69)
        case .refused: fail(error.description, code: 65)
        case .lineTooLong: fail(error.description, code: 70)
        }
    case let error as AuditError: fail(error.description, code: 65)
    case let error as EventFileError: fail(error.description, code: 73)
    case let error as SpeechWeightsError: fail(error.description, code: 65)
    case let error as CaptionLexiconError: fail(error.description, code: 65)
    default: fail("\(error)", code: 70)
    }
}

private func exitCode(of problem: Problem) -> Int32 {
    switch problem.type {
    case .sourceNotFound, .noSuchStoredSession, .nothingStored: 66
    case .storeOff: 69
    case .consentMissing, .consentInvalid, .invalidRequest: 64
    default: problem.status >= 500 || problem.status == 429 ? 69 : 65
    }
}

/// `NAME` or `NAME:ROLE`.
struct SpeakerName {
    var name: String
    var role: String?

    init?(_ text: some StringProtocol) {
        let parts = String(text).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map { String($0) }
        guard let name = parts.first, !name.isEmpty, parts.count == 1 || !parts[1].isEmpty else { return nil }
        self.name = name
        role = parts.count > 1 ? parts[1] : nil
    }
}

/// What tells speech in recordings; says so where the weights of the network are missing.
func speechDetection() throws -> SpeechDetection {
    let detection = try SpeechDetection.standard()
    if detection.file == nil {
        warn(SpeechDetection.missingNote)
    }
    return detection
}
