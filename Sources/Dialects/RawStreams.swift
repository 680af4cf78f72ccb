// Samples as binary messages. What they are is said by the address, or by a first text message: Asterisk's MEDIA_START,
// Vonage's websocket:connected, or any object with a rate.
extension DialectReader {
    mutating func takeSamples(_ message: Span<UInt8>) -> WireEvent {
        guard hasStarted, let format else { return .early }
        payload.copy(message, 0..<message.count)
        let apart = format.channels > 1 && separateChannels > 1 && format.encoding != .opus && format.encoding != .g722
        let count = apart ? format.channels : 1
        payload.arrange(format.encoding, voices: count)
        var arranged = format.arrangedForRTP
        if apart { arranged.channels = 1 }
        if voices.count != count || voices.first?.format != arranged {
            let labels = dialect == .genesys ? ["external", "internal"] : []
            makeChannels(count, labels: labels, format: arranged)
        }
        let duration = arranged.duration(bytes: payload.bytes.count / count)
        // A packet of Opus says itself what it lasts; nothing of it is placed by that.
        var media = place(voice: 0, number: nil, timestamp: nil, duration: format.encoding == .opus ? 960 : duration)
        for index in 1..<max(1, count) { _ = place(voice: index, number: nil, timestamp: nil, duration: duration) }
        media.voiceCount = count
        return .media(media)
    }

    mutating func takeRawText(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        var first = 0
        while first < message.count, message[first] <= 0x20 { first += 1 }
        guard first < message.count else { return .nothing }
        guard message[first] == UInt8(ascii: "{") else { return try takeWords(message) }
        var event: WireEvent = .nothing
        var told = Told()
        var members = try JSONScan.Members(message, 0..<message.count)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "muted") {
                event = .absence(voice: nil, JSONScan.isTrue(message, value) ? .mute : nil)
            } else if JSONScan.equals(message, key, "event") {
                if JSONScan.equals(message, JSONScan.contents(message, value), "HANGUP") { event = .end }
            } else if let key = JSONScan.text(message, key, limit: 32) {
                told.note(key, JSONScan.text(message, value, limit: 64), JSONScan.whole(message, value))
            }
        }
        try begin(told)
        return event
    }

    /// `MEDIA_START connection_id:… format:slin16 …`, as Asterisk writes it by default.
    private mutating func takeWords(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        guard message.count <= 4_096 else { throw .text }
        var bytes: [UInt8] = []
        for at in message.indices { bytes.append(message[at]) }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        // Its other messages begin with a word in capitals, too; anything else may be samples in the wrong place.
        guard let first = words.first, first.utf8.allSatisfy({ 0x41...0x5A ~= $0 || $0 == 0x5F }) else { throw .text }
        guard first == "MEDIA_START" else { return first == "HANGUP" ? .end : .nothing }
        var told = Told()
        for word in words.dropFirst() {
            let pair = word.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { told.note(String(pair[0]), String(pair[1]), Int64(pair[1])) }
        }
        try begin(told)
        return .nothing
    }

    /// What a text says of the audio.
    private struct Told {
        var encoding: String?
        var rate: Int64?
        var channels: Int64?

        mutating func note(_ key: String, _ text: String?, _ number: Int64?) {
            switch key {
            case "format", "encoding", "content-type", "content_type", "codec": encoding = text
            case "rate", "sample_rate", "sampleRate", "samplerate", "sample-rate": rate = number
            case "channels": channels = number
            default: break
            }
        }
    }

    private mutating func begin(_ told: Told) throws(DialectError) {
        // Once it runs, texts say other things.
        guard !hasStarted, told.encoding != nil || told.rate != nil else { return }
        var made = WireFormat(.s16le, rateHz: 16_000)
        if let name = told.encoding {
            guard let encoding = WireEncoding(named: name) else { throw .unknownEncoding(name) }
            made.encoding = encoding
            made.rateHz = WireFormat.standardRate(of: name) ?? made.rateHz
        }
        if let rate = told.rate {
            guard let known = WireFormat.rates.first(where: { Int64($0) == rate }) else { throw .unknownRate(rate) }
            made.rateHz = known
        }
        if made.encoding == .opus { made.rateHz = 48_000 }
        if let channels = told.channels, (1...8).contains(channels) { made.channels = Int(channels) }
        format = made
        hasStarted = true
    }
}

extension WireFormat {
    /// The rate that the name of a format implies: those of Asterisk (slin is 8 kHz, slin16 is 16 kHz), of G.711 and
    /// G.722, and of types with a rate.
    static func standardRate(of name: String) -> Int? {
        if let rate = rate(inType: name) { return rate }
        let name = name.lowercased()
        switch WireEncoding(named: name) {
        case .mulaw, .alaw: return 8_000
        case .g722: return 16_000
        case .opus: return 48_000
        default:
            guard name.hasPrefix("slin") else { return nil }
            switch name.dropFirst(4) {
            case "": return 8_000
            case "12": return 12_000
            case "16": return 16_000
            case "24": return 24_000
            case "32": return 32_000
            case "44": return 44_100
            case "48": return 48_000
            default: return nil
            }
        }
    }
}
