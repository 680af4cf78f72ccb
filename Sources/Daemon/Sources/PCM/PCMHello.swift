import ControlAPI
import Decode
import Events

/// The first line of a connection to the PCM socket: what the samples are, and whose.
struct PCMHello: Equatable {
    /// Longest line, bytes.
    static let maxBytes = 4_096

    var format: PCMFormat
    /// What is to be attached; its URL only describes the samples.
    var request: AttachRequest
    /// Whether the sender begins muted, until it says otherwise.
    var startsMuted: Bool

    /// Reads the line, without the line feed.
    ///
    /// - Throws: `Problem` naming what is wrong and the remedy.
    init(parsing line: [UInt8]) throws(Problem) {
        var fields = try Fields(object: line)
        let name = try fields.requiredText("format")
        guard let encoding = PCMFormat.Encoding(rawValue: name) else {
            throw Fields.malformed("format '\(name)' is not known; use s16le, f32le or mulaw")
        }
        format = PCMFormat(
            encoding, rateHz: try fields.integer("rate", PCMFormat.rates),
            channelCount: try fields.integer("channels", PCMFormat.channelCounts))
        let session = try fields.requiredText("session")
        let consent = try fields.text("consent")
        let notice = try fields.text("notice_id")
        let priority = try fields.text("priority")
        var tracks: [AttachRequest.Track] = []
        if let speaker = try fields.text("speaker") {
            tracks.append(AttachRequest.Track(track: nil, speaker: speaker, role: try fields.text("role")))
        } else {
            for element in try fields.objects("tracks") {
                tracks.append(try Self.track(element, channelCount: format.channelCount))
            }
        }
        let voices = try fields.text("voices")
        startsMuted = try fields.flag("muted") ?? false
        try fields.finish("the hello")
        let url = "pcm:\(encoding.rawValue)/\(format.rateHz)/\(format.channelCount)"
        request = AttachRequest(
            url: url, session: session, tracks: tracks, consent: consent, noticeID: notice, priority: priority,
            voices: voices)
    }

    private static func track(
        _ members: [String: JSONValue], channelCount: Int
    ) throws(Problem) -> AttachRequest.Track {
        var fields = Fields(members)
        let track = AttachRequest.Track(
            track: try fields.integer("track", 0...channelCount - 1), speaker: try fields.requiredText("speaker"),
            role: try fields.text("role"), consent: try fields.text("consent"))
        try fields.finish("a track")
        return track
    }
}

/// Members of a JSON object that are taken one by one.
private struct Fields {
    private var left: [String: JSONValue]

    init(_ members: [String: JSONValue]) { left = members }

    init(object line: [UInt8]) throws(Problem) {
        guard String(validating: line, as: UTF8.self) != nil else {
            throw Self.malformed("the hello is not UTF-8; send one line of JSON before the samples")
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.parse(line)
        } catch {
            throw Self.malformed(
                "the hello is no JSON (byte \(error.offset): \(error.expected) expected); "
                    + "send one line of JSON before the samples")
        }
        guard case .object(let members) = value else {
            throw Self.malformed("the hello is no JSON object; send one line such as {\"format\":\"s16le\",…}")
        }
        left = members
    }

    mutating func text(_ key: String) throws(Problem) -> String? {
        switch left.removeValue(forKey: key) {
        case nil, .null?: return nil
        case .string(let text)?: return text
        default: throw Self.malformed("'\(key)' must be a text in double quotes")
        }
    }

    mutating func flag(_ key: String) throws(Problem) -> Bool? {
        switch left.removeValue(forKey: key) {
        case nil, .null?: return nil
        case .bool(let value)?: return value
        default: throw Self.malformed("'\(key)' must be true or false")
        }
    }

    mutating func requiredText(_ key: String) throws(Problem) -> String {
        guard let text = try text(key) else { throw Self.malformed("'\(key)' is missing; add it to the hello") }
        return text
    }

    mutating func integer(_ key: String, _ range: ClosedRange<Int>) throws(Problem) -> Int {
        guard case .number(let value)? = left.removeValue(forKey: key), let number = Int(exactly: value),
            range.contains(number)
        else {
            throw Self.malformed("'\(key)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func objects(_ key: String) throws(Problem) -> [[String: JSONValue]] {
        let problem = Self.malformed("the hello names no speaker; add speaker, or a list of tracks")
        guard case .array(let elements)? = left.removeValue(forKey: key) else { throw problem }
        var objects: [[String: JSONValue]] = []
        for element in elements {
            guard case .object(let members) = element else { throw problem }
            objects.append(members)
        }
        return objects
    }

    /// Refuses what nobody took.
    func finish(_ what: String) throws(Problem) {
        guard let key = left.keys.min() else { return }
        throw Self.malformed("\(what) has an unknown key '\(key.prefix(60))'; see docs/sources.md for those there are")
    }

    static func malformed(_ detail: String) -> Problem {
        Problem(status: 422, type: .invalidRequest, detail: detail)
    }
}
