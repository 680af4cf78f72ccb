import Foundation
public import NIOCore

/// A stream that keeps messages in the memory of the servers: what it holds is gone with the last of them, and nothing
/// is ever on a disk.
public struct BusStream: Sendable, Equatable {
    /// Its name, and the subjects that it takes.
    public var name: String, subjects: [String]
    /// How long messages are kept, and their bytes, at most.
    public var maxAgeSeconds: Int, maxBytes: Int
    /// Messages kept of each subject; -1 for all.
    public var maxPerSubject = -1

    /// A stream.
    public init(name: String, subjects: [String], maxAgeSeconds: Int, maxBytes: Int) {
        (self.name, self.subjects, self.maxAgeSeconds, self.maxBytes) = (name, subjects, maxAgeSeconds, maxBytes)
    }

    /// A bucket of the key-value store.
    public init(bucket: String, maxAgeSeconds: Int, maxBytes: Int) {
        self.init(
            name: "KV_\(bucket)", subjects: ["$KV.\(bucket).>"], maxAgeSeconds: maxAgeSeconds, maxBytes: maxBytes)
        maxPerSubject = 1
    }
}

/// What a stream is at a moment.
public struct BusStreamState: Sendable, Equatable {
    /// When it was made, as the server writes it: another one is another stream of the same name.
    public var created: String
    /// The number of its last message.
    public var last: UInt64
}

extension BusConnection {
    private struct StreamRequest: Encodable {
        var name: String
        var subjects: [String]
        var retention = "limits", storage = "memory", discard = "old"
        var max_age: Int, max_bytes: Int, max_msgs_per_subject: Int
        var max_msgs = -1, max_consumers = -1, max_msg_size = -1, num_replicas = 1
        var duplicate_window: Int
        var allow_direct = true, allow_rollup_hdrs = true
    }

    private struct Failure: Decodable {
        var code: Int
        var err_code: Int?
        var description: String?
    }

    private struct StreamAnswer: Decodable {
        struct State: Decodable {
            var last_seq: UInt64
        }
        var error: Failure?
        var created: String?
        var state: State?
    }

    private struct Acknowledgement: Decodable {
        var error: Failure?
        var seq: UInt64?
    }

    /// "stream name already in use with a different configuration"; "wrong last sequence".
    private static let otherConfiguration = 10_058, wrongSequence = 10_071

    private func ask<Answer: Decodable>(
        _ subject: String, _ body: some Encodable, _ type: Answer.Type
    ) async throws(BusError) -> Answer {
        guard let json = try? JSONEncoder().encode(body) else {
            throw BusError(.server(0), "a request on \(subject) can't be written")
        }
        let message = try await request(json, to: subject)
        guard let answer = try? JSONDecoder().decode(type, from: Data(message.payload.readableBytesView)) else {
            throw BusError(.server(0), "the NATS server's answer on \(subject) can't be read; is it 2.9 or newer?")
        }
        return answer
    }

    private static func check(_ error: Failure?, _ what: String) throws(BusError) {
        guard let error else { return }
        throw BusError(
            .server(error.err_code ?? error.code),
            "\(what): the NATS server says: \(error.description ?? "\(error.code)"); see docs/fleet.md")
    }

    /// Makes a stream where there is none of its name; one that is there stays as it is.
    public func ensure(_ stream: BusStream) async throws(BusError) -> BusStreamState {
        let wanted = StreamRequest(
            name: stream.name, subjects: stream.subjects, max_age: stream.maxAgeSeconds * 1_000_000_000,
            max_bytes: stream.maxBytes, max_msgs_per_subject: stream.maxPerSubject,
            duplicate_window: min(120, stream.maxAgeSeconds) * 1_000_000_000)
        var answer = try await ask("$JS.API.STREAM.CREATE.\(stream.name)", wanted, StreamAnswer.self)
        if answer.error?.err_code == Self.otherConfiguration {
            answer = try await ask("$JS.API.STREAM.INFO.\(stream.name)", [String: String](), StreamAnswer.self)
        }
        try Self.check(answer.error, "stream \(stream.name)")
        return BusStreamState(created: answer.created ?? "", last: answer.state?.last_seq ?? 0)
    }

    /// The number under which a stream has kept a message; nil where it has refused it.
    public static func sequence(ofAcknowledgement message: BusMessage) -> UInt64? {
        guard message.status == nil,
            let answer = try? JSONDecoder().decode(Acknowledgement.self, from: Data(message.payload.readableBytesView)),
            answer.error == nil
        else { return nil }
        return answer.seq
    }

    /// Deletes what a stream holds on a subject, up to and without the message of a number.
    public func purge(_ stream: String, subject: String, before sequence: UInt64) async throws(BusError) {
        struct Purge: Encodable {
            var filter: String
            var seq: UInt64
        }
        let answer = try await ask(
            "$JS.API.STREAM.PURGE.\(stream)", Purge(filter: subject, seq: sequence), StreamAnswer.self)
        try Self.check(answer.error, "purge of \(stream)")
    }

    /// The last message on a subject that a stream keeps; nil where it keeps none.
    public func last(
        _ subject: String, of stream: String, withinSeconds seconds: Int64 = 5
    ) async throws(BusError) -> ByteBuffer? {
        let message = try await request([], to: "$JS.API.DIRECT.GET.\(stream).\(subject)", withinSeconds: seconds)
        return message.status == nil ? message.payload : nil
    }

    // MARK: Keys and values

    /// Writes a value.
    ///
    /// - Parameter expected: the revision that the key must have, 0 for none; nil where any will do.
    /// - Returns: its revision; nil where the key has another one than expected.
    public func put(
        _ value: some Collection<UInt8>, _ key: String, in bucket: String, expecting expected: UInt64? = nil
    ) async throws(BusError) -> UInt64? {
        let headers = expected.map { [(Self.expectedSequence, String($0))] } ?? []
        return try await write(value, key, in: bucket, headers: headers)
    }

    /// Deletes a key where nobody has written it since.
    ///
    /// - Parameter expected: its revision.
    /// - Returns: whether it is gone.
    public func delete(
        _ key: String, in bucket: String, expecting expected: UInt64
    ) async throws(BusError) -> Bool {
        try await write(
            [], key, in: bucket, headers: [("KV-Operation", "DEL"), (Self.expectedSequence, String(expected))]) != nil
    }

    /// The header by which a message is kept only where it follows on the one of this number.
    public static let expectedSequence = "Nats-Expected-Last-Subject-Sequence"

    private func write(
        _ value: some Collection<UInt8>, _ key: String, in bucket: String, headers: [(String, String)]
    ) async throws(BusError) -> UInt64? {
        let message = try await request(value, to: "$KV.\(bucket).\(key)", headers: headers)
        guard
            let answer = try? JSONDecoder().decode(Acknowledgement.self, from: Data(message.payload.readableBytesView))
        else { throw BusError(.server(0), "bucket \(bucket): the NATS server's answer can't be read") }
        if answer.error?.err_code == Self.wrongSequence { return nil }
        try Self.check(answer.error, "bucket \(bucket)")
        return answer.seq
    }

    /// Deletes a key, and says so to who follows.
    public func delete(_ key: String, in bucket: String) {
        publish([], to: "$KV.\(bucket).\(key)", headers: [("KV-Operation", "DEL")])
    }

    /// The value of a key with its revision; no value where it was deleted, and revision 0 where it never was there.
    public func get(
        _ key: String, in bucket: String, withinSeconds seconds: Int64 = 5
    ) async throws(BusError) -> (value: [UInt8]?, revision: UInt64) {
        let message = try await request(
            [], to: "$JS.API.DIRECT.GET.KV_\(bucket).$KV.\(bucket).\(key)", withinSeconds: seconds)
        guard message.status == nil else {
            guard message.status == 404 else {
                throw BusError(.server(message.status ?? 0), "bucket \(bucket): the NATS server does not answer a read")
            }
            return (nil, 0)
        }
        let revision = message.header("Nats-Sequence").flatMap { UInt64($0) } ?? 0
        let isThere = message.header("KV-Operation") == nil
        return (isThere ? Array(message.payload.readableBytesView) : nil, revision)
    }
}
