import Fleet
import Foundation
import NIOCore
import NIOPosix
import Programs
import Synchronization
import TestSupport
import Testing

@testable import Bus

/// A NATS server of the system, on a port of its own; nil where there is none.
private final class Server: Sendable {
    static let program = ["/usr/sbin/nats-server", "/usr/local/bin/nats-server", "/usr/bin/nats-server"]
        .first(where: FileManager.default.isExecutableFile(atPath:))

    let port: Int
    private let folder: String
    private let process: Program

    init() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/bus-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The server chooses the port and writes it down.
        process = try Program(
            Self.program ?? "",
            ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", folder, "--ports_file_dir", folder], output: .nothing,
            errors: .nothing)
        var found: Int?
        for _ in 0..<600 where found == nil {
            usleep(50_000)
            let file = try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".ports") }
            let text = file.flatMap { try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) } ?? ""
            found = text.firstMatch(of: #/127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) }
        }
        guard let found else { throw BusError(.connection, "nats-server did not start") }
        self.folder = folder
        port = found
    }

    func kill() { process.end() }

    deinit {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var configuration: BusConfiguration { BusConfiguration(host: "127.0.0.1", port: port, name: "test") }
}

@Suite(.waiting, .enabled(if: Server.program != nil, "no nats-server here; apt install nats-server"))
struct ServerTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    private func eventually(_ what: String, _ condition: () -> Bool) {
        for _ in 0..<1_200 {
            if condition() { return }
            usleep(50_000)
        }
        Issue.record("\(what) did not come about")
    }

    @Test func messagesComeWithTheirHeadersAndRequestsAreAnswered() async throws {
        let server = try Server()
        let one = try await BusConnection.open(server.configuration, on: group.next())
        let two = try await BusConnection.open(server.configuration, on: group.next())
        two.subscribe("ask.>") { message in
            two.publish(
                Array(message.payload.readableBytesView.reversed()), to: message.reply ?? "", headers: [("Who", "two")])
        }
        // What is asked after is answered after the subscription has been taken.
        _ = try? await two.request([], to: "nobody")
        let answer = try await one.request(Array("abc".utf8), to: "ask.x", headers: [("A", "b")])
        #expect(String(buffer: answer.payload) == "cba" && answer.header("Who") == "two")
        await #expect(throws: BusError.self) { try await one.request([], to: "nobody") }
        one.close()
        two.close()
    }

    @Test func aStreamIsFollowedInOrderFromWhereOneWas() async throws {
        let server = try Server()
        let connection = try await BusConnection.open(server.configuration, on: group.next())
        let stream = BusStream(name: "S", subjects: ["s.>"], maxAgeSeconds: 60, maxBytes: 1 << 20)
        let made = try await connection.ensure(stream)
        #expect(try await connection.ensure(stream) == made)
        for number in 1...200 {
            let answer = try await connection.request(
                Array("\(number)".utf8), to: "s.\(number % 3)", headers: [("Nats-Msg-Id", "\(number)")])
            #expect(BusConnection.sequence(ofAcknowledgement: answer) == UInt64(number))
        }
        // The same once more is not kept again.
        _ = try await connection.request(Array("9".utf8), to: "s.0", headers: [("Nats-Msg-Id", "9")])
        #expect(try await connection.ensure(stream).last == 200)
        let told = Mutex<[String]>([])
        try await connection.follow("S", filter: "s.*", from: .sequence(101)) { message in
            told.withLock { $0.append(String(buffer: message.message.payload)) }
        }
        eventually("the rest") { told.withLock { $0.count } == 100 }
        #expect(told.withLock { $0 } == (101...200).map(String.init))
        let newest = Mutex<Set<String>>([])
        try await connection.follow("S", filter: "s.*", from: .newest) { message in
            _ = newest.withLock { $0.insert(String(buffer: message.message.payload)) }
        }
        eventually("the newest") { newest.withLock { $0 } == ["198", "199", "200"] }
        try await connection.purge("S", subject: "s.1", before: 199)
        let left = Mutex<[UInt64]>([])
        try await connection.follow("S", filter: "s.1", from: .all) { message in
            left.withLock { $0.append(message.sequence) }
        }
        eventually("what is left") { left.withLock { $0 } == [199] }
        connection.close()
    }

    @Test func aValueChangesOnlyFromWhatOneHasSeen() async throws {
        let server = try Server()
        let connection = try await BusConnection.open(server.configuration, on: group.next())
        _ = try await connection.ensure(BusStream(bucket: "b", maxAgeSeconds: 60, maxBytes: 1 << 20))
        #expect(try await connection.get("k", in: "b") == (nil, 0))
        let first = try #require(try await connection.put(Array("1".utf8), "k", in: "b", expecting: 0))
        #expect(try await connection.put(Array("2".utf8), "k", in: "b", expecting: 0) == nil)
        let second = try #require(try await connection.put(Array("2".utf8), "k", in: "b", expecting: first))
        #expect(try await connection.get("k", in: "b") == (Array("2".utf8), second))
        connection.delete("k", in: "b")
        let gone = try await connection.get("k", in: "b")
        #expect(gone.value == nil && gone.revision > second)
        #expect(try await connection.put(Array("3".utf8), "k", in: "b", expecting: gone.revision) != nil)
        connection.close()
    }

    @Test func twoNodesThatClaimASessionAtOnceHaveItInTwoTerms() async throws {
        let server = try Server()
        let connection = try await BusConnection.open(server.configuration, on: group.next())
        _ = try await FleetBus.ensureStreams(connection)
        let terms = try await withThrowingTaskGroup(of: Int?.self) { group in
            for node in 1...6 {
                group.addTask { try await FleetBus.claim("s", for: "n\(node)", isNew: true, on: connection) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(terms.compactMap(\.self).sorted() == Array(1...6))
        connection.close()
    }

    @Test func theEndOfTheServerEndsTheConnectionAndWhoWaitsIsTold() async throws {
        let server = try Server()
        let connection = try await BusConnection.open(server.configuration, on: group.next())
        let answered = Mutex<Bool?>(nil)
        // Nobody hears himself: somebody else has to be there, or the server itself may answer before it is killed.
        let other = try await BusConnection.open(server.configuration, on: group.next())
        other.subscribe("hole") { _ in }
        _ = try? await other.request([], to: "nobody")
        connection.request([], to: "hole") { message in answered.withLock { $0 = message != nil } }
        server.kill()
        try? await connection.closed.get()
        #expect(!connection.isOpen && !connection.publish([], to: "x"))
        #expect(answered.withLock { $0 } == false)
        await #expect(throws: BusError.self) { try await BusConnection.open(server.configuration, on: group.next()) }
    }
}
