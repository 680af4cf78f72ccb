import ArgumentParser
import AttuneClient
import Audit
import Decode
import Pipeline
import Words

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
    case let error as AuditError: fail(error.description, code: error.isMissingFile ? 66 : 65)
    case let error as EventFileError: fail(error.description, code: 73)
    case let error as SpeechWeightsError: fail(error.description, code: 65)
    case let error as RecogniserError: fail(error.description, code: 69)
    case let error as VoiceSeparationError: fail(error.description, code: 69)
    case let error as CaptionLexiconError: fail(error.description, code: 65)
    default: fail("\(error)", code: 70)
    }
}

private func exitCode(of problem: Problem) -> Int32 {
    switch problem.type {
    case .sourceNotFound, .noSuchStoredSession, .nothingStored: 66
    case .storeOff, .webSocketOff: 69
    case .consentMissing, .consentInvalid, .invalidRequest: 64
    default: problem.status >= 500 || problem.status == 429 ? 69 : 65
    }
}
