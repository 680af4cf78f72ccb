import CPlatform
import Decode
import Foundation
import Glibc
import Isolation
import TestSupport
import Testing

/// Workers that fail in every way, each seen by the one who reads it and by nobody else.
@Suite(.waiting) struct FaultTests {
    private static let faulty = "\(programs)/faulty-worker"

    private func failure(of mode: String) -> MediaError? {
        var limits = WorkerLimits()
        limits.silenceMilliseconds = 200
        let options = InputOptions(openTimeoutMilliseconds: 200, readTimeoutMilliseconds: 200)
        return IsolationTests.failure(mode, options, limits: limits, program: Self.faulty)
    }

    @Test(arguments: [
        "garbage-first", "other-version", "no-tracks", "garbage-later", "truncated", "time-back", "time-leaps",
        "other-track", "too-long", "odd-length", "errors-shrink", "face-of-nobody", "opened-twice",
    ])
    func nonsenseEndsIt(mode: String) {
        let error = failure(of: mode)
        #expect(error?.kind == .workerFailed && error?.detail == "what it said makes no sense", "\(error as Any)")
    }

    @Test(arguments: ["silent-first", "silent-later", "spins"])
    func silenceEndsIt(mode: String) {
        let error = failure(of: mode)
        #expect(error?.kind == .workerFailed && error?.detail.contains("gave no answer") == true, "\(error as Any)")
    }

    @Test(arguments: [
        ("exit-first", "ended with code 3"), ("crash-opening", "ended by signal \(SIGILL)"),
        ("killed", "ended by signal \(SIGKILL)"), ("ends", "ended with code 0"),
    ])
    func itsEndIsTold(mode: String, detail: String) {
        let error = failure(of: mode)
        #expect(error?.kind == .workerFailed && error?.detail.contains(detail) == true, "\(error as Any)")
    }

    /// One that is deaf to everything is gone all the same once it is let go of, and is waited for.
    @Test func nobodyIsLeftBehind() throws {
        for mode in ["silent-later", "spins", "silent-first", "garbage-later"] { _ = failure(of: mode) }
        // Of this process's children, only those of other tests that run now may be there; none has ended unburied.
        let children = try kernelFile("/proc/self/task/\(getpid())/children")
        for child in children.split(separator: " ") {
            let status = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
            #expect(!(status.contains("(faulty-worker)") && status.contains(") Z ")), "\(child) is a zombie")
        }
    }

    /// A process that had not ended when it was waited for leaves no zombie: it is waited for again.
    @Test func whoEndsLaterIsBuriedThen() throws {
        var socket: Int32 = -1
        var pid: pid_t = 0
        try #require(attune_worker_start(Self.faulty, -1, &socket, &pid) == 0)
        defer { close(socket) }
        LateProcesses.leave(pid)
        LateProcesses.bury()
        #expect(kill(pid, 0) == 0, "it waits for its order")
        kill(pid, SIGKILL)
        for _ in 0..<60_000 where kill(pid, 0) == 0 {
            usleep(1_000)
            LateProcesses.bury()
        }
        #expect(kill(pid, 0) != 0 && errno == ESRCH)
    }
}
