import Decode
import Foundation
import Isolation
import MediaTypes
import Programs
import TestSupport

/// The folder in which this run's programs are.
let programs = (WorkerProgram.find() ?? "").split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }

/// What was read: samples and where holes were, per track.
struct Reading: Equatable {
    var tracks: [MediaTrack] = []
    var samples: [[Float]] = []
    var starts: [[Int64]] = []
    var warnings: [String] = []
    var decodeErrors = 0
}

/// Reads an input to its end.
func readAll(_ input: consuming MediaInput) throws(MediaError) -> Reading {
    var input = input
    var reading = Reading(tracks: input.tracks)
    reading.samples = input.tracks.map { _ in [] }
    reading.starts = input.tracks.map { _ in [] }
    while true {
        let outcome = try input.read { track, start, block in
            if start.samples != Int64(reading.samples[track].count) { reading.starts[track].append(start.samples) }
            for index in block.indices { reading.samples[track].append(block[index]) }
        }
        if outcome == .end { break }
    }
    (reading.warnings, reading.decodeErrors) = (input.warnings, input.decodeErrors)
    return reading
}

/// An input that a worker reads.
func open(
    _ location: String, _ options: InputOptions = InputOptions(), limits: WorkerLimits = WorkerLimits(),
    program: String = "\(programs)/attuned-worker", cancellation: Cancellation = Cancellation()
) throws(MediaError) -> MediaInput {
    let order = WorkerOrder(location, options: options, limits: limits)
    return MediaInput(try WorkerInput(order, program: program, cancellation: cancellation))
}

/// The error of opening and reading by a worker, if there is one.
func failure(
    _ location: String, _ options: InputOptions = InputOptions(), limits: WorkerLimits = WorkerLimits(),
    program: String = "\(programs)/attuned-worker"
) -> MediaError? {
    do throws(MediaError) {
        _ = try readAll(try open(location, options, limits: limits, program: program))
        return nil
    } catch {
        return error
    }
}

/// A folder of this run, with files made by `ffmpeg`.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("isolation-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self[name]))
        return self[name]
    }

    /// A worker as under MemoryDenyWriteExecute of the unit: no memory becomes code, from the first instruction on.
    ///
    /// - Returns: its path; it ends with code 77 where the kernel does not know that.
    func workerWithoutNewCode() throws -> String {
        let program = try write(
            Array(
                """
                #!/usr/bin/python3
                import ctypes, os
                if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
                    os._exit(77)
                os.execv("\(programs)/attuned-worker", ["attuned-worker"])

                """.utf8), "program")
        chmod(program, 0o700)
        return program
    }

    /// Makes a file of a swept tone.
    func make(_ name: String, _ options: String = "") throws -> String {
        let tone = "-f lavfi -i aevalsrc=0.3*sin(2*PI*(200+50*t)*t):d=3:s=48000"
        let words = "\(tone) \(options)".split(separator: " ").map(String.init)
        try Program("ffmpeg", ["-v", "error", "-y"] + words + [self[name]]).waitUntilExit()
        return self[name]
    }
}
