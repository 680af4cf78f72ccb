import Events
import Statistics

/// How far what was measured lies from what was put into generated conversations.
public struct Agreement: Sendable {
    /// Detections against truth.
    public struct Counts: Sendable {
        /// Found where they are, not found, found where none is.
        public var hits = 0, missed = 0, wrong = 0
        /// Harmonic mean of precision and recall; 1 where there is nothing to find.
        public var f1: Double { hits + missed + wrong == 0 ? 1 : Double(2 * hits) / Double(2 * hits + missed + wrong) }

        fileprivate mutating func compare(
            _ truth: [ScriptedConversation.Incursion], _ found: [ScriptedConversation.Incursion]
        ) {
            let matched = truth.count { one in
                found.contains { $0.speaker == one.speaker && abs($0.startSeconds - one.startSeconds) < 0.25 }
            }
            hits += matched
            missed += truth.count - matched
            wrong += found.count - matched
        }
    }

    /// Conversations looked at.
    public private(set) var conversations = 0
    /// Those with another number of floor transfers than were made, in words.
    public private(set) var wrongChanges: [String] = []
    /// Measured minus true talk ratios of all speakers.
    public private(set) var talkRatioErrors: [Double] = []
    /// Measured minus true median lags of all speakers who took the floor, ms.
    public private(set) var lagErrorsMilliseconds: [Double] = []
    /// Backchannels and interruptions.
    public private(set) var backchannels = Counts(), interruptions = Counts()

    /// Median of `lagErrorsMilliseconds`.
    public var lagBiasMilliseconds: Double { median(lagErrorsMilliseconds) ?? 0 }
    /// Largest of `talkRatioErrors`.
    public var worstTalkRatioError: Double { talkRatioErrors.map(abs).max() ?? 0 }

    /// What is not as it should be: every talk ratio within a point, lags right within 30 ms in the middle, hardly
    /// an interruption or backchannel wrong, the number of speaker changes exact.
    ///
    /// - Parameters:
    ///   - lagMilliseconds: how far the median of the lag errors may lie from 0.
    ///   - leastF1: of interruptions and backchannels; with few of them one more or less weighs much.
    public func misses(lagMilliseconds: Double = 30, leastF1: Double = 0.9) -> [String] {
        var misses: [String] = []
        if worstTalkRatioError > 0.01 { misses.append("talk ratio off by \(worstTalkRatioError)") }
        if abs(lagBiasMilliseconds) > lagMilliseconds { misses.append("lag medians off by \(lagBiasMilliseconds) ms") }
        if backchannels.f1 < leastF1 { misses.append("F1 of backchannels \(backchannels.f1)") }
        if interruptions.f1 < leastF1 { misses.append("F1 of interruptions \(interruptions.f1)") }
        return misses + wrongChanges
    }

    /// Nothing compared yet.
    public init() {}

    /// Takes in a conversation and what was measured of it; speakers are in the order of the tracks.
    public mutating func compare(_ name: String, _ made: ScriptedConversation, _ found: AnalysedConversation) {
        conversations += 1
        let changes = made.holders.count - 1
        if found.totals.speakerChanges != changes {
            wrongChanges.append("\(name): \(found.totals.speakerChanges) speaker changes instead of \(changes)")
        }
        for (index, speaker) in found.totals.speakers.enumerated() {
            talkRatioErrors.append((speaker.metrics?.talkRatio ?? 0) - made.talkRatio(of: index))
            guard let truth = median(made.lagsMilliseconds[index]) else { continue }
            lagErrorsMilliseconds.append((speaker.metrics?.responseLagMedianMilliseconds ?? -10_000) - truth)
        }
        var last: [Int: (kind: Overlap.Kind, incursion: ScriptedConversation.Incursion)] = [:]
        for event in found.events {
            guard case .overlap(let overlap) = event.body, let name = event.speaker else { continue }
            let speaker = found.totals.speakers.firstIndex { $0.name == name } ?? -1
            last[overlap.id] = (overlap.kind, .init(speaker: speaker, startSeconds: overlap.startSeconds))
        }
        func all(_ kind: Overlap.Kind) -> [ScriptedConversation.Incursion] {
            last.values.filter { $0.kind == kind }.map(\.incursion)
        }
        backchannels.compare(made.backchannels, all(.backchannel))
        interruptions.compare(made.interruptions, all(.interruption))
    }
}
