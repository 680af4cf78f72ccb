import Events
import MediaTypes

/// Speech that counts, hop by hop.
public struct SpeechGrid: Sendable {
    private let speech: [[Bool]]

    /// By the events of an analysis.
    public init(_ found: AnalysedConversation, hops: Int) {
        self.init(speakers: found.totals.speakers.count, hops: hops) { mark in
            for event in found.events {
                guard case .speechEnded(let ipu) = event.body,
                    let speaker = found.totals.speakers.firstIndex(where: { $0.name == event.speaker })
                else { continue }
                mark(speaker, ipu.startSeconds, ipu.endSeconds)
            }
        }
    }

    /// As it was made.
    public init(_ made: ScriptedConversation) {
        let second = Double(AudioGrid.sampleRateHz)
        self.init(speakers: made.speakers, hops: made.sampleCount / AudioGrid.hopSamples) { mark in
            for one in made.placements { mark(one.speaker, Double(one.start) / second, Double(one.end) / second) }
        }
    }

    private init(speakers: Int, hops: Int, fill: ((Int, Double, Double) -> Void) -> Void) {
        var speech = [[Bool]](repeating: [Bool](repeating: false, count: hops), count: speakers)
        fill { speaker, start, end in
            let first = max(0, min(hops, Int(start * 100))), last = max(first, min(hops, Int(end * 100)))
            for hop in first..<last { speech[speaker][hop] = true }
        }
        self.speech = speech
    }

    private func speaking(_ hop: Int) -> Int { speech.reduce(0) { $0 + ($1[hop] ? 1 : 0) } }

    /// Number of hops.
    public var count: Int { speech.first?.count ?? 0 }

    private var hops: Range<Int> { 0..<count }

    /// Hops in which two or more speak / hops in which anybody does.
    public var overlapRatio: Double {
        Double(hops.count { speaking($0) > 1 }) / Double(max(1, hops.count { speaking($0) > 0 }))
    }

    /// Hops in which two or more speak here, and how many of them are so in `other`, too.
    public func doubleTalk(keptIn other: SpeechGrid) -> (all: Int, kept: Int) {
        let both = hops.filter { speaking($0) > 1 }
        return (both.count, both.count { hop in other.hops.contains(hop) && other.speaking(hop) > 1 })
    }
}
