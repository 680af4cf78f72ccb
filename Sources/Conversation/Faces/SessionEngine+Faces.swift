import Events
public import MediaTypes

/// What cameras show of the speakers, where they agreed to that.
extension SessionEngine {
    /// Whether pictures of a speaker may be looked at.
    public func mayBeSeen(speaker: Int) -> Bool {
        isMeasured(speaker: speaker) && speakers[speaker].lanes.contains(.face)
    }

    /// Takes in what a picture of a speaker has shown, at `hop` of the session; the states of the picture are told as
    /// they change.
    public mutating func see(speaker: Int, at hop: Int64, _ sighting: FaceSighting, visualSpeech: Float?) {
        guard mayBeSeen(speaker: speaker), isNear(hop) else { return }
        let voice = VoiceLabel(track: speaker)
        push(voice, .seen(hop: hop, sighting, visualSpeech: visualSpeech), to: FaceWindow.self)
        // Gestures that end before are known by now, but for the last moments.
        advance(voice, FaceWindow.self, watermark: hop - FaceWindow.patienceHops / 2)
        noteMutedSpeech(of: speaker, at: hop, visualSpeech: visualSpeech)
        guard let state = VideoState.State(sighting.state), state != speakers[speaker].picture else { return }
        let previous = speakers[speaker].picture
        speakers[speaker].picture = state
        emit(.video(VideoState(state: state, previous: previous)), speaker: speaker, at: min(hop, presentHops))
    }

    /// From now on the contours of a speaker's face may be told, as far as consent and policy allow it; until the
    /// speaker has left.
    public mutating func givePoints(of speaker: Int) {
        guard speakers.indices.contains(speaker) else { return }
        speakers[speaker].givesPoints = true
        pushPermit(of: speaker)
    }

    /// Tells where the contours of a speaker's face lie at `hop` of the session; keeps none of it.
    public mutating func tell(_ outline: FaceOutline, of speaker: Int, at hop: Int64) {
        guard speakers.indices.contains(speaker), speakers[speaker].mayGivePoints, isNear(hop) else { return }
        if let latest = speakers[speaker].toldPoints.last, hop < latest { speakers[speaker].toldPoints.removeAll() }
        // The oldest of as many as a second may have.
        if let oldest = speakers[speaker].toldPoints.first, speakers[speaker].toldPoints.count >= Self.mostPoints {
            guard hop - oldest >= Int64(AudioGrid.hopsPerSecond) else { return }
            speakers[speaker].toldPoints.removeFirst()
        }
        speakers[speaker].toldPoints.append(hop)
        emit(.facePoints(FacePoints(outline)), speaker: speaker, at: min(hop, presentHops))
    }

    /// Contours of a face that are told in a second.
    private static let mostPoints = 10

    /// Takes in a nod or a shake of a speaker.
    ///
    /// - Parameter isSpeaking: whether the speaker spoke meanwhile: then it is a beat of the own speech.
    public mutating func see(
        speaker: Int, _ kind: FaceRecord.Gesture.Kind, hops: Range<Int64>, isSpeaking: Bool
    ) {
        guard mayBeSeen(speaker: speaker), isNear(hops.lowerBound), isNear(hops.upperBound) else { return }
        let isListening =
            !isSpeaking && holder(at: hops.lowerBound + Int64(hops.count / 2)).map { $0 != speaker } ?? false
        let gesture = FaceRecord.Gesture(kind: kind, hops: hops, isListening: isListening)
        push(VoiceLabel(track: speaker), .gesture(gesture), to: FaceWindow.self)
    }

    /// From here on a mouth moves as in speech, and below that no longer does.
    private static let speaks: Float = 0.6, isQuiet: Float = 0.3

    private mutating func noteMutedSpeech(of speaker: Int, at hop: Int64, visualSpeech: Float?) {
        guard let visualSpeech, visualSpeech >= Self.isQuiet, speakers[speaker].isMuted(at: hop) else {
            speakers[speaker].mutedSpeech = nil
            return
        }
        if let since = speakers[speaker].mutedSpeech?.lowerBound, since <= hop {
            speakers[speaker].mutedSpeech = since..<hop + 1
        } else if visualSpeech >= Self.speaks {
            speakers[speaker].mutedSpeech = hop..<hop + 1
        }
    }

    /// How long a speaker has spoken to a microphone that is muted, seconds; nil where nobody may look.
    func mutedSpeechSeconds(of index: Int) -> Double? {
        guard mayBeSeen(speaker: index), !speakers[index].evidence.isEmpty else { return nil }
        return speakers[index].mutedSpeech.map { seconds(Int64($0.count)) } ?? 0
    }

    /// Whether a time lies where pictures of this call may lie: no more than half a minute ahead, as with sound.
    private func isNear(_ hop: Int64) -> Bool {
        hop >= 0 && hop <= presentHops + 30 * Int64(AudioGrid.hopsPerSecond)
    }

    /// Who had the floor at a time that is settled or nearly so.
    private func holder(at hop: Int64) -> Int? {
        if let current = floor.current, current.startHop <= hop { return current.speaker }
        return history.holder(at: hop)
    }

    /// Backchannels that were seen in the window of the score: nods of somebody who listens.
    func seenBackchannels(of index: Int) -> Int {
        guard speakers[index].permits.visibleScores, !speakers[index].evidence.isEmpty else { return 0 }
        let from = settledHops - Int64(configuration.engagement.windowSeconds * AudioGrid.hopsPerSecond)
        return speakers[index].evidence.values.reduce(0) { $0 + $1.listenerNods(after: from) }
    }
}

extension FacePoints {
    /// Contours as they are told.
    init(_ outline: FaceOutline) {
        var parts: [Part: [Point]] = [:]
        for part in FaceOutline.Part.allCases {
            guard let named = Part(rawValue: part.rawValue) else { continue }
            parts[named] = outline.points(of: part).map { Point(x: $0.x, y: $0.y) }
        }
        self.init(aspectRatio: Double(outline.aspectRatio), parts: parts)
    }
}
