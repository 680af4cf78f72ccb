import Decode
import MediaTypes

/// Parts of a track that are missing: what a container has lost leaves a hole in its time, and no packet that fails.
struct MediaHoles {
    /// Shorter ones come from rounded time stamps.
    private static let minSamples = Int64(AudioGrid.sampleRateHz / 10)

    private var end: MediaTime?
    private var count = 0, missingSamples: Int64 = 0, first = MediaTime.zero

    /// Takes in where a block of the track lies.
    mutating func take(start: MediaTime, samples: Int) {
        if let end, start.samples - end.samples >= Self.minSamples {
            if count == 0 { first = end }
            count += 1
            missingSamples += start.samples - end.samples
        }
        end = MediaTime(samples: start.samples + Int64(samples))
    }

    /// What is odd about an input with such holes, a line each: what is left out, is missing, cannot be decoded or ends
    /// early.
    func oddities(of input: borrowing MediaInput) -> [String] {
        var oddities = input.oddities
        if count > 0 {
            let missing = Double(missingSamples / Self.minSamples) / 10
            let place = Double(first.samples / Self.minSamples) / 10
            oddities.append("\(missing) s are missing in \(count) place(s), the first at \(place) s")
        }
        return oddities
    }
}
