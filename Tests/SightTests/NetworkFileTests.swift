import Foundation
import Testing

@testable import Sight

@Suite struct NetworkFileTests {
    @Test func aFileIsThereOnceHoweverItIsHeld() throws {
        let path = FileManager.default.temporaryDirectory.path + "/network-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let contents = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try Data(contents).write(to: URL(fileURLWithPath: path))
        let mapped = try NetworkFile(mapping: path)
        #expect(mapped.bytes.elementsEqual(contents) && NetworkFile(contents).bytes.elementsEqual(contents))
        // Another file of that name, as an upgrade brings it, changes nothing.
        try FileManager.default.removeItem(atPath: path)
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        #expect(mapped.bytes.elementsEqual(contents))
        #expect(NetworkFile([]).bytes.isEmpty)
    }

    @Test func whatCannotBeMappedIsNamed() throws {
        let empty = FileManager.default.temporaryDirectory.path + "/network-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: empty) }
        try Data().write(to: URL(fileURLWithPath: empty))
        for path in [empty, "/nowhere/network.tflite", "/tmp"] {
            #expect {
                _ = try NetworkFile(mapping: path)
            } throws: { error in
                "\(error)".contains(path)
            }
        }
    }
}
