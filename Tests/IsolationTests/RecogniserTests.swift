import Foundation
import Isolation
import TestSupport
import Testing

@testable import Isolation
@testable import Words

/// The process of the recogniser, with the real model where it is.
@Suite(.waiting, .timeLimit(.minutes(30))) struct RecogniserTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let model = root.appendingPathComponent("models/\(RecogniserFiles.folderName)").path
    private static let isThere = FileManager.default.fileExists(atPath: model)

    private func failure(
        _ folder: String, program: String = "\(programs)/attuned-worker", of unit: [Float] = []
    ) -> String? {
        do throws(RecogniserFailure) {
            let process = try RecogniserProcess(program: program, folder: folder, slots: 2)
            while !process.isReady { _ = try process.receive(milliseconds: 100) }
            try unit.withUnsafeBufferPointer { samples throws(RecogniserFailure) in
                if let slot = process.freeSlot { try process.decode(samples, in: slot) }
            }
            while process.isBusy.contains(true) { _ = try process.receive(milliseconds: 100) }
            return nil
        } catch {
            return error.description
        }
    }

    @Test func aModelThatIsMissingIsNamed() {
        #expect(failure("/nowhere")?.contains("/nowhere/encoder.onnx is missing") == true)
    }

    @Test func aModelThatIsDamagedIsNamed() throws {
        let folder = try Folder()
        for part in RecogniserFiles.all {
            FileManager.default.createFile(atPath: folder[part.name], contents: nil)
            truncate(folder[part.name], off_t(part.bytes))
        }
        #expect(failure(folder.path)?.contains("encoder.onnx is damaged") == true)
    }

    @Test(arguments: [
        ("failed", "oops"), ("garbage-first", "makes no sense"), ("ready-twice", "makes no sense"),
        ("killed", "signal \(SIGKILL)"), ("other-slot", "makes no sense"),
    ])
    func faultsAreTold(mode: String, reason: String) {
        let told = failure(mode, program: "\(programs)/faulty-worker", of: [Float](repeating: 0, count: 16_000))
        #expect(told?.contains(reason) == true, "\(told ?? "nothing")")
    }

    /// What is decoded, by the real one: in its own process, confined, two units at a time.
    @Test(.enabled(if: isThere, "there is no recogniser; make models gets it"))
    func confinedItDecodes() throws {
        let process = try RecogniserProcess(program: "\(programs)/attuned-worker", folder: Self.model, slots: 2)
        var confinement = ""
        while !process.isReady {
            if case .ready(let text) = try process.receive(milliseconds: 100) { confinement = text }
        }
        let kernel = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        #expect(confinement.hasSuffix("filter of calls on") || !kernel.contains("Seccomp:"), "\(confinement)")
        let silence = [Float](repeating: 0, count: 32_000)
        for _ in 0..<2 {
            let slot = try #require(process.freeSlot)
            try silence.withUnsafeBufferPointer { try process.decode($0, in: slot) }
        }
        #expect(process.freeSlot == nil)
        var texts: [String?] = []
        while process.isBusy.contains(true) {
            if case .text(_, let text, _) = try process.receive(milliseconds: 100) { texts.append(text) }
        }
        #expect(texts.count == 2 && texts.allSatisfy { $0 != nil })
    }

    @Test func messagesAreReadBack() throws {
        let order = RecogniserOrder(folder: "/a/b", memoryMebibytes: 100, slots: 2)
        #expect(try order.encoded().withUnsafeBytes { try RecogniserOrder(decoding: $0) } == order)
        let answers: [RecogniserAnswer] = [
            .ready(landlock: 7, isFiltered: true), .text(slot: 1, "text", milliseconds: 12),
            .text(slot: 0, nil, milliseconds: 0), .failed("why"),
        ]
        for answer in answers {
            #expect(try answer.encoded().withUnsafeBytes { try RecogniserAnswer(decoding: $0) } == answer)
            for length in 0..<answer.encoded().count {
                #expect(throws: WireError.self) {
                    _ = try answer.encoded().prefix(length).withUnsafeBytes { try RecogniserAnswer(decoding: $0) }
                }
            }
        }
    }
}
