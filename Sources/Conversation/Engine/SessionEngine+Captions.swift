import Events
import MediaTypes

/// Captions: what was said, as far as it is counted.
extension SessionEngine {
    /// What may be computed from the captions of a speaker.
    public func captionPermission(speaker name: String) -> CaptionPermission {
        guard let index = place(named: name) else { return .unknownSpeaker }
        let speaker = speakers[index]
        guard speaker.isMeasured, !speaker.refusesCaptions else { return .nothing }
        return speaker.permits.sentiment ? .sentiment : .counts
    }

    /// What may be computed from what the recogniser writes down of a speaker, by number.
    public func wordPermission(speaker index: Int) -> CaptionPermission {
        guard speakers.indices.contains(index) else { return .unknownSpeaker }
        guard speakers[index].permit.contains(.words) else { return .nothing }
        return speakers[index].permits.sentiment ? .sentiment : .counts
    }

    /// Takes in a line of a speaker's captions. A sentiment that the policy forbids is not taken.
    public mutating func take(_ line: CaptionLine, speaker name: String) -> CaptionOutcome {
        guard let index = speakers.firstIndex(where: { $0.name == name }), speakers[index].isMeasured,
            !speakers[index].refusesCaptions
        else {
            return .ignored
        }
        let outcome = count(line, of: index)
        guard outcome == .counted, !speakers[index].hasCaptions else { return outcome }
        // Whoever hands in captions knows better, or at least what is wanted.
        speakers[index].hasCaptions = true
        speakers[index].measures.captions.dropRecognised(from: line.startHop)
        pushPermit(of: index)
        return outcome
    }

    /// Takes in what the recogniser has written down of a speaker, by number.
    public mutating func takeRecognised(_ line: CaptionLine, speaker index: Int) -> CaptionOutcome {
        guard speakers.indices.contains(index), speakers[index].permit.contains(.words) else { return .ignored }
        var line = line
        line.writer = .recogniser
        return count(line, of: index)
    }

    private mutating func count(_ line: CaptionLine, of index: Int) -> CaptionOutcome {
        var line = line
        if !speakers[index].permits.sentiment { line.compound = nil }
        leaveOutTrackers(in: &line, of: index)
        if line.mayAskAtEnd, speakers[index].measures.recent.rises(at: line.endHop) { line.questions += 1 }
        let outcome = speakers[index].measures.captions.add(line, at: settledHops)
        guard outcome == .counted else { return outcome }
        // What others hand in is told once it is final, what is written down here while it goes on, too.
        if !line.isPartial || line.writer == .recogniser { tell(line, of: index) }
        if !line.isPartial { tellTrackers(line, of: index) }
        return outcome
    }

    /// Takes out what trackers count that look at others.
    private func leaveOutTrackers(in line: inout CaptionLine, of index: Int) {
        let speaker = speakers[index]
        for (place, tracker) in configuration.trackers.enumerated() where line.mentions.indices.contains(place) {
            guard line.mentions[place] != 0 else { continue }
            if !tracker.isAbout(name: speaker.name, role: speaker.role, side: speaker.side) { line.mentions[place] = 0 }
        }
    }

    /// Tells which trackers were met; no word is told with it.
    private mutating func tellTrackers(_ line: CaptionLine, of index: Int) {
        for (tracker, mentions) in zip(configuration.trackers, line.mentions) where mentions > 0 {
            let met = TrackerMet(
                tracker: tracker.name, mentions: mentions, startSeconds: seconds(line.startHop),
                endSeconds: seconds(line.endHop), writer: line.writer)
            emit(.tracker(met), speaker: index, at: line.endHop)
        }
    }

    /// How often each tracker was met, of those that were, by name; nil where there is none to be met.
    func trackerCounts(_ mentions: [Int]) -> [WindowMetrics.Captions.Mentions]? {
        guard !configuration.trackers.isEmpty else { return nil }
        return zip(configuration.trackers, mentions).filter { $0.1 > 0 }.map { .init(tracker: $0.0.name, count: $0.1) }
            .sorted { $0.tracker < $1.tracker }
    }

    /// Tells of what was said, of who agreed to that.
    private mutating func tell(_ line: CaptionLine, of index: Int) {
        guard speakers[index].lanes.contains(.words) else { return }
        let told = speakers[index].spans.next(of: line)
        let isTold = configuration.wordTexts != .none && speakers[index].permits.wordTexts
        let span = WordSpan(
            id: told.id, revision: told.revision, isFinal: !line.isPartial, startSeconds: seconds(line.startHop),
            endSeconds: seconds(line.endHop),
            writer: line.writer, words: line.words, fillers: line.fillers, questions: line.questions,
            text: isTold ? line.spoken?.text : nil, times: isTold ? line.spoken?.times : nil,
            mayStoreText: isTold && configuration.wordTexts == .stored)
        emit(.words(span), speaker: index, at: line.endHop)
    }

    /// On which side a speaker is, by number.
    public func side(of index: Int) -> Side? { speakers.indices.contains(index) ? speakers[index].side : nil }

    /// Whom a name means: that with which somebody joined, else the one that one speaker alone is shown by.
    private func place(named name: String) -> Int? {
        if let index = speakers.firstIndex(where: { $0.name == name }) { return index }
        let shown = speakers.indices.filter { speakers[$0].displayName == name }
        return shown.count == 1 ? shown[0] : nil
    }
}
