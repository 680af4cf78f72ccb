// Bots that take part in a meeting and send on what each participant says.
extension DialectReader {
    private static let samples = WireFormat(.s16be, rateHz: 16_000)

    mutating func takeRecall(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        var event = 0..<0
        var data = 0..<0
        var members = try JSONScan.Members(message, 0..<message.count)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "event") { event = JSONScan.contents(message, value) }
            if JSONScan.equals(message, key, "data") { data = value }
        }
        let hasLeft = JSONScan.equals(message, event, "participant_events.leave")
        guard
            hasLeft || JSONScan.equals(message, event, "audio_separate_raw.data")
                || JSONScan.equals(message, event, "audio_mixed_raw.data"), !data.isEmpty
        else { return .nothing }
        var inner = 0..<0
        var found = RecallData()
        members = try JSONScan.Members(message, data)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "data") { inner = value }
            // Some samples have the participant one level higher.
            if JSONScan.equals(message, key, "participant") { try found.readParticipant(message, value) }
        }
        if !inner.isEmpty {
            members = try JSONScan.Members(message, inner)
            while let (key, value) = try members.next(message) {
                if JSONScan.equals(message, key, "buffer") { found.audio = JSONScan.contents(message, value) }
                if JSONScan.equals(message, key, "participant") { try found.readParticipant(message, value) }
                if JSONScan.equals(message, key, "timestamp") { try found.readTime(message, value) }
            }
        }
        if hasLeft { return knownVoice(message, found.label).map { .left(voice: $0) } ?? .nothing }
        try payload.decode(base64: message, found.audio)
        payload.arrange(.s16le, voices: 1)
        let index = try voice(message, found.label, name: found.name, format: Self.samples)
        return .media(
            place(
                voice: index, number: nil, timestamp: found.seconds.flatMap { Int64(exactly: ($0 * 16_000).rounded()) },
                duration: Self.samples.duration(bytes: payload.bytes.count)))
    }

    private struct RecallData {
        var audio = 0..<0, label = 0..<0
        var name: Range<Int>?
        /// Seconds since the recording's start at which it was heard.
        var seconds: Double?

        mutating func readParticipant(_ message: Span<UInt8>, _ value: Range<Int>) throws(DialectError) {
            guard !JSONScan.isNull(message, value) else { return }
            var members = try JSONScan.Members(message, value)
            while let (key, value) = try members.next(message) {
                if JSONScan.equals(message, key, "id") { label = JSONScan.contents(message, value) }
                if JSONScan.equals(message, key, "name"), !JSONScan.isNull(message, value) {
                    name = JSONScan.contents(message, value)
                }
            }
        }

        mutating func readTime(_ message: Span<UInt8>, _ value: Range<Int>) throws(DialectError) {
            guard !JSONScan.isNull(message, value) else { return }
            var members = try JSONScan.Members(message, value)
            while let (key, value) = try members.next(message) {
                if JSONScan.equals(message, key, "relative") { seconds = JSONScan.number(message, value) }
            }
        }
    }

    mutating func takeAttendee(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        var trigger = 0..<0
        var data = 0..<0
        var members = try JSONScan.Members(message, 0..<message.count)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "trigger") { trigger = JSONScan.contents(message, value) }
            if JSONScan.equals(message, key, "data") { data = value }
        }
        guard
            JSONScan.equals(message, trigger, "realtime_audio.per_participant")
                || JSONScan.equals(message, trigger, "realtime_audio.mixed"), !data.isEmpty
        else { return .nothing }
        var audio = 0..<0
        var label = 0..<0
        var name: Range<Int>?
        var number: Int64?
        var format = Self.samples
        members = try JSONScan.Members(message, data)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "chunk") {
                audio = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "participant_uuid") {
                label = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "participant_name"), !JSONScan.isNull(message, value) {
                name = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "sequence") {
                number = JSONScan.whole(message, value)
            } else if JSONScan.equals(message, key, "sample_rate"), let rate = JSONScan.whole(message, value) {
                guard let known = WireFormat.rates.first(where: { Int64($0) == rate }) else { throw .unknownRate(rate) }
                format.rateHz = known
            }
        }
        try payload.decode(base64: message, audio)
        payload.arrange(.s16le, voices: 1)
        let index = try voice(message, label, name: name, format: format)
        // Its time stamps say when a message was sent, and so does its arrival.
        return .media(
            place(
                voice: index, number: number, timestamp: nil,
                duration: format.duration(bytes: payload.bytes.count)))
    }

    /// Little-endian: the track (int32), when it was heard in milliseconds (float64), the name (its length as int32 and
    /// its UTF-8), then samples at 16 kHz (float32).
    mutating func takeVexa(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        let short = DialectError(
            1007, "a binary message is too short for track, time, name and samples; check the path")
        guard message.count >= 16 else { throw short }
        let track = Int32(bitPattern: Self.littleEndian(message, 0))
        let low = UInt64(Self.littleEndian(message, 4))
        let time = Double(bitPattern: UInt64(Self.littleEndian(message, 8)) << 32 | low)
        let length = Int(Int32(bitPattern: Self.littleEndian(message, 12)))
        guard (0...Self.maxLabel).contains(length), message.count >= 16 + length else { throw short }
        let name = length > 0 ? JSONScan.text(message, 16..<(16 + length)) : nil
        payload.copy(message, (16 + length)..<message.count)
        payload.arrange(.f32le, voices: 1)
        let index = try voice(number: Int64(track), name: name, format: Self.samples)
        let units = time.isFinite && abs(time) < 1e14 ? Int64(exactly: (time * 16).rounded()) : nil
        return .media(
            place(
                voice: index, number: nil, timestamp: units,
                duration: Self.samples.duration(bytes: payload.bytes.count)))
    }

    private static func littleEndian(_ message: Span<UInt8>, _ at: Int) -> UInt32 {
        UInt32(message[at]) | UInt32(message[at + 1]) << 8 | UInt32(message[at + 2]) << 16
            | UInt32(message[at + 3]) << 24
    }

    /// Azure Communication Services.
    mutating func takeACS(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        var data = 0..<0
        var about = 0..<0
        var members = try JSONScan.Members(message, 0..<message.count)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "audioData") { data = value }
            if JSONScan.equals(message, key, "audioMetadata") { about = value }
        }
        if !about.isEmpty, message[about.lowerBound] == UInt8(ascii: "{") {
            var made = Self.samples
            members = try JSONScan.Members(message, about)
            while let (key, value) = try members.next(message) {
                if JSONScan.equals(message, key, "sampleRate"), let rate = JSONScan.whole(message, value) {
                    guard let known = WireFormat.rates.first(where: { Int64($0) == rate }) else {
                        throw .unknownRate(rate)
                    }
                    made.rateHz = known
                }
            }
            format = made
        }
        guard !data.isEmpty, message[data.lowerBound] == UInt8(ascii: "{") else { return .nothing }
        var audio = 0..<0
        var label = 0..<0
        var stamp: Int64?
        var isSilent = false
        let format = format ?? Self.samples
        members = try JSONScan.Members(message, data)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "data") {
                audio = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "participantRawID"), !JSONScan.isNull(message, value) {
                label = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "timestamp") {
                stamp = DateScan.milliseconds(message, JSONScan.contents(message, value))
            } else if JSONScan.equals(message, key, "silent") {
                isSilent = JSONScan.isTrue(message, value)
            }
        }
        try payload.decode(base64: message, audio)
        payload.arrange(.s16le, voices: 1)
        let index = try voice(message, label, format: format)
        let duration = format.duration(bytes: payload.bytes.count)
        let media = place(
            voice: index, number: nil, timestamp: stamp.map { $0 * Int64(format.clockRateHz) / 1_000 },
            duration: duration)
        return noteSilence(voice: index, isSilent: isSilent, duration: duration) ?? .media(media)
    }

    /// What Zoom's L16 is: its tables do not say in which byte order, so the samples do, after a second of sound.
    private mutating func zoomFormat() -> WireFormat {
        if let format { return format }
        let rough = payload.roughness()
        zoomRoughness.littleEndian += rough.littleEndian
        zoomRoughness.bigEndian += rough.bigEndian
        let isBig = zoomRoughness.littleEndian > 2 * zoomRoughness.bigEndian
        let made = WireFormat(isBig ? .s16be : .s16le, rateHz: 16_000)
        // A step of some 300 for each sample of a second: nobody is that loud by noise alone.
        if max(zoomRoughness.littleEndian, zoomRoughness.bigEndian) > 5_000_000 { format = made }
        return made
    }

    /// Audio of Zoom RTMS: `{"msg_type":14,"content":{"user_id":…,"user_name":…,"data":…,"timestamp":…}}`.
    mutating func takeZoom(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        var kind: Int64?
        var content = 0..<0
        var members = try JSONScan.Members(message, 0..<message.count)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "msg_type") { kind = JSONScan.whole(message, value) }
            if JSONScan.equals(message, key, "content") { content = value }
        }
        guard kind == 14, !content.isEmpty, message[content.lowerBound] == UInt8(ascii: "{") else { return .nothing }
        var audio = 0..<0
        var label = 0..<0
        var name: Range<Int>?
        var stamp: Int64?
        members = try JSONScan.Members(message, content)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "data") {
                audio = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "user_id") {
                label = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "user_name"), !JSONScan.isNull(message, value) {
                name = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "timestamp") {
                stamp = JSONScan.whole(message, value)
            }
        }
        try payload.decode(base64: message, audio)
        let format = zoomFormat()
        payload.arrange(format.encoding, voices: 1)
        let index = try voice(message, label, name: name, format: format.arrangedForRTP)
        return .media(
            place(
                voice: index, number: nil,
                timestamp: stamp.map {
                    $0.multipliedReportingOverflow(by: Int64(format.clockRateHz)).partialValue / 1_000
                },
                duration: format.arrangedForRTP.duration(bytes: payload.bytes.count)))
    }
}
