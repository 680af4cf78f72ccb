import Events
import Foundation
import Kit
import Mustache

/// Numbers, times and texts as a report writes them.
enum ReportText {
    static let none = "\u{2013}"

    static func decimal(_ value: Double, _ places: Int) -> String {
        var bytes: [UInt8] = []
        appendDecimal(value, decimals: places, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func percent(_ ratio: Double?) -> String { ratio.map { decimal($0 * 100, 1) + " %" } ?? none }

    static func milliseconds(_ value: Double?) -> String { value.map { decimal($0, 0) + " ms" } ?? none }

    /// Seconds as m:ss, or h:mm:ss from an hour on.
    static func time(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds.isFinite ? seconds : 0, 1e9)))
        return whole < 3600 ? String(format: "%d:%02d", whole / 60, whole % 60) : clock(seconds)
    }

    /// What a count is of, in the right number.
    static func count(_ number: Int, _ one: String, _ several: String? = nil) -> String {
        "\(number) \(number == 1 ? one : several ?? one + "s")"
    }

    /// Names in a sentence.
    static func list(_ words: [String]) -> String {
        words.count < 2
            ? words.first ?? "nobody" : words.dropLast().joined(separator: ", ") + " and " + words[words.count - 1]
    }

    static func times(_ number: Int) -> String { number == 1 ? "once" : number == 2 ? "twice" : "\(number) times" }

    static func signed(_ points: Double) -> String { (points < 0 ? "\u{2212}" : "+") + decimal(abs(points), 1) }
}

/// How the template escapes what it puts into the page: by scalars, because a mark that combines with `<` makes it
/// another grapheme. A browser obeys bidirectional overrides, too.
struct ReportEscaping: MustacheContentType {
    static let name = "ATTUNE"

    func escapeText(_ text: String) -> String {
        var escaped = ""
        for scalar in printable(text).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// JSON within a script element, which ends at the first `</script` and knows no escapes of HTML.
    static func script(_ json: [UInt8]) -> String {
        var script = ""
        for scalar in printableJSON(String(decoding: json, as: UTF8.self)).unicodeScalars {
            switch scalar {
            case "<": script += "\\u003c"
            case ">": script += "\\u003e"
            case "&": script += "\\u0026"
            default: script.unicodeScalars.append(scalar)
            }
        }
        return script
    }
}
