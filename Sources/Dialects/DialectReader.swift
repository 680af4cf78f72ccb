/// Reads the messages of one connection. Has no clock, no socket and no thread; allocates nothing once it is known who
/// speaks.
public struct DialectReader {
    /// People in a stream.
    public static let maxVoices = 64
    /// Longest name of a track or a participant, bytes.
    static let maxLabel = 256

    /// What is spoken.
    public let dialect: Dialect
    /// Who was heard or announced so far.
    public private(set) var voices: [WireVoice] = []
    /// Whether the stream has begun: media means something.
    public internal(set) var hasStarted: Bool
    /// What is to be sent back, in order.
    public internal(set) var replies: [String] = []
    /// How many interleaved channels are taken apart; the others are mixed.
    let separateChannels: Int

    var payload = Payload()
    /// What the start message, or the address, said of the audio.
    var format: WireFormat?
    /// Tracks that the start message named; empty where it named none.
    var announced: [[UInt8]] = []
    /// Of Genesys: the id of its session, and how many messages were sent.
    var session = "", sent = 0
    /// Of Zoom: how rough its samples were so far in either byte order.
    var zoomRoughness = (littleEndian: 0.0, bigEndian: 0.0)
    private var states: [VoiceState] = []

    /// Where a voice's stream is.
    private struct VoiceState {
        var label: [UInt8]
        var sequence: Int64 = -1
        /// The sender's own number of the packet before.
        var number: Int64?
        /// The time stamp that would continue what came.
        var expected: Int64 = 0
        /// What the packet before lasted.
        var duration: Int64 = 0
        var silentFor: Int64 = 0
        var isMuted = false
    }

    /// A reader.
    ///
    /// - Parameters:
    ///   - separateChannels: how many people speak on interleaved channels; 1 mixes them.
    ///   - format: what the address says of the audio; nil where it says nothing.
    public init(_ dialect: Dialect, separateChannels: Int = 1, format: WireFormat? = nil) {
        self.dialect = dialect
        self.separateChannels = max(1, min(separateChannels, 8))
        self.format = format
        hasStarted = dialect != .twilio && dialect != .genesys && (dialect != .raw || format != nil)
    }

    /// The audio of the last message, as RTP carries it.
    public var audio: [UInt8] { payload.bytes }

    /// Takes one message.
    ///
    /// - Throws: `DialectError` where it can't be understood; nothing of it counts then.
    public mutating func take(_ message: Span<UInt8>, isText: Bool) throws(DialectError) -> WireEvent {
        switch dialect {
        case .twilio, .jitsi:
            guard isText else { throw .binary }
            return try takeStream(message)
        case .raw: return isText ? try takeRawText(message) : takeSamples(message)
        case .recall:
            guard isText else { throw .binary }
            return try takeRecall(message)
        case .attendee:
            guard isText else { throw .binary }
            return try takeAttendee(message)
        case .vexa:
            guard isText else { return try takeVexa(message) }
            // Its texts are objects, and of other things.
            guard message.count > 1, message[0] == UInt8(ascii: "{") else { throw .text }
            return .nothing
        case .genesys: return isText ? try takeGenesys(message) : takeSamples(message)
        case .acs:
            guard isText else { throw .binary }
            return try takeACS(message)
        case .zoom:
            guard isText else { throw .binary }
            return try takeZoom(message)
        }
    }

    // MARK: Voices

    /// The voice with this label; a new one joins.
    mutating func voice(
        _ message: Span<UInt8>, _ label: Range<Int>, name: Range<Int>? = nil, format: WireFormat
    ) throws(DialectError) -> Int {
        for (index, state) in states.enumerated() where JSONScan.equals(message, label, state.label) {
            if voices[index].format != format { voices[index].format = format }
            if voices[index].name == nil, let name { voices[index].name = JSONScan.text(message, name) }
            return index
        }
        guard label.count <= Self.maxLabel, let text = JSONScan.text(message, label) else { throw .malformed }
        return try add(
            WireVoice(label: text, name: name.flatMap { JSONScan.text(message, $0) }, format: format),
            label: label.map { message[$0] })
    }

    /// The voice that a number stands for; a new one joins.
    mutating func voice(number: Int64, name: String?, format: WireFormat) throws(DialectError) -> Int {
        let text = String(number)
        let label = Array(text.utf8)
        if let index = states.firstIndex(where: { $0.label == label }) {
            if voices[index].name != name, name != nil { voices[index].name = name }
            return index
        }
        return try add(WireVoice(label: text, name: name, format: format), label: label)
    }

    private mutating func add(_ voice: WireVoice, label: [UInt8]) throws(DialectError) -> Int {
        guard voices.count < Self.maxVoices else { throw .tooManyVoices }
        voices.append(voice)
        states.append(VoiceState(label: label))
        return voices.count - 1
    }

    func knownVoice(_ message: Span<UInt8>, _ label: Range<Int>) -> Int? {
        for (index, state) in states.enumerated() where JSONScan.equals(message, label, state.label) { return index }
        return nil
    }

    /// Makes sure that there is a voice for each channel.
    mutating func makeChannels(_ count: Int, labels: [String], format: WireFormat) {
        while voices.count < count {
            let label = labels.indices.contains(voices.count) ? labels[voices.count] : String(voices.count)
            voices.append(WireVoice(label: label, format: format))
            states.append(VoiceState(label: Array(label.utf8)))
        }
        for index in voices.indices { voices[index].format = format }
    }

    // MARK: Time

    /// How far a time stamp may be off what the samples before it add up to and still mean that: senders stamp in
    /// milliseconds, or when they send.
    private static let toleranceMilliseconds: Int64 = 40

    /// Where a packet lies in its voice's stream.
    ///
    /// - Parameters:
    ///   - number: the sender's own number of it; nil where it has none.
    ///   - timestamp: when it was said, in units of the format; nil where the sender does not tell.
    ///   - isExact: whether time stamps are those of RTP.
    mutating func place(
        voice index: Int, number: Int64?, timestamp: Int64?, duration: Int64, isExact: Bool = false
    ) -> WireMedia {
        var step: Int64 = 1
        if let number, let before = states[index].number {
            let (difference, overflows) = number.subtractingReportingOverflow(before)
            // What is far off is a stream that began anew.
            step = overflows || difference.magnitude > 3_000 ? 1 : difference
        }
        let follows = step == 1
        var placed = states[index].expected
        if let timestamp {
            let rate = Int64(voices[index].format.clockRateHz)
            let (difference, overflows) = timestamp.subtractingReportingOverflow(placed)
            let isNear = !overflows && difference.magnitude <= (rate * Self.toleranceMilliseconds / 1_000).magnitude
            if isExact || states[index].sequence < 0 || !follows || !isNear { placed = timestamp }
        } else if !follows {
            placed &+= (step &- 1) &* max(duration, states[index].duration)
        }
        let sequence = states[index].sequence &+ step
        if sequence >= states[index].sequence || states[index].sequence < 0 {
            states[index].expected = placed &+ duration
        }
        states[index].sequence = max(sequence, states[index].sequence)
        if let number { states[index].number = step > 0 ? number : states[index].number }
        states[index].duration = duration
        return WireMedia(voice: index, voiceCount: 1, sequence: sequence, timestamp: placed)
    }

    /// Leaves out media of all voices that the sender says it has thrown away.
    mutating func skip(seconds: Double, isLoss: Bool) {
        guard seconds > 0, seconds < 100_000 else { return }
        for index in states.indices {
            let units = Int64(seconds * Double(voices[index].format.clockRateHz))
            states[index].expected &+= units
            if isLoss, states[index].duration > 0 {
                states[index].sequence &+= min(1_000, max(1, units / states[index].duration))
            }
        }
    }

    /// Silence by the sender's word that lasts is a mute: a microphone that is on has some noise.
    private static let muteSeconds = 0.5

    /// Takes note of a packet that is silent, or not, by the sender's word.
    ///
    /// - Returns: what changes by that; nil for nothing.
    mutating func noteSilence(voice index: Int, isSilent: Bool, duration: Int64) -> WireEvent? {
        states[index].silentFor = isSilent ? states[index].silentFor &+ duration : 0
        let limit = Int64(Self.muteSeconds * Double(voices[index].format.clockRateHz))
        let isMuted = states[index].silentFor >= limit
        guard isMuted != states[index].isMuted else { return nil }
        states[index].isMuted = isMuted
        return .absence(voice: index, isMuted ? .mute : nil)
    }
}
