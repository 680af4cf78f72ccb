import Pipeline

/// `NAME` or `NAME:ROLE`. A colon with a space behind it is one of the name, and so is `\:`; `\=` is a `=`.
struct SpeakerName {
    var name: String
    var role: String?

    init?(_ text: some StringProtocol) {
        let characters = Array(String(text))
        var parts = [""]
        var index = 0
        while index < characters.count {
            let next = index + 1 < characters.count ? characters[index + 1] : nil
            if characters[index] == "\\", let next, [":", "=", "\\"].contains(next) {
                parts[parts.count - 1].append(next)
                index += 2
                continue
            }
            if characters[index] == ":", parts.count == 1, next != " " {
                parts.append("")
            } else {
                parts[parts.count - 1].append(characters[index])
            }
            index += 1
        }
        guard !parts[0].isEmpty, parts.count == 1 || !parts[1].isEmpty else { return nil }
        name = parts[0]
        role = parts.count > 1 ? parts[1] : nil
    }

    /// The text before and behind the first `=` that is not written `\=`; nil where there is none, or nothing behind.
    static func atEquals(_ text: String) -> (name: String, value: String)? {
        var isEscaped = false
        for index in text.indices {
            if text[index] == "=", !isEscaped {
                let value = text[text.index(after: index)...]
                return index == text.startIndex || value.isEmpty ? nil : (String(text[..<index]), String(value))
            }
            isEscaped = text[index] == "\\" && !isEscaped
        }
        return nil
    }
}

/// What tells speech in recordings; says so where the weights of the network are missing.
func speechDetection() throws -> SpeechDetection {
    let detection = try SpeechDetection.standard()
    if detection.file == nil {
        warn(SpeechDetection.missingNote)
    }
    return detection
}
