import Foundation
import Glibc
import Reports
import Statistics

/// CPU seconds of this process so far.
func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// CPU seconds of the finished children of this process.
func childrenSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Median of several runs of `body`, which returns what it measured.
func median(of runs: Int = 5, _ body: () throws -> Double) rethrows -> Double {
    _ = try body()
    return median(try (0..<runs).map { _ in try body() }) ?? .nan
}

/// CPU seconds of one run of `body`.
func cpu(_ body: () throws -> Void) rethrows -> Double {
    let before = cpuSeconds()
    try body()
    return cpuSeconds() - before
}

/// Keeps the optimiser from removing what is measured.
@inline(never) func consume<Value>(_ value: Value) { withExtendedLifetime(value) {} }

/// Runs a command to its end without output.
func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchmarkError(message: "\(arguments) failed") }
}
