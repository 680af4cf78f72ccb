import Events

/// Which of the operator's phrases were said, by whom and when.
extension ReportTables {
    /// One tracker of one speaker.
    struct Tracked {
        /// A moment that can be gone to.
        struct Time {
            var seconds: String, time: String
        }

        var name: String, who: String, count: String
        var times: [Time]
        var more: String
    }

    /// Moments that are listed of one tracker of one speaker.
    private static let maxTimes = 24

    /// Those that were met, the most often met first.
    var trackers: [Tracked] {
        let counts = totals.speakers.flatMap { speaker in
            (speaker.metrics?.captions?.trackers ?? []).map { (speaker: speaker.name, mentions: $0) }
        }
        return counts.sorted { ($1.mentions.count, $0.mentions.tracker) < ($0.mentions.count, $1.mentions.tracker) }
            .map { entry in
                let all = record.mentions.filter {
                    $0.speaker == entry.speaker && $0.met.tracker == entry.mentions.tracker
                }
                let starts = all.map(\.met.startSeconds).sorted()
                return Tracked(
                    name: entry.mentions.tracker, who: entry.speaker, count: "\(entry.mentions.count)",
                    times: starts.prefix(Self.maxTimes).map {
                        Tracked.Time(seconds: ReportText.decimal($0, 2), time: ReportText.time($0))
                    },
                    more: starts.count > Self.maxTimes ? "and later" : "")
            }
    }
}
