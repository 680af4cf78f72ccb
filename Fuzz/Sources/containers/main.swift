import CFuzz
import Decode
import Glibc
import MediaTypes

// Media files, mutated: everything that a worker lets FFmpeg and libsndfile open. The libraries themselves are not
// instrumented; what is checked is that they end, that AddressSanitizer finds nothing wrong with memory, and what comes
// out of them.

MediaLibraries.limitBuffers(bytes: 24 << 20)
let descriptor = attune_memory_file()
let path = "/proc/self/fd/\(descriptor)"

/// Reads a file of these bytes to its end, or for as long as its time lasts.
func read(_ bytes: UnsafeBufferPointer<UInt8>, splitsChannels: Bool) throws(MediaError) {
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count
    else { return }
    let options = InputOptions(
        openTimeoutMilliseconds: 2_000, readTimeoutMilliseconds: 500, splitsChannels: splitsChannels,
        readsDescriptors: false)
    var input = try MediaInput(path, options: options, cancellation: Cancellation())
    var ends = Array(repeating: Int64(0), count: input.tracks.count)
    // A file can say that its samples last for hours; what of it is read here is bounded.
    for _ in 0..<2_000 {
        let outcome = try input.read { track, start, samples in
            precondition(start.samples >= ends[track], "media goes back in time")
            precondition(start.samples - ends[track] <= 3_700 * 16_000, "media leaps")
            precondition(samples.count <= 20_000, "a block of \(samples.count) samples")
            ends[track] = start.samples + Int64(samples.count)
        }
        if outcome == .end { return }
    }
}

let status = attune_fuzz(CommandLine.argc, CommandLine.unsafeArgv) { data, size in
    let bytes = UnsafeBufferPointer(start: data, count: size)
    guard let first = bytes.first else { return 0 }
    try? read(UnsafeBufferPointer(rebasing: bytes.dropFirst()), splitsChannels: first & 1 != 0)
    return 0
}
exit(status)
