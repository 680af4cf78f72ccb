import Foundation
import GRDB
import Logging
import Testing

@testable import Store

/// Files that can't be used are named with what to do.
@Suite struct OpeningTests {
    private func refusal(_ path: String) -> String {
        do {
            _ = try Store(path: path, retentionDays: 30, logger: Logger(label: "store"))
            return "opened"
        } catch {
            return error.description
        }
    }

    @Test func aFolderThatIsMissingIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/none/attune.db"
        let message = refusal(path)
        #expect(message.contains("\(folder.path)/none") && message.contains("create it"), "\(message)")
        let error = #expect(throws: StoreError.self) { try Store.check(path: path) }
        #expect(error?.description == message)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aCheckTouchesNothing() throws {
        let folder = try TemporaryFolder()
        try Store.check(path: folder.file)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func whatIsNoStoreIsRefusedAndLeftAlone() throws {
        let folder = try TemporaryFolder()
        let text = Data(String(repeating: "not a database\n", count: 500).utf8)
        try text.write(to: URL(fileURLWithPath: folder.file))
        #expect(refusal(folder.file).contains("move it away"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file)) == text)

        let link = folder.path + "/link.db"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file)
        #expect(refusal(link).contains("no regular file"))

        let foreign = folder.path + "/foreign.db"
        let database = try DatabaseQueue(path: foreign)
        try database.write { try $0.execute(sql: "CREATE TABLE session (id TEXT)") }
        try database.close()
        #expect(refusal(foreign).contains("another program"))
    }

    @Test func aFileInUseIsRefused() throws {
        let folder = try TemporaryFolder()
        let first = try Store(folder)
        #expect(refusal(folder.file).contains("another process uses it"))
        #expect(first.status == Store.Status())
    }

    @Test func aDamagedFileIsRefused() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder)
        store.begin("call", ["ben"])
        await store.close()
        let handle = try #require(FileHandle(forUpdatingAtPath: folder.file))
        try handle.seek(toOffset: 100)
        try handle.write(contentsOf: Data(repeating: 0x5A, count: 4_096))
        try handle.close()
        #expect(refusal(folder.file).contains("move it away"))
    }
}
