public import Conversation
import Events
import MediaTypes
public import Text
import Words

extension CaptionLine {
    /// What is counted in a line of captions, as far as it may be computed of its speaker; nil where nothing may.
    ///
    /// - Parameter passesText: whether its text is passed on, to be told where that is agreed to.
    public init?(
        _ caption: Caption, counting analyzer: TextAnalyzer, trackers: CaptionTrackers = .none,
        permission: CaptionPermission, passesText: Bool = false
    ) {
        guard permission == .counts || permission == .sentiment else { return nil }
        let figures = analyzer.figures(
            of: caption.text, scoresSentiment: permission == .sentiment, trustsMarks: caption.trustsMarks)
        let start = AudioGrid.hops(seconds: caption.startSeconds)
        self.init(
            startHop: start, endHop: max(start + 1, AudioGrid.hops(seconds: caption.endSeconds)), id: caption.id,
            isPartial: caption.isPartial, words: figures.words, fillers: figures.fillers,
            questions: figures.questions, compound: figures.compound, mentions: trackers.mentions(in: caption.text))
        mayAskAtEnd = figures.mayAskAtEnd
        // What others hand in is masked like what is written down here.
        if passesText, !caption.isPartial { spoken = Spoken(text: Masking.masked(caption.text)) }
    }
}

extension CaptionLine.Spoken {
    /// A text that the recogniser has written down, with when each word was said over the runs of speech.
    public init(recognised text: String, over runs: [Range<Int64>]) {
        let words = WordTimes.spread(text, over: runs)
        func seconds(_ hop: Int64) -> Double { Double(hop) / Double(AudioGrid.hopsPerSecond) }
        self.init(
            text: text,
            times: WordSpan.Times(
                method: .spread, startsSeconds: words.map { seconds($0.startHop) },
                endsSeconds: words.map { seconds($0.endHop) }))
    }
}
