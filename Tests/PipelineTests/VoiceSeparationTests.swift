import Diarisation
import Foundation
import Testing

@testable import Pipeline

/// The files of what tells voices apart, and the networks where they are there.
@Suite struct VoiceSeparationTests {
    private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("models/\(VoiceSeparation.folderName)").path
    private static var areThere: Bool { FileManager.default.fileExists(atPath: models) }

    @Test func aFolderWithoutItsFilesIsNamedWithTheRemedy() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect {
            try VoiceSeparation(folder: folder.path)
        } throws: { error in
            "\(error)" == "\(folder.path)/libonnxruntime.so is missing or can't be read; get it anew with make models"
        }
        // Code that is another one is not run.
        try Data("x".utf8).write(to: folder.appendingPathComponent("libonnxruntime.so"))
        #expect {
            try VoiceSeparation(folder: folder.path)
        } throws: { error in
            "\(error)".contains("is damaged or of another version")
        }
    }

    @Test(.enabled(if: areThere, "the networks are not there: run 'make models'"))
    func theNetworksHearNobodyInSilenceAndNoise() throws {
        let networks = try VoiceSeparation(folder: Self.models).networks()
        var state: UInt32 = 1
        let noise = (0..<SpeakerFrame.windowSamples).map { _ -> Float in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(Int(state >> 16) - 32_768) / 327_680
        }
        for window in [[Float](repeating: 0, count: SpeakerFrame.windowSamples), noise] {
            let states = networks.states(in: window)
            try #require(states.count == SpeakerFrame.count * SpeakerFrame.classCount)
            let nobody = stride(from: 0, to: states.count, by: SpeakerFrame.classCount).count { states[$0] > -0.7 }
            #expect(nobody > SpeakerFrame.count * 9 / 10)
        }
        #expect(networks.states(in: [0, 0]) == [])
        #expect(networks.states(in: [Float](repeating: .infinity, count: SpeakerFrame.windowSamples)) == [])
        let vector = networks.embedding(of: (0..<80 * 100).map { Float($0 % 7) - 3 })
        #expect(vector.count == VoiceNetworks.embeddingCount)
        #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
        #expect(networks.embedding(of: [1, 2, 3]) == [])
    }
}
