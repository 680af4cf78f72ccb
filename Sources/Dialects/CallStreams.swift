// Twilio's messages, and those that others have made of them: `start` says what comes, `media` brings it. They differ
// in how they write names, in what numbers are texts, and in whether they name the track.
extension DialectReader {
    mutating func takeStream(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        var event = 0..<0
        var body = 0..<0
        var start = 0..<0
        var members = try JSONScan.Members(message, 0..<message.count)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "event") { event = JSONScan.contents(message, value) }
            if JSONScan.equals(message, key, "media") { body = value }
            if JSONScan.equals(message, key, "start") { start = value }
        }
        if JSONScan.equals(message, event, "media") {
            guard !body.isEmpty else { throw .malformed }
            return hasStarted ? try takeStreamMedia(message, body) : .early
        }
        if JSONScan.equals(message, event, "start") {
            guard !start.isEmpty else { throw .malformed }
            try takeStart(message, start)
        }
        if JSONScan.equals(message, event, "stop") { return .end }
        return .nothing
    }

    private mutating func takeStart(_ message: Span<UInt8>, _ body: Range<Int>) throws(DialectError) {
        // Of Jitsi's bridge each participant begins with one.
        guard dialect == .jitsi || !hasStarted else { throw .secondStart }
        var media = 0..<0
        var label = 0..<0
        var endpoint = 0..<0
        var isExotel = false
        var members = try JSONScan.Members(message, body)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "mediaFormat") || JSONScan.equals(message, key, "media_format") {
                media = value
            }
            if JSONScan.equals(message, key, "tag") { label = JSONScan.contents(message, value) }
            if JSONScan.equals(message, key, "account_sid") { isExotel = true }
            if JSONScan.equals(message, key, "tracks"), dialect == .twilio {
                var tracks = JSONScan.Elements(message, value)
                while let track = try tracks.next(message) {
                    let track = JSONScan.contents(message, track)
                    guard announced.count < Self.maxVoices, track.count <= Self.maxLabel else { throw .tooManyVoices }
                    announced.append(track.map { message[$0] })
                }
            }
            if JSONScan.equals(message, key, "customParameters") || JSONScan.equals(message, key, "custom_parameters"),
                message[value.lowerBound] == UInt8(ascii: "{")
            {
                var parameters = try JSONScan.Members(message, value)
                while let (key, value) = try parameters.next(message) {
                    if JSONScan.equals(message, key, "endpointId") { endpoint = JSONScan.contents(message, value) }
                }
            }
        }
        if dialect == .jitsi {
            let format = WireFormat(.opus, rateHz: 48_000)
            let index = try voice(message, label, name: endpoint.isEmpty ? nil : endpoint, format: format)
            _ = index
        } else {
            let standard = isExotel ? WireFormat(.s16le, rateHz: 8_000) : WireFormat(.mulaw, rateHz: 8_000)
            format = try mediaFormat(message, media, standard: standard)
            // In the order in which they are named, so that the first speaker is the first track.
            for track in announced {
                let text = String(decoding: track, as: UTF8.self)
                try addTrack(text, format: format ?? standard)
            }
        }
        hasStarted = true
    }

    private mutating func addTrack(_ label: String, format: WireFormat) throws(DialectError) {
        let bytes = Array(label.utf8)
        _ = try voice(bytes.span, 0..<bytes.count, format: format.arrangedForRTP)
    }

    private func mediaFormat(
        _ message: Span<UInt8>, _ body: Range<Int>, standard: WireFormat
    ) throws(DialectError) -> WireFormat {
        guard !body.isEmpty, message[body.lowerBound] == UInt8(ascii: "{") else { return standard }
        var format = standard
        var members = try JSONScan.Members(message, body)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "encoding"), let name = JSONScan.text(message, value, limit: 64) {
                guard let encoding = WireEncoding(named: name) else { throw .unknownEncoding(name) }
                format.encoding = encoding
                // Voximplant's names say the rate, too, and so may a parameter of the type.
                if name.uppercased() == "PCM16" { format.rateHz = 16_000 }
                if let rate = WireFormat.rate(inType: name) { format.rateHz = rate }
            }
            if JSONScan.equals(message, key, "sampleRate") || JSONScan.equals(message, key, "sample_rate"),
                let rate = JSONScan.whole(message, value)
            {
                guard let known = WireFormat.rates.first(where: { Int64($0) == rate }) else { throw .unknownRate(rate) }
                format.rateHz = known
            }
        }
        return format
    }

    private mutating func takeStreamMedia(_ message: Span<UInt8>, _ body: Range<Int>) throws(DialectError) -> WireEvent
    {
        var label = 0..<0
        var audio = 0..<0
        var number: Int64?
        var stamp: Int64?
        var members = try JSONScan.Members(message, body)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "payload") {
                audio = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "track") || JSONScan.equals(message, key, "tag") {
                label = JSONScan.contents(message, value)
            } else if JSONScan.equals(message, key, "chunk") {
                number = JSONScan.whole(message, value)
            } else if JSONScan.equals(message, key, "timestamp") {
                stamp = JSONScan.whole(message, value)
            }
        }
        if dialect == .jitsi {
            try payload.decode(base64: message, audio)
            let index = try voice(message, label, format: WireFormat(.opus, rateHz: 48_000))
            return .media(place(voice: index, number: number, timestamp: stamp, duration: 960, isExact: true))
        }
        let format = format ?? WireFormat(.mulaw, rateHz: 8_000)
        if !announced.isEmpty, !label.isEmpty, !isAnnounced(message, label) {
            throw .unannounced(JSONScan.text(message, label) ?? "?")
        }
        try payload.decode(base64: message, audio)
        payload.arrange(format.encoding, voices: 1)
        let arranged = format.arrangedForRTP
        // Who names no track has one.
        let index = label.isEmpty && !voices.isEmpty ? 0 : try voice(message, label, format: arranged)
        let units = stamp.map { $0.multipliedReportingOverflow(by: Int64(format.clockRateHz)).partialValue / 1_000 }
        return .media(
            place(
                voice: index, number: number, timestamp: units,
                duration: arranged.duration(bytes: payload.bytes.count)))
    }

    private func isAnnounced(_ message: Span<UInt8>, _ label: Range<Int>) -> Bool {
        for track in announced where JSONScan.equals(message, label, track) { return true }
        // Some announce what is streamed rather than its tracks.
        return announced.contains { track in
            ["both_tracks", "inbound_track", "outbound_track", "both"].contains(String(decoding: track, as: UTF8.self))
        }
    }
}

extension WireFormat {
    /// The same once it lies as RTP carries it.
    var arrangedForRTP: WireFormat { WireFormat(encoding.arranged, rateHz: rateHz, channels: channels) }

    /// The rate in a type such as `audio/l16;rate=16000`, if it is one that is taken.
    static func rate(inType name: String) -> Int? {
        for part in name.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=")
            guard pair.count == 2, pair[0].drop(while: { $0 == " " }) == "rate" else { continue }
            return Int(pair[1]).flatMap { rates.contains($0) ? $0 : nil }
        }
        return nil
    }
}
