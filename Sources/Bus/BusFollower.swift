import Foundation
import NIOCore
import Synchronization

/// Where a follower of a stream begins.
public enum BusStart: Sendable, Equatable {
    /// With all that is kept.
    case all
    /// With the message of this number, or the first that is kept after it.
    case sequence(UInt64)
    /// With the newest of each subject.
    case newest
}

/// A message of a stream.
public struct StreamMessage: Sendable {
    /// The message.
    public var message: BusMessage
    /// Its number in the stream.
    public var sequence: UInt64
    /// Messages that are there already and come after it.
    public var pending: UInt64
}

extension BusConnection {
    private struct ConsumerRequest: Encodable {
        struct Configuration: Encodable {
            var deliver_subject: String
            var deliver_policy: String
            var opt_start_seq: UInt64?
            var filter_subject: String
            var ack_policy = "none", replay_policy = "instant"
            var max_deliver = 1
            var flow_control = true, mem_storage = true
            var idle_heartbeat = BusConnection.heartbeatSeconds * 1_000_000_000
            var inactive_threshold = 30 * 1_000_000_000
            var num_replicas = 1
        }
        var stream_name: String
        var config: Configuration
    }

    private struct ConsumerAnswer: Decodable {
        struct Failure: Decodable {
            var code: Int
            var description: String?
        }
        var error: Failure?
        var num_pending: UInt64?
    }

    static let heartbeatSeconds: Int64 = 2

    /// Hands the messages of a stream to `handler`, in order and each once. Where one is missing, or nothing comes any
    /// more, the connection is ended: the next one begins where this has come to.
    ///
    /// - Returns: how many messages are there already.
    @discardableResult
    public func follow(
        _ stream: String, filter: String, from start: BusStart, _ handler: @escaping @Sendable (StreamMessage) -> Void
    ) async throws(BusError) -> UInt64 {
        let subject = "_INBOX." + String(UInt64.random(in: .min ... .max), radix: 36)
        let follower = Follower(self, stream: stream, handler)
        subscribe(subject) { follower.take($0) }
        var configuration = ConsumerRequest.Configuration(
            deliver_subject: subject, deliver_policy: "all", filter_subject: filter)
        switch start {
        case .all: break
        case .newest: configuration.deliver_policy = "last_per_subject"
        case .sequence(let sequence):
            (configuration.deliver_policy, configuration.opt_start_seq) = ("by_start_sequence", max(1, sequence))
        }
        guard let body = try? JSONEncoder().encode(ConsumerRequest(stream_name: stream, config: configuration)) else {
            throw BusError(.server(0), "a consumer of \(stream) can't be written")
        }
        let message = try await request(body, to: "$JS.API.CONSUMER.CREATE.\(stream)")
        let answer = try? JSONDecoder().decode(ConsumerAnswer.self, from: Data(message.payload.readableBytesView))
        guard let answer, answer.error == nil else {
            let why = answer?.error?.description ?? "nothing that can be read"
            throw BusError(
                .server(answer?.error?.code ?? 0), "stream \(stream) can't be followed; the server says: \(why)")
        }
        follower.watch(on: closed.eventLoop)
        return answer.num_pending ?? 0
    }
}

/// Sees to it that nothing is missing.
private final class Follower: Sendable {
    private struct State {
        var next: UInt64 = 1
        var heard = NIODeadline.now()
        var watch: RepeatedTask?
    }

    private weak let connection: BusConnection?
    private let stream: String
    private let handler: @Sendable (StreamMessage) -> Void
    private let state = Mutex(State())

    init(_ connection: BusConnection, stream: String, _ handler: @escaping @Sendable (StreamMessage) -> Void) {
        (self.connection, self.stream, self.handler) = (connection, stream, handler)
    }

    func take(_ message: BusMessage) {
        state.withLock { $0.heard = .now() }
        if message.status == 100 {
            // What says that it comes no further until it hears something.
            if let reply = message.reply ?? message.header("Nats-Consumer-Stalled") {
                connection?.publish([], to: reply)
            }
            if let last = message.header("Nats-Last-Consumer").flatMap({ UInt64($0) }),
                state.withLock({ last >= $0.next })
            {
                miss()
            }
            return
        }
        // $JS.ACK.<stream>.<consumer>.<deliveries>.<stream number>.<consumer number>.<time>.<pending>; a server with
        // a domain has two words more after ACK and may have one at the end.
        guard let words = message.reply?.utf8.split(separator: UInt8(ascii: ".")), words.count >= 9 else {
            return miss()
        }
        let first = words.count >= 11 ? 4 : 2
        guard words.count >= first + 7, let sequence = UInt64(Substring(words[first + 3])),
            let own = UInt64(Substring(words[first + 4])), let pending = UInt64(Substring(words[first + 6]))
        else { return miss() }
        let isNext = state.withLock { state in
            guard own == state.next else { return false }
            state.next += 1
            return true
        }
        guard isNext else { return miss() }
        handler(StreamMessage(message: message, sequence: sequence, pending: pending))
    }

    private func miss() { connection?.close(because: "messages of stream \(stream) are missing") }

    func watch(on eventLoop: any EventLoop) {
        let period = TimeAmount.seconds(BusConnection.heartbeatSeconds)
        let task = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { [weak self] task in
            guard let self, let connection = self.connection, connection.isOpen else { return task.cancel() }
            let heard = self.state.withLock { $0.heard }
            if NIODeadline.now() - heard > .seconds(BusConnection.heartbeatSeconds * 4) {
                connection.close(because: "nothing comes of stream \(self.stream) any more")
            }
        }
        state.withLock { $0.watch = task }
    }
}
