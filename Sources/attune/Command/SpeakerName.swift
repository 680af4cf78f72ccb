import Pipeline

/// `NAME` or `NAME:ROLE`.
struct SpeakerName {
    var name: String
    var role: String?

    init?(_ text: some StringProtocol) {
        let parts = String(text).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map { String($0) }
        guard let name = parts.first, !name.isEmpty, parts.count == 1 || !parts[1].isEmpty else { return nil }
        self.name = name
        role = parts.count > 1 ? parts[1] : nil
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
