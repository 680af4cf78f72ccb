import MediaTypes

/// Tells whose voice it is that a channel carries: that of its owner, what leaks from another channel of the session,
/// or somebody in the background.
///
/// Works on the coarse levels that come with the records, in the order in which hops are settled; no audio is needed
/// and nothing is kept but some numbers per pair of channels and the last second of levels. The levels run ahead of
/// the records, so that nothing has to wait.
struct OwnVoice: Sendable {
    /// What the speech of a channel is.
    enum Verdict: Sendable, Equatable {
        case own
        /// Another channel explains it.
        case leak(from: Int)
        /// Nobody explains it, and it is far below what is usual here.
        case background
    }

    /// Pairs of channels that are compared at once; who speaks beyond that is taken at the word of the channel.
    private static let maxPairs = 64
    /// Hops after speech for which a channel is compared with others: the longest lag and some.
    private static let activeHops: Int64 = 60
    /// The evidence for a hop is that of so many hops to both sides, and is given this far ahead.
    private static let smoothHops: Int64 = 8
    private static let aheadHops: Int64 = 12

    /// One channel and what is known of it.
    private struct Channel: Sendable {
        var trace = ChannelTrace()
        var background = BackgroundVoice()
        /// Evidence by hop modulo its count that the channel carries its own voice (1) or a leak (-1), and whose.
        var evidence = [Float](repeating: 1, count: ChannelTrace.length)
        var sources = [Int](repeating: -1, count: ChannelTrace.length)
    }

    private var channels: [Channel] = []
    private var pairs: [ChannelPair] = []

    /// A channel more; they are numbered in the order in which they come.
    mutating func addChannel() {
        channels.append(Channel())
    }

    /// Forgets a channel, and all that others had from it.
    mutating func forget(channel: Int) {
        channels[channel] = Channel()
        pairs.removeAll { $0.first == channel || $0.second == channel }
    }

    /// Takes the record of a channel in `hop`; nil where it has none.
    mutating func push(_ record: HopRecord?, channel: Int, hop: Int64) {
        let ahead = hop + HopRecord.levelLeadHops
        channels[channel].trace.push(record?.levelsAhead ?? .none, at: ahead)
        let slot = ChannelTrace.slot(hop + Self.aheadHops)
        channels[channel].evidence[slot] = 1
        channels[channel].sources[slot] = -1
    }

    /// Compares the channels, after all were pushed for `hop`.
    mutating func compare(hop: Int64) {
        guard channels.count > 1 else { return }
        let ahead = hop + HopRecord.levelLeadHops
        if ahead % ChannelPair.stride == 0 { updatePairs(ahead) }
        for index in pairs.indices {
            if let open = pairs[index].openHops(ofFirst: true, most: Self.aheadHops) {
                explain(pairs[index].first, by: pairs[index].second, pairs[index].toFirst, hop, open)
            }
            if let open = pairs[index].openHops(ofFirst: false, most: Self.aheadHops) {
                explain(pairs[index].second, by: pairs[index].first, pairs[index].toSecond, hop, open)
            }
        }
    }

    private mutating func updatePairs(_ hop: Int64) {
        for first in channels.indices where isActive(first, hop) {
            for second in channels.indices where second > first && isActive(second, hop) {
                let place: Int
                if let known = pairs.firstIndex(where: { $0.first == first && $0.second == second }) {
                    place = known
                } else {
                    guard pairs.count < Self.maxPairs else { continue }
                    place = pairs.count
                    pairs.append(ChannelPair(first: first, second: second))
                }
                pairs[place].update(channels[first].trace, channels[second].trace, hop: hop)
            }
        }
    }

    private func isActive(_ channel: Int, _ hop: Int64) -> Bool {
        hop - channels[channel].trace.stirredHop <= Self.activeHops
    }

    private mutating func explain(_ leak: Int, by source: Int, _ path: EchoPath, _ hop: Int64, _ open: Int64) {
        for then in hop + Self.aheadHops - open...hop + Self.aheadHops {
            let value = path.evidence(channels[leak].trace, channels[source].trace, hop: then)
            let slot = ChannelTrace.slot(then)
            guard value < channels[leak].evidence[slot] else { continue }
            channels[leak].evidence[slot] = value
            channels[leak].sources[slot] = source
        }
    }

    /// What the speech of a channel in `hop` is, once the channels were compared.
    ///
    /// - Parameters:
    ///   - isSpeech: whether there is any.
    ///   - isMeasured: of whom nothing may be measured, no usual level is known.
    mutating func judge(channel: Int, hop: Int64, isSpeech: Bool, isMeasured: Bool) -> Verdict {
        guard isSpeech else { return .own }
        var sum: Float = 0
        var source = -1
        for then in hop - Self.smoothHops...hop + Self.smoothHops {
            let slot = ChannelTrace.slot(then)
            sum += channels[channel].evidence[slot]
            if channels[channel].evidence[slot] < 0 { source = channels[channel].sources[slot] }
        }
        if sum <= 0, source >= 0 { return .leak(from: source) }
        guard isMeasured else { return .own }
        let trace = channels[channel].trace
        return channels[channel].background.isOwn(trace, hop: hop) ? .own : .background
    }

    /// The path by which one channel comes into another: how late it is, in hops, and how loud against its source, in
    /// dB; nil where none is known.
    func path(to leak: Int, from source: Int) -> (delayHops: Int, levelDb: Float)? {
        for pair in pairs {
            let path: EchoPath
            if pair.first == leak, pair.second == source {
                path = pair.toFirst
            } else if pair.second == leak, pair.first == source {
                path = pair.toSecond
            } else {
                continue
            }
            guard let delay = path.delay, let level = path.levelDb else { return nil }
            return (max(0, delay), level)
        }
        return nil
    }
}

/// Speech that is far below what is usual on a channel: a television, a colleague.
struct BackgroundVoice: Sendable {
    /// How loud the loud hops of the own voice are, dB; nil before a second of it was heard.
    private(set) var usualDb: Float?
    private var ownHops = 0

    /// So far below it, for the whole of `reach` to both sides, nobody speaks into the own microphone.
    private static let farDb: Float = 12
    private static let reachHops: Int64 = 30
    private static let learntHops = 100
    /// Steps up and down, in dB per hop of the own voice: the level that 5 % of them exceed.
    private static let steps: (up: Float, down: Float) = (0.2, 0.01)
    /// A voice that stays far below is the own after all, some time: 3 dB per minute of it.
    private static let release: Float = 0.0005

    /// Whether the speech in `hop` may be the own.
    mutating func isOwn(_ trace: ChannelTrace, hop: Int64) -> Bool {
        let level = trace.strongest[ChannelTrace.slot(hop)]
        var loudest = BandLevels.lowestDb
        for then in hop - Self.reachHops...hop + HopRecord.levelLeadHops {
            loudest = max(loudest, trace.strongest[ChannelTrace.slot(then)])
        }
        // Begun with what is near, for what comes first may be a breath.
        let usual = usualDb ?? loudest
        guard ownHops < Self.learntHops || loudest > usual - Self.farDb else {
            usualDb = usual - Self.release
            return false
        }
        ownHops = min(ownHops + 1, Self.learntHops)
        usualDb = usual + (level > usual ? Self.steps.up : -Self.steps.down)
        return true
    }
}
