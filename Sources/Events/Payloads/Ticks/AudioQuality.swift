/// What the channel does to a speaker's voice.
public struct AudioQuality: Sendable, Hashable {
    /// Level of the speech above the noise in dB; nil until both have been heard.
    public var snrDb: Double?
    /// Media lost, percent: in a tick within the last 30 s, in totals over the session.
    public var lossPercent: Double
    /// Share of the signal that is clipped, percent: in a tick of the last half minute, in totals of the session;
    /// nil before anything was heard.
    public var clippingPercent: Double?
    /// Frequency in Hz up to which speech carries energy; nil until speech has been heard.
    public var bandwidthHz: Double?

    /// Nothing known but the loss, in percent.
    public init(lossPercent: Double) {
        self.lossPercent = lossPercent
    }

    func write(to json: inout JSONWriter) {
        json.field("snr_db", snrDb, decimals: 1)
        json.field("loss_pct", lossPercent, decimals: 1)
        json.field("clipping_pct", clippingPercent, decimals: 2)
        json.field("bandwidth_hz", bandwidthHz, decimals: 0)
    }
}

/// What disturbs a speaker's voice has changed.
public struct QualityChange: Sendable {
    /// Something that makes measuring or listening harder.
    public enum Issue: String, Sendable, CaseIterable {
        /// Samples are cut off at the top.
        case clipping
        /// The noise is hardly below the speech.
        case noise
        /// Speech ends at 4 kHz or below, as on a telephone.
        case narrowBand = "narrow_band"
        /// The microphone carries somebody who has a channel of the session, and sits in the same room.
        case crosstalk
        /// The microphone, or the line, carries another channel of the session later: a loudspeaker without an echo
        /// canceller.
        case echo
        /// Somebody speaks far below the level that is usual on this channel: a television, a colleague.
        case backgroundVoice = "background_voice"
        /// Several people speak into the microphone, whose voices clearly differ; what is measured is of all of them.
        case severalVoices = "several_voices"
    }

    /// Another channel that is heard in this one.
    public struct Leak: Sendable, Hashable {
        /// Whose channel it is.
        public var from: String
        /// Its level here against that in its own channel, dB.
        public var levelDb: Double
        /// By how much later it is here, milliseconds.
        public var delayMilliseconds: Int

        /// A leak.
        public init(from: String, levelDb: Double, delayMilliseconds: Int) {
            (self.from, self.levelDb, self.delayMilliseconds) = (from, levelDb, delayMilliseconds)
        }
    }

    /// All that disturbs from now on; empty when nothing does any more.
    public var issues: [Issue]
    /// The figures behind it.
    public var audio: AudioQuality
    /// How much faster (positive) this host's clock runs than the sender's, parts per million; nil where it is not
    /// known.
    public var driftPartsPerMillion: Double?
    /// Channels that are heard in this one, the worst first; those of people who may not be measured are not told.
    public var leaks: [Leak] = []

    /// The state of a speaker's channel from now on.
    public init(issues: [Issue], audio: AudioQuality, driftPartsPerMillion: Double? = nil) {
        self.issues = issues
        self.audio = audio
        self.driftPartsPerMillion = driftPartsPerMillion
    }

    func write(to json: inout JSONWriter) {
        json.array("issues") { json in
            for issue in issues { json.string(issue.rawValue) }
        }
        json.object("audio") { audio.write(to: &$0) }
        if let driftPartsPerMillion { json.field("drift_ppm", driftPartsPerMillion, decimals: 0) }
        guard !leaks.isEmpty else { return }
        json.array("leaks") { json in
            for leak in leaks {
                json.object { json in
                    json.field("from", leak.from)
                    json.field("level_db", leak.levelDb, decimals: 1)
                    json.field("delay_ms", leak.delayMilliseconds)
                }
            }
        }
    }
}
