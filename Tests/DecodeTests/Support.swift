import Decode
import Foundation
import Glibc
import MediaTypes
import Programs
import TestSupport

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "decode-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { remove() }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { path + "/" + name }
}

/// A tone that begins at known times: 1 kHz bursts of 0.3 s at half of full scale in silence.
enum TestSignal {
    static let seconds = 3.0
    static let burstSeconds = 0.3
    static let onsets = [0.5, 1.7]
    /// Each further channel has one burst, this much after the first of the channel before.
    static let channelShift = 0.4

    static func onsets(channel: Int) -> [Double] {
        channel == 0 ? onsets : [onsets[0] + channelShift * Double(channel)]
    }

    /// Writes the signal as 16-bit PCM WAV.
    static func write(_ path: String, rateHz: Int = 48_000, channels: Int = 1) throws {
        var samples: [Int16] = []
        for index in 0..<Int(seconds * Double(rateHz)) {
            let time = Double(index) / Double(rateHz)
            for channel in 0..<channels {
                let isLoud = onsets(channel: channel).contains { time >= $0 && time < $0 + burstSeconds }
                samples.append(isLoud ? Int16(16_383 * sin(2 * .pi * 1000 * time)) : 0)
            }
        }
        try Data(waveFile(samples, rateHz: rateHz, channels: channels)).write(to: URL(fileURLWithPath: path))
    }
}

/// Runs `ffmpeg` to its end.
func ffmpeg(_ arguments: String...) throws {
    try ffmpeg(arguments)
}

/// Runs `ffmpeg` to its end.
func ffmpeg(_ arguments: [String]) throws {
    let program = try Program("ffmpeg", ["-nostdin", "-v", "error", "-y"] + arguments)
    program.waitUntilExit()
    guard program.terminationStatus == 0 else { throw ToolFailure(arguments: arguments) }
}

struct ToolFailure: Error { let arguments: [String] }

/// What came out of one track.
struct Received: Sendable {
    /// Every sample, at its place on the time line; zero where there was a gap.
    var samples: [Float] = []
    /// Where a block did not continue the one before: end of that, start of this, in seconds.
    var jumps: [(from: Double, to: Double)] = []
    /// Samples delivered.
    var count = 0

    mutating func add(_ start: MediaTime, _ block: Span<Float>) {
        let place = Int(start.samples)
        if place != samples.count {
            jumps.append((Double(samples.count) / 16_000, start.seconds))
            samples += [Float](repeating: 0, count: max(0, place - samples.count))
        }
        for index in block.indices { samples.append(block[index]) }
        count += block.count
    }

    /// When tones begin, in seconds: a tenth of full scale after 100 ms of less.
    var onsets: [Double] {
        var onsets: [Double] = []
        var lastLoud = -16_000
        for index in samples.indices where abs(samples[index]) > 0.1 {
            if index - lastLoud > 1_600 { onsets.append(Double(index) / 16_000) }
            lastLoud = index
        }
        return onsets
    }
}

/// An input read to its end.
struct Reading: Sendable {
    var tracks: [MediaTrack] = []
    var received: [Received] = []
    var warnings: [String] = []
    var decodeErrors = 0
    var idleCount = 0
    var reads = 0
}

/// Reads until the end, or until `isEnough`.
func read(
    _ location: String, _ options: InputOptions = InputOptions(), cancellation: Cancellation = Cancellation(),
    until isEnough: (Reading) -> Bool = { _ in false }
) throws(MediaError) -> Reading {
    var input = try MediaInput(location, options: options, cancellation: cancellation)
    return try read(&input, until: isEnough)
}

/// Reads an open input until the end, or until `isEnough`.
func read(
    _ input: inout MediaInput, until isEnough: (Reading) -> Bool = { _ in false }
) throws(MediaError) -> Reading {
    var reading = Reading()
    reading.tracks = input.tracks
    reading.received = input.tracks.map { _ in Received() }
    var isOver = false
    while !isOver, !isEnough(reading) {
        var blocks = 0
        let outcome = try input.read { track, start, samples in
            blocks += 1
            reading.received[track].add(start, samples)
        }
        reading.reads += 1
        switch outcome {
        case .delivered: precondition(blocks > 0, "delivered means at least one block")
        case .idle: reading.idleCount += 1
        case .end: isOver = true
        }
    }
    reading.warnings = input.warnings
    reading.decodeErrors = input.decodeErrors
    return reading
}

/// Reads as `read` does and gives what it threw instead of throwing.
func attempt(
    _ location: String, _ options: InputOptions = InputOptions(),
    until isEnough: (Reading) -> Bool = { _ in false }
) -> Result<Reading, MediaError> {
    do throws(MediaError) {
        return .success(try read(location, options, until: isEnough))
    } catch {
        return .failure(error)
    }
}

/// The error of opening and reading, if there is one.
func failure(
    _ location: String, _ options: InputOptions = InputOptions(), cancellation: Cancellation = Cancellation()
) -> MediaError? {
    do throws(MediaError) {
        _ = try read(location, options, cancellation: cancellation)
        return nil
    } catch {
        return error
    }
}

/// Runs blocking work on a thread of its own, as a user of the library would.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread { continuation.resume(returning: body()) }.start()
    }
}
