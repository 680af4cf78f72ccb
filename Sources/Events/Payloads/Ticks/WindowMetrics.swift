/// What a speaker did in one rolling window.
public struct WindowMetrics: Sendable {
    /// How the talk is spread over more than two speakers. Shown, never graded.
    public struct Balance: Sendable, Equatable {
        /// Normalised entropy of the talk times: 1 where all talk alike.
        public var entropy: Double
        /// Gini coefficient of the talk times: 0 where all talk alike.
        public var gini: Double

        /// A balance.
        public init(entropy: Double, gini: Double) {
            self.entropy = entropy
            self.gini = gini
        }

        func write(to json: inout JSONWriter) {
            json.field("balance_entropy", entropy, decimals: 3)
            json.field("balance_gini", gini, decimals: 3)
        }
    }

    /// What was said, after the speaker's captions.
    public struct Captions: Sendable, Equatable {
        /// Words.
        public var words: Int
        /// Words per minute of the lines' own time; nil below a second of it.
        public var wordsPerMinute: Double?
        /// Fillers among the words (um, you know); one of several words counts once.
        public var fillerWords: Int
        /// Questions, by their marks.
        public var questions: Int

        /// How often phrases of each tracker were said, of those that were, in the order of their names; nil where
        /// the configuration has none.
        public var trackers: [Mentions]?

        /// How often phrases of a tracker were said.
        public struct Mentions: Sendable, Equatable {
            /// Name of the tracker.
            public var tracker: String
            /// How often.
            public var count: Int

            /// A count.
            public init(tracker: String, count: Int) { (self.tracker, self.count) = (tracker, count) }
        }

        /// What was said.
        public init(
            words: Int, wordsPerMinute: Double?, fillerWords: Int, questions: Int, trackers: [Mentions]? = nil
        ) {
            self.words = words
            self.wordsPerMinute = wordsPerMinute
            self.fillerWords = fillerWords
            self.questions = questions
            self.trackers = trackers
        }

        func write(to json: inout JSONWriter) {
            json.field("words", words)
            json.field("words_per_min", wordsPerMinute, decimals: 1)
            json.field("filler_words", fillerWords)
            json.field("questions", questions)
            guard let trackers else { return }
            json.object("trackers") { json in
                for mentions in trackers { json.field(mentions.tracker, mentions.count) }
            }
        }
    }

    /// Name of the window: `10s`, `30s`, `120s`, `session`.
    public var name: String
    /// The speaker's speech time in seconds.
    public var speechSeconds = 0.0
    /// Speech time / all speakers' speech time; nil where nobody spoke.
    public var talkRatio: Double?
    /// The same for all on the speaker's side together; nil where the speaker is on no side.
    public var sideTalkRatio: Double?
    /// Pause time / (pause + speech time) inside the speaker's turns; nil without turns.
    public var pauseRatio: Double?
    /// Number of those pauses.
    public var pauses = 0
    /// Syllables per second of speech, and per second of speech and pauses (de Jong & Wempe, 2009).
    public var articulationRate: Double?, speechRate: Double?
    /// Turns the speaker began.
    public var turns = 0
    /// Median and interquartile range of the floor-transfer offsets with which the speaker took the floor, ms.
    public var ftoMedianMilliseconds: Double?, ftoRangeMilliseconds: Double?
    /// Median of the positive part of those offsets, ms.
    public var responseLagMedianMilliseconds: Double?
    /// Number of offsets.
    public var responseLags = 0
    /// Median positive offset after a turn of the other side, ms, and their number; only of the host's side.
    public var patienceMedianMilliseconds: Double?, patienceCount: Int?
    /// Longest stretch in which the speaker held the floor, seconds.
    public var longestMonologueSeconds = 0.0
    /// Backchannels that the speaker gave, and interruptions that the speaker made.
    public var backchannels = 0, interruptions = 0
    /// Voiced speech, seconds: what the four below rest on.
    public var voicedSeconds = 0.0
    /// Median pitch relative to the speaker's own median since the start, and P90 − P10, semitones.
    public var pitchLevelSemitones: Double?, pitchRangeSemitones: Double?
    /// Median level relative to the speaker's own median since the start, and P90 − P10, dB.
    public var relativeLevelDb: Double?, loudnessVariationDb: Double?
    /// Mean intonation over the last 500 ms of the IPUs, semitones per second, and the number of IPUs.
    public var intonationSlope: Double?, intonationSlopes = 0
    /// Floor transfers of the whole session per minute.
    public var speakerChangesPerMinute: Double?
    /// Time when two or more spoke / time when at least one spoke.
    public var overlapRatio: Double?
    /// How the talk is spread; nil below three speakers.
    public var balance: Balance?
    /// H(next speaker | current) / ln(N − 1); nil below three speakers.
    public var freedom: Double?
    /// What was said; nil as long as there are no captions of the speaker.
    public var captions: Captions?

    /// An empty window.
    public init(name: String) {
        self.name = name
    }

    func write(to json: inout JSONWriter) {
        json.field("speech_s", speechSeconds, decimals: 2)
        json.field("talk_ratio", talkRatio, decimals: 4)
        if let sideTalkRatio { json.field("side_talk_ratio", sideTalkRatio, decimals: 4) }
        json.field("pause_ratio", pauseRatio, decimals: 4)
        json.field("pauses", pauses)
        json.field("articulation_rate_per_s", articulationRate, decimals: 2)
        json.field("speech_rate_per_s", speechRate, decimals: 2)
        json.field("turns", turns)
        json.field("fto_median_ms", ftoMedianMilliseconds, decimals: 0)
        json.field("fto_iqr_ms", ftoRangeMilliseconds, decimals: 0)
        json.field("response_lag_median_ms", responseLagMedianMilliseconds, decimals: 0)
        json.field("response_lag_n", responseLags)
        if let patienceCount {
            json.field("patience_median_ms", patienceMedianMilliseconds, decimals: 0)
            json.field("patience_n", patienceCount)
        }
        json.field("longest_monologue_s", longestMonologueSeconds, decimals: 2)
        json.field("backchannels", backchannels)
        json.field("interruptions", interruptions)
        json.field("voiced_s", voicedSeconds, decimals: 2)
        json.field("pitch_level_st", pitchLevelSemitones, decimals: 2)
        json.field("pitch_range_st", pitchRangeSemitones, decimals: 2)
        json.field("relative_level_db", relativeLevelDb, decimals: 1)
        json.field("loudness_variation_db", loudnessVariationDb, decimals: 1)
        json.field("intonation_slope_st_per_s", intonationSlope, decimals: 1)
        json.field("intonation_slope_n", intonationSlopes)
        json.field("speaker_changes_per_min", speakerChangesPerMinute, decimals: 2)
        json.field("overlap_ratio", overlapRatio, decimals: 4)
        balance?.write(to: &json)
        if let freedom { json.field("freedom", freedom, decimals: 3) }
        captions?.write(to: &json)
    }
}
