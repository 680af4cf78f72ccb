import Decode
import Foundation
import MediaTypes
import SeededNumbers
import TestSupport
import Testing

@Suite(.waiting) struct MutationTests {
    /// Seeded damage to small files: whatever comes of it is a result, never a crash or an endless input.
    @Test(arguments: ["wav", "aiff", "flac", "opus", "ogg", "mp3", "m4a", "mkv", "ts", "flv", "caf", "w64"])
    func mutatedFilesEndOrFail(type: String) throws {
        let folder = try TemporaryFolder()
        try TestSignal.write(folder["whole.wav"], rateHz: 44_100)
        let whole = folder["small.\(type)"]
        try ffmpeg("-i", folder["whole.wav"], "-t", "0.7", whole)
        let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole)))
        var outcomes = (read: 0, failed: 0)
        for seed in 0..<25 {
            var generator = SeededRandom(seed: UInt64(seed))
            let mutated = mutate(original, &generator)
            let path = folder["mutated.\(type)"]
            try Data(mutated).write(to: URL(fileURLWithPath: path))
            let options = InputOptions(splitsChannels: seed.isMultiple(of: 3))
            do throws(MediaError) {
                #expect(try reads(path, options) <= MutationTests.maxReads)
                outcomes.read += 1
            } catch {
                #expect(!error.description.isEmpty)
                outcomes.failed += 1
            }
        }
        #expect(outcomes.read + outcomes.failed == 25)
    }

    /// A file of this size cannot mean more packets.
    private static let maxReads = 200_000

    /// Reads to the end and counts the reads; each block must start where the last ended, or later.
    private func reads(_ path: String, _ options: InputOptions) throws(MediaError) -> Int {
        var input = try MediaInput(path, options: options, cancellation: Cancellation())
        var ends = [Int64](repeating: 0, count: input.tracks.count)
        var isOrdered = true
        var reads = 0
        while reads <= MutationTests.maxReads {
            let outcome = try input.read { track, start, samples in
                isOrdered = isOrdered && start.samples >= ends[track]
                ends[track] = start.samples + Int64(samples.count)
            }
            reads += 1
            if outcome == .end { break }
        }
        #expect(isOrdered)
        return reads
    }

    private func mutate(_ bytes: [UInt8], _ generator: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...20, using: &generator) where bytes.count > 16 {
            // Half of the damage goes to the head, where the structure is.
            let reach = Bool.random(using: &generator) ? min(bytes.count, 512) : bytes.count
            let place = Int.random(in: 0..<reach, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + reach / 16))
            case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 64)], at: place)
            default:
                for index in place..<min(bytes.count, place + 8) {
                    bytes[index] = UInt8.random(in: 0...255, using: &generator)
                }
            }
        }
        return bytes
    }
}
