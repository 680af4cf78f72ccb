public import Conversation
import MediaTypes
public import Text

extension SessionEngine {
    /// Counts a line of captions; computes of it only what may be computed of its speaker.
    public mutating func take(_ caption: Caption, counting analyzer: TextAnalyzer) -> CaptionOutcome {
        let permission = captionPermission(speaker: caption.speaker)
        guard permission == .counts || permission == .sentiment else { return .ignored }
        let figures = analyzer.figures(of: caption.text, scoresSentiment: permission == .sentiment)
        func hop(_ seconds: Double) -> Int64 { Int64((seconds * Double(AudioGrid.hopsPerSecond)).rounded()) }
        let start = hop(caption.startSeconds)
        return take(
            CaptionLine(
                startHop: start, endHop: max(start + 1, hop(caption.endSeconds)), id: caption.id,
                isPartial: caption.isPartial, words: figures.words, fillers: figures.fillers,
                questions: figures.questions, compound: figures.compound),
            speaker: caption.speaker)
    }
}
