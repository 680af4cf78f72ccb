import ArgumentParser
import Foundation
import Pipeline

/// Recordings and who speaks in them.
struct RecordingArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("Recordings, one speaker each.", valueName: "MEDIA"), completion: .file())
    var media: [String] = []

    @Option(help: ArgumentHelp("A speaker of the conversation.", valueName: "NAME[:ROLE]=MEDIA[#CHANNEL]"))
    var speaker: [String] = []

    /// The speakers, in the order in which they are given.
    ///
    /// - Throws: `ValidationError` where there is none, or two have one name.
    func speakers() throws -> [RecordedSpeaker] {
        let speakers = try media.map(speaker(named:)) + speaker.map(speaker(from:))
        let names = speakers.map(\.name)
        guard !names.isEmpty else { throw ValidationError("Give at least one MEDIA or --speaker.") }
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw ValidationError("Two speakers are called '\(twice)'; name them with --speaker.")
        }
        return speakers
    }

    private func speaker(named media: String) -> RecordedSpeaker {
        RecordedSpeaker(name: URL(fileURLWithPath: media).deletingPathExtension().lastPathComponent, media: media)
    }

    private func speaker(from text: String) throws -> RecordedSpeaker {
        guard let parts = SpeakerName.atEquals(text), let name = SpeakerName(parts.name) else {
            throw ValidationError("--speaker '\(text)' is not NAME[:ROLE]=MEDIA[#CHANNEL].")
        }
        var media = parts.value
        var channel: Int?
        if let hash = media.lastIndex(of: "#"), let number = Int(media[media.index(after: hash)...]), number >= 0 {
            channel = number
            media = String(media[..<hash])
        }
        return RecordedSpeaker(name: name.name, role: name.role, media: media, channel: channel)
    }
}
