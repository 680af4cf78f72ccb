import DequeModule
import Events
import MediaTypes

/// What is known of one speaker's channel at the session's present, and when a change of it is worth an event.
struct ChannelWatch {
    /// Own speech before anything is said about the channel, in hops: the estimates have settled.
    private static let minSpeechHops: Int32 = 500
    /// Least media time between two events of a speaker, in hops.
    private static let pauseHops: Int64 = 1_000
    /// An issue begins at the first value and ends beyond the second; between them it stays as it is. Recordings
    /// without clipping show up to 0.05 %.
    private static let clippingPercent = (begins: 1.0, ends: 0.5)
    private static let snrDb = (begins: 10.0, ends: 13.0)
    private static let bandwidthHz = (begins: 4_000.0, ends: 5_000.0)
    /// Speech of others within half a minute, in hops: a second is no slip any more.
    private static let foreignHops = (begins: Int32(100), ends: Int32(30))
    private static let foreignIssues: [(ForeignSpeech.Kind, QualityChange.Issue)] = [
        (.crosstalk, .crosstalk), (.echo, .echo), (.background, .backgroundVoice),
    ]
    /// A drift that is so far off what was told last is told anew, in parts per million.
    private static let minDriftChange = 20.0

    /// Figures that lie ahead of the session's present, each with the hop at which it holds.
    private var queue: Deque<(hop: Int64, quality: VoiceQuality)> = []
    private var present: VoiceQuality?
    private var issues: Set<QualityChange.Issue> = []
    private var toldDrift: Double?
    private var nextEventHop: Int64 = 0

    /// Takes in what is known at `hop` of the session.
    mutating func append(_ quality: VoiceQuality, at hop: Int64) {
        queue.append((hop, quality))
    }

    /// Moves the present on to `hop`.
    mutating func settle(until hop: Int64) {
        while let first = queue.first, first.hop <= hop {
            present = first.quality
            queue.removeFirst()
        }
    }

    /// The figures of the present, over the last half minute.
    func recent(lossPercent: Double) -> AudioQuality {
        audio(lossPercent, clippingPercent: \.recentlyClippedPercent)
    }

    /// The figures of the present; clipping since the speaker was first heard.
    func overall(lossPercent: Double) -> AudioQuality {
        audio(lossPercent, clippingPercent: \.clippedPercent)
    }

    /// The event that is due where the issues, or the drift of the sender's clock, are others than were told last; nil
    /// where they are not.
    ///
    /// - Parameters:
    ///   - drift: parts per million; nil where it is not known.
    ///   - speechHops: speech of the speaker so far.
    ///   - foreign: speech in the channel that was not the speaker's.
    ///   - isSeveral: whether the speech that counts is that of several people.
    mutating func change(
        _ audio: AudioQuality, drift: Double?, speechHops: Int32, foreign: ForeignSpeech, isSeveral: Bool,
        at hop: Int64
    ) -> QualityChange? {
        guard hop >= nextEventHop else { return nil }
        var now = speechHops >= Self.minSpeechHops ? issues(of: audio) : issues
        for (kind, issue) in Self.foreignIssues {
            let hops = foreign.recentHops(kind)
            if hops >= (issues.contains(issue) ? Self.foreignHops.ends : Self.foreignHops.begins) {
                now.insert(issue)
            } else {
                now.remove(issue)
            }
        }
        if isSeveral { now.insert(.severalVoices) } else { now.remove(.severalVoices) }
        let hasDrifted = drift.map { abs($0 - (toldDrift ?? .infinity)) >= Self.minDriftChange } ?? false
        guard now != issues || hasDrifted else { return nil }
        issues = now
        toldDrift = drift
        nextEventHop = hop + Self.pauseHops
        return QualityChange(
            issues: QualityChange.Issue.allCases.filter(now.contains), audio: audio, driftPartsPerMillion: drift)
    }

    private func issues(of audio: AudioQuality) -> Set<QualityChange.Issue> {
        var now: Set<QualityChange.Issue> = []
        func look(_ issue: QualityChange.Issue, _ value: Double?, _ limits: (begins: Double, ends: Double)) {
            guard let value else { return }
            let limit = issues.contains(issue) ? limits.ends : limits.begins
            // Some are an issue above their limit, some below.
            let isBad = limits.ends < limits.begins ? value >= limit : value <= limit
            if isBad { now.insert(issue) }
        }
        look(.clipping, audio.clippingPercent, Self.clippingPercent)
        look(.noise, audio.snrDb, Self.snrDb)
        look(.narrowBand, audio.bandwidthHz, Self.bandwidthHz)
        return now
    }

    private func audio(_ lossPercent: Double, clippingPercent: KeyPath<VoiceQuality, Float>) -> AudioQuality {
        var audio = AudioQuality(lossPercent: lossPercent)
        guard let present else { return audio }
        audio.snrDb = present.snrDb.map { Double($0) }
        audio.clippingPercent = Double(present[keyPath: clippingPercent])
        audio.bandwidthHz = present.bandwidthHz.map { Double($0) }
        return audio
    }
}
