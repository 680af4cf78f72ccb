import Dialects

/// Reads the messages of a connection: a byte for the dialect, one for how the channels are taken, then messages, each
/// behind two bytes with its kind and its length.
func listen(_ bytes: Span<UInt8>) {
    guard bytes.count > 2 else { return }
    let dialect = Dialect.allCases[Int(bytes[0]) % Dialect.allCases.count]
    let channels = Int(bytes[1] % 4) + 1
    let encoding = WireEncoding.allCases[Int(bytes[1] / 4) % WireEncoding.allCases.count]
    var reader = DialectReader(
        dialect, separateChannels: channels,
        format: bytes[1] & 1 == 0 ? nil : WireFormat(encoding, rateHz: 16_000, channels: channels))
    var place = 2
    while place + 2 <= bytes.count {
        let isText = bytes[place] & 0x80 != 0
        let length = Int(bytes[place] & 0x7F) << 8 | Int(bytes[place + 1])
        let end = min(bytes.count, place + 2 + length)
        var message: [UInt8] = []
        for index in (place + 2)..<end { message.append(bytes[index]) }
        place = end
        let before = reader.voices.count
        guard let event = try? reader.take(message.span, isText: isText) else { continue }
        precondition(reader.voices.count >= before && reader.voices.count <= DialectReader.maxVoices)
        for reply in reader.takeReplies() { precondition(reply.utf8.count < 1_024, "a reply without bound") }
        switch event {
        case .media(let media):
            precondition(media.voiceCount >= 1 && media.voice >= 0)
            precondition(media.voice + media.voiceCount <= reader.voices.count, "media of nobody")
            precondition(reader.audio.count <= message.count, "more audio than was sent")
        case .absence(let voice?, _), .left(let voice):
            precondition(reader.voices.indices.contains(voice), "said of nobody")
        case .nothing, .early, .end, .absence(nil, _): break
        }
    }
    // The address, of the same bytes.
    var text: [UInt8] = [UInt8(ascii: "/")]
    for index in 0..<min(bytes.count, 300) { text.append(bytes[index]) }
    _ = try? DialectAddress(target: String(decoding: text, as: UTF8.self))
}
