import MediaTypes

/// One IPU of a voice, cut out with what little surrounds it.
public struct Clip: Sendable {
    /// 16 kHz mono.
    public var samples: [Float]
    /// Where in them somebody speaks, by `SpeechByEnergy`.
    public var speech: Range<Int>

    /// Length of the speech in seconds.
    public var seconds: Double { Double(speech.count) / Double(AudioGrid.sampleRateHz) }

    /// Most of what is kept of the silence before and after the speech, in hops: the voice fades.
    private static let marginHops = 10
    /// Silences at least this long separate clips, in hops.
    private static let separatingHops = 26
    /// Clips with silences of this length inside are left out: to be or not to be a pause is not certain.
    private static let doubtfulHops = 14

    /// The clips in a clean recording.
    public static func all(in samples: [Float]) -> [Clip] {
        let hop = AudioGrid.hopSamples
        let units = SpeechByEnergy.units(samples, gapHops: separatingHops)
        let pieces = SpeechByEnergy.units(samples, gapHops: doubtfulHops)
        return units.enumerated().compactMap { index, unit in
            guard pieces.contains(unit) else { return nil }
            let before = index > 0 ? units[index - 1].upperBound : 0
            let after = index + 1 < units.count ? units[index + 1].lowerBound : samples.count / hop
            let first = max(unit.lowerBound - marginHops, (before + unit.lowerBound + 1) / 2)
            let last = min(unit.upperBound + marginHops, (after + unit.upperBound) / 2)
            return Clip(
                samples: Array(samples[first * hop..<last * hop]),
                speech: (unit.lowerBound - first) * hop..<(unit.upperBound - first) * hop)
        }
    }
}

/// A voice and what it can say.
public struct Voice: Sendable {
    /// Name of the voice.
    public var name: String
    /// IPUs that can make up turns, 1.2 s and longer, by length.
    public internal(set) var sentences: [Clip]
    /// Short ones for listeners, 0.25 to 0.9 s.
    public let murmurs: [Clip]

    /// A voice that says these clips; what is neither one nor the other is left out.
    public init(name: String, clips: [Clip]) {
        self.name = name
        sentences = clips.filter { $0.seconds >= 1.2 }.sorted { $0.seconds < $1.seconds }
        murmurs = clips.filter { (0.25...0.9).contains($0.seconds) }
    }
}
