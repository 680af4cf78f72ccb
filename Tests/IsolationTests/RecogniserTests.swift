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
            let process = try RecogniserProcess(program: program, folder: folder, slots: 2, patience: Self.patience)
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

    /// Nothing here is about how fast the machine is.
    private static let patience = RecogniserProcess.Patience(loadMilliseconds: 1_200_000, unitMilliseconds: 1_200_000)

    @Test func aModelThatIsMissingIsNamed() {
        #expect(failure("/nowhere")?.contains("/nowhere/encoder.onnx is missing") == true)
    }

    @Test func aModelThatIsDamagedIsNamed() throws {
        let folder = try Folder()
        for part in RecogniserFiles.all {
            _ = FileManager.default.createFile(atPath: folder[part.name], contents: nil)
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
        let process = try RecogniserProcess(
            program: "\(programs)/attuned-worker", folder: Self.model, slots: 2, patience: Self.patience)
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

    /// Ten seconds that take some tenths to decode.
    private static let long: [Float] = (0..<160_000).map { 0.3 * Float(($0 &* 7_919) % 101 - 50) / 50 }

    /// Killed in the middle of a unit: what it had heard was in its memory alone, and no core of it is written.
    @Test(.enabled(if: isThere, "there is no recogniser; make models gets it"))
    func killedWhileItDecodesItLeavesNothing() throws {
        let process = try RecogniserProcess(
            program: "\(programs)/attuned-worker", folder: Self.model, slots: 2, patience: Self.patience)
        while !process.isReady { _ = try process.receive(milliseconds: 100) }
        let folder = "/proc/\(process.process.pid)"
        try Self.long.withUnsafeBufferPointer { try process.decode($0, in: 0) }
        let limits = try String(contentsOfFile: "\(folder)/limits", encoding: .utf8)
        let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        #expect(core?.split(separator: " ").suffix(3).prefix(2).allSatisfy { $0 == "0" } == true, "\(core ?? "-")")
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/fd/\($0)")
        }
        #expect(files.allSatisfy { !$0.hasPrefix("/") || $0 == "/dev/null" }, "\(files)")
        let maps = try kernelFile("\(folder)/maps")
        let shared = maps.split(separator: "\n").filter {
            $0.split(separator: " ").dropFirst().first?.contains("ws") ?? false
        }
        #expect(shared.isEmpty, "\(shared)")
        kill(process.process.pid, SIGKILL)
        var isGone = false
        while process.isBusy.contains(true), !isGone {
            do { _ = try process.receive(milliseconds: 100) } catch { isGone = true }
        }
        #expect(isGone)
    }

    /// Units of any length leave nothing: no plan for each length that ever came.
    @Test(
        .enabled(if: isThere, "there is no recogniser; make models gets it"),
        .disabled(if: isSanitized, "a sanitizer keeps for a while what is given back"))
    func unitsLeaveNothingInItsMemory() throws {
        let process = try RecogniserProcess(
            program: "\(programs)/attuned-worker", folder: Self.model, slots: 1, patience: Self.patience)
        while !process.isReady { _ = try process.receive(milliseconds: 100) }
        func decode(_ count: Int) throws {
            try Self.long.withUnsafeBufferPointer { try process.decode(.init(rebasing: $0[..<count]), in: 0) }
            while process.isBusy.contains(true) { _ = try process.receive(milliseconds: 100) }
        }
        func heldKibibytes() throws -> Int {
            let line = try kernelFile("/proc/\(process.process.pid)/status").split(separator: "\n")
                .first { $0.hasPrefix("RssAnon:") }
            return try #require(line.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") })
        }
        for _ in 0..<3 { try decode(Self.long.count) }
        let held = try heldKibibytes()
        for number in 1...80 { try decode(16_000 + number * 800) }
        let grown = try heldKibibytes() - held
        #expect(grown < 384, "grown by \(grown) KiB")
    }

    /// As under MemoryDenyWriteExecute of the unit: no memory becomes code, from the first instruction on.
    @Test(.enabled(if: isThere, "there is no recogniser; make models gets it"))
    func itNeedsNoMemoryThatBecomesCode() throws {
        let folder = try Folder()
        // A kernel that does not know it says so by the code.
        let told = failure(Self.model, program: try folder.workerWithoutNewCode(), of: Self.long)
        #expect(told == nil || told?.contains("code 77") == true, "\(told ?? "nothing")")
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
