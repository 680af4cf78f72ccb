public import Conversation
import MediaTypes
public import Text

extension CaptionLine {
    /// What is counted in a line of captions, as far as it may be computed of its speaker; nil where nothing may.
    public init?(
        _ caption: Caption, counting analyzer: TextAnalyzer, trackers: CaptionTrackers = .none,
        permission: CaptionPermission
    ) {
        guard permission == .counts || permission == .sentiment else { return nil }
        let figures = analyzer.figures(of: caption.text, scoresSentiment: permission == .sentiment)
        func hop(_ seconds: Double) -> Int64 { Int64((seconds * Double(AudioGrid.hopsPerSecond)).rounded()) }
        let start = hop(caption.startSeconds)
        self.init(
            startHop: start, endHop: max(start + 1, hop(caption.endSeconds)), id: caption.id,
            isPartial: caption.isPartial, words: figures.words, fillers: figures.fillers,
            questions: figures.questions, compound: figures.compound, mentions: trackers.mentions(in: caption.text))
    }
}
