import ConversationGenerator
import Foundation
import Pipeline
import Testing

/// What the tests work with, made once.
enum Material {
    /// Nil where there is no FFmpeg with Flite.
    static let voices: [Voice]? = try? Flite.voices()
    /// The network where its weights have been fetched, else the built-in detector.
    static let detection = (try? SpeechDetection.standard()) ?? .builtIn

    /// Recordings that are no part of the project.
    static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")

    static func has(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: data.appending(path: folder).path)
    }

    static func analyse(_ tracks: [[Float]]) -> AnalysedConversation {
        AnalysedConversation(tracks: tracks, detection: detection)
    }

    static func decode(_ file: String) throws -> [Float] {
        try FFmpeg.samples(["-i", data.appending(path: file).path])
    }
}

extension ScriptedConversation {
    var tracks: [[Float]] { (0..<speakers).map { track(of: $0) } }
}
