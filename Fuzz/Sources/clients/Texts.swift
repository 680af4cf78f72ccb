import Events
import Foundation
import Text

/// Texts from outside that are read without a connection.
enum Texts {
    private static let analyzer = TextAnalyzer()

    /// What our reader takes any other does, and what it reads our writer writes so that it reads the same again.
    static func readJSON(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil, let value = try? JSONReader.parse(bytes) else { return }
        precondition(
            (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil,
            "JSON to us alone")
        let texts = texts(in: value)
        var json = JSONWriter()
        json.array { json in for text in texts { json.string(text) } }
        let again = try? JSONReader.parse(json.bytes)
        precondition(again == .array(texts.map { .string($0) }), "other texts than before")
    }

    static func readCaptions(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let readings = [CueFile.read(text, speaker: "ana"), Transcript.read(text, speaker: "ana")]
        for caption in readings.flatMap(\.captions) {
            precondition(caption.startSeconds < caption.endSeconds)
            let figures = analyzer.figures(of: caption.text, scoresSentiment: true)
            precondition(figures.fillers <= figures.words && figures.questions <= caption.text.utf8.count)
        }
    }

    private static func texts(in value: JSONValue) -> [String] {
        switch value {
        case .null, .bool, .number: []
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let members): members.flatMap { [$0] + texts(in: $1) }
        }
    }
}
