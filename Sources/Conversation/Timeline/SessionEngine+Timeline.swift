import MediaTypes

/// How far the session may settle.
extension SessionEngine {
    /// Hops without anything in them that are passed over in one step; they are not live, so nobody misses their ticks.
    private static let longStretchHops: Int64 = 30 * Int64(AudioGrid.hopsPerSecond)
    /// Open speech of which nothing is known for so long has ended (3 s), whoever was to say so.
    private static let maxSilentSpeechHops: Int64 = 300

    /// Hops behind the session's present at which nobody is waited for any more; nil for ever.
    private var patienceHops: Int64? { configuration.patienceHops.map { $0 + voicesPatienceHops } }

    mutating func settle() {
        var slowest: Int64?
        // By index: a speaker's state is large, and this runs with every record.
        for index in speakers.indices where speakers[index].isPresent {
            guard isAwaited(speakers[index].lane) else { continue }
            let watermark = speakers[index].lane.watermark
            slowest = min(slowest ?? watermark, watermark)
        }
        // Where nobody is awaited somebody may come back, and is given the time that anybody has.
        var until = min(slowest ?? 0, presentHops)
        if let patience = patienceHops {
            until = max(until, presentHops - patience)
        } else if slowest == nil {
            until = presentHops
        }
        settle(until: until)
    }

    /// Whether the session waits for a lane, as long as its patience lasts.
    private func isAwaited(_ lane: VoiceLane) -> Bool {
        switch lane.state {
        case .flowing: return true
        case .absent: return false
        case .idle:
            // Media that has never come is waited for in the beginning only.
            guard let patience = patienceHops else { return true }
            return presentHops < lane.joinedHop + 2 * patience
        }
    }

    mutating func settle(until end: Int64) {
        guard settledHops < end else { return }
        while settledHops < end {
            if end - settledHops > Self.longStretchHops {
                let next = firstRecord(before: end)
                if next - settledHops > Self.longStretchHops {
                    skip(to: next)
                    continue
                }
            }
            settleHop()
        }
        for index in speakers.indices {
            if speakers[index].lostRun > Self.maxSilentSpeechHops, speakers[index].bounds.start != nil {
                endSpeech(of: index, at: settledHops - speakers[index].lostRun)
            }
        }
    }

    /// The first hop before `end` of which anybody has a record; `end` where there is none.
    private func firstRecord(before end: Int64) -> Int64 {
        speakers.indices.reduce(end) { min($0, speakers[$1].lane.firstHop ?? end) }
    }

    /// Passes over hops in which nobody has a record. Costs the same for a minute and for eight hours.
    private mutating func skip(to end: Int64) {
        // The first of them ends what was going on, the last ones bring the windows to where they belong.
        settleHop()
        let last = end - end % bucketHops
        let from = settledHops + (bucketHops - settledHops % bucketHops) % bucketHops
        while settledHops < from { settleHop() }
        guard last > from else { return }
        let buckets = (last - from) / bucketHops
        for index in speakers.indices {
            let isLost = speakers[index].lane.next(from, isPresent: speakers[index].isPresent)?.isLost ?? false
            speakers[index].skip(buckets: Int(clamping: buckets), bucketHops: bucketHops, isLost: isLost)
            _ = floor.note(speaker: index, speaks: false, isLost: isLost, hop: last - 1)
        }
        common.skip(buckets: Int(clamping: buckets), lostHops: 0)
        talk.skip(buckets: Int(clamping: buckets), lostHops: 0)
        settledHops = last
        talkLog?.restart(at: last)
        score()
        tick()
        closeSecond()
    }
}
