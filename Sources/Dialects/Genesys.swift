// Genesys AudioHook, version 2: JSON that is answered, and µ-law as binary messages, the customer and the agent on a
// channel each.
extension DialectReader {
    mutating func takeGenesys(_ message: Span<UInt8>) throws(DialectError) -> WireEvent {
        var type = 0..<0
        var number: Int64 = 0
        var parameters = 0..<0
        var members = try JSONScan.Members(message, 0..<message.count)
        while let (key, value) = try members.next(message) {
            if JSONScan.equals(message, key, "type") { type = JSONScan.contents(message, value) }
            if JSONScan.equals(message, key, "seq") { number = JSONScan.whole(message, value) ?? 0 }
            if JSONScan.equals(message, key, "id"), session.isEmpty {
                session = JSONScan.text(message, value, limit: 64) ?? ""
            }
            if JSONScan.equals(message, key, "parameters"), message[value.lowerBound] == UInt8(ascii: "{") {
                parameters = value
            }
        }
        if JSONScan.equals(message, type, "open") {
            guard !hasStarted else { throw .secondStart }
            try open(message, parameters, number)
        } else if JSONScan.equals(message, type, "ping") {
            reply("pong", number, "{}")
        } else if JSONScan.equals(message, type, "close") {
            reply("closed", number, "{}")
            return .end
        } else if JSONScan.equals(message, type, "discarded") {
            // Media that was there, and could not be sent.
            skip(seconds: try discarded(message, parameters), isLoss: true)
        } else if JSONScan.equals(message, type, "paused") {
            return .absence(voice: nil, .pause)
        } else if JSONScan.equals(message, type, "resumed") {
            skip(seconds: try discarded(message, parameters), isLoss: false)
            return .absence(voice: nil, nil)
        }
        return .nothing
    }

    private mutating func open(
        _ message: Span<UInt8>, _ parameters: Range<Int>, _ number: Int64
    ) throws(DialectError) {
        guard !parameters.isEmpty else { throw .malformed }
        var channels = 1
        var labels = ""
        var isFound = false
        var members = try JSONScan.Members(message, parameters)
        while let (key, value) = try members.next(message) {
            guard JSONScan.equals(message, key, "media") else { continue }
            // What is offered, best first; of those that can be taken the one with the most channels.
            var offers = JSONScan.Elements(message, value)
            while let offer = try offers.next(message) {
                var count = 0
                var named = ""
                var isTaken = false
                var parts = try JSONScan.Members(message, offer)
                while let (key, value) = try parts.next(message) {
                    if JSONScan.equals(message, key, "format") {
                        isTaken = JSONScan.equals(message, JSONScan.contents(message, value), "PCMU")
                    }
                    if JSONScan.equals(message, key, "channels") {
                        var elements = JSONScan.Elements(message, value)
                        while let element = try elements.next(message) {
                            count += 1
                            let isInternal = JSONScan.equals(
                                message, JSONScan.contents(message, element), "internal")
                            named += (named.isEmpty ? "" : ",") + (isInternal ? "\"internal\"" : "\"external\"")
                        }
                    }
                }
                guard isTaken, (1...2).contains(count), !isFound || count > channels else { continue }
                (channels, labels, isFound) = (count, named, true)
            }
        }
        guard isFound else {
            // A probe of the connection offers nothing.
            reply("opened", number, #"{"startPaused":false,"media":[]}"#)
            return
        }
        format = WireFormat(.mulaw, rateHz: 8_000, channels: channels)
        hasStarted = true
        let media = #"{"type":"audio","format":"PCMU","channels":["# + labels + #"],"rate":8000}"#
        reply("opened", number, #"{"startPaused":false,"media":["# + media + "]}")
    }

    /// Seconds that were thrown away, of `{"start":"PT1.2S","discarded":"PT0.5S"}`.
    private func discarded(_ message: Span<UInt8>, _ parameters: Range<Int>) throws(DialectError) -> Double {
        guard !parameters.isEmpty else { return 0 }
        var seconds = 0.0
        var members = try JSONScan.Members(message, parameters)
        while let (key, value) = try members.next(message) {
            guard JSONScan.equals(message, key, "discarded") else { continue }
            let text = JSONScan.contents(message, value)
            guard text.count > 3, JSONScan.equals(message, text.lowerBound..<(text.lowerBound + 2), "PT"),
                message[text.upperBound - 1] == UInt8(ascii: "S")
            else { continue }
            seconds = JSONScan.number(message, (text.lowerBound + 2)..<(text.upperBound - 1)) ?? 0
        }
        return seconds
    }

    private mutating func reply(_ type: String, _ number: Int64, _ parameters: String) {
        sent += 1
        let id = session.filter { $0.isHexDigit || $0 == "-" }
        replies.append(
            #"{"version":"2","id":""# + id + #"","type":""# + type
                + "\",\"seq\":\(sent),\"clientseq\":\(number),\"parameters\":" + parameters + "}")
    }

    /// Takes what is to be sent back.
    public mutating func takeReplies() -> [String] {
        guard !replies.isEmpty else { return [] }
        defer { replies = [] }
        return replies
    }
}
