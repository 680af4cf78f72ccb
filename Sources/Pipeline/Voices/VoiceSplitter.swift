import Diarisation
import MediaTypes

/// Who of the voices of a track speaks in a hop. Hops are asked for in their order.
struct VoiceSplitter {
    /// Shorter breaks are within what somebody says, and what is shorter is none of it, in hops.
    private static let breakHops: Int64 = 20, leastHops: Int64 = 10
    /// So near to another voice nobody is alone, in hops: edges are not known better.
    private static let edgeHops: Int64 = 5

    /// Names of the voices.
    let names: [String]
    private var lanes: [Lane]

    /// The stretches of one voice in hops, and which is next.
    private struct Lane {
        var stretches: [Range<Int64>] = []
        var next = 0

        /// Whether the voice speaks within so many hops of `hop`; hops only ever go on.
        mutating func speaks(at hop: Int64, within edge: Int64) -> Bool {
            while next < stretches.count, stretches[next].upperBound + VoiceSplitter.edgeHops <= hop { next += 1 }
            for stretch in stretches[next...].prefix(2) {
                if stretch.lowerBound - edge <= hop, hop < stretch.upperBound + edge { return true }
            }
            return false
        }
    }

    /// A splitter of the voices of these stretches, which are in the order of their starts.
    ///
    /// - Parameter voices: how many voices there are at least.
    init(_ spans: [VoiceSpan], voices: Int = 0) {
        let count = max(voices, (spans.map(\.voice).max() ?? -1) + 1)
        names = (0..<count).map { VoiceSpan(voice: $0, startSample: 0, endSample: 0).name }
        lanes = Array(repeating: Lane(), count: count)
        let hop = Int64(AudioGrid.hopSamples)
        for span in spans {
            let start = (span.startSample + hop / 2) / hop, end = (span.endSample + hop / 2) / hop
            if let last = lanes[span.voice].stretches.last, start - last.upperBound < Self.breakHops {
                let joined = last.lowerBound..<max(last.upperBound, end)
                lanes[span.voice].stretches[lanes[span.voice].stretches.count - 1] = joined
            } else if end > start {
                lanes[span.voice].stretches.append(start..<end)
            }
        }
        for voice in lanes.indices { lanes[voice].stretches.removeAll { $0.count < Self.leastHops } }
    }

    /// The stretches of a voice, in hops.
    func stretches(of voice: Int) -> [Range<Int64>] { lanes[voice].stretches }

    /// Whether the voice speaks in a hop, and whether nobody else does, near it either.
    mutating func speaks(_ voice: Int, at hop: Int64) -> (speaks: Bool, isAlone: Bool) {
        let isAlone = !lanes.indices.contains { $0 != voice && lanes[$0].speaks(at: hop, within: Self.edgeHops) }
        return (lanes[voice].speaks(at: hop, within: 0), isAlone)
    }

    /// Whether a hop holds this voice, or what is just before or after it, and nobody else speaks.
    mutating func holds(_ voice: Int, at hop: Int64) -> Bool {
        lanes[voice].speaks(at: hop, within: Self.edgeHops)
            && !lanes.indices.contains { $0 != voice && lanes[$0].speaks(at: hop, within: 0) }
    }
}
