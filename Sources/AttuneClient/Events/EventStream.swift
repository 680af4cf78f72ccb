// The types of the events come along: a client needs one import.
@_exported public import Events

/// Why there are no more events.
public enum EventStreamError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nobody answers on the socket.
    case notReachable(path: String, reason: String)
    /// The daemon refused this client or what it asked for, for good.
    case refused(code: String, message: String)
    /// What came is no event socket's.
    case lineTooLong

    /// One line: what is wrong and what to do.
    public var description: String {
        switch self {
        case .notReachable(let path, let reason):
            "no daemon answers on \(path) (\(reason)); start attuned, or name its socket"
        case .refused(_, let message): message
        case .lineTooLong: "a line without an end came; is this the event socket of attuned?"
        }
    }
}

/// The events of a daemon as they come, from its event socket.
///
///     for try await element in EventStream(filter: EventFilter(types: ["tick"])) {
///         guard case .line(let line) = element, case .tick(let tick) = line.event?.body else { continue }
///         print(line.event?.speaker ?? "", tick.engagement)
///     }
///
/// It comes back by itself after a break, with growing pauses, and goes on after the last line that was taken: each
/// event comes once, or a `lagged` line counts it. Events are read as they are taken; who is slow gets `lagged` lines
/// instead of an ever longer queue. It ends with its task. Each iteration is a connection of its own.
public struct EventStream: AsyncSequence, Sendable {
    /// What there is to tell.
    public enum Element: Sendable {
        /// A line: an event, or `hello`, `snapshot`, `lagged` or `error`, which say how this client stands.
        case line(EventLine)
        /// The daemon was started anew: what is known of its sessions is void, and everything of this run follows.
        case newEpoch(String)
        /// There is no connection, for this reason, and one is tried to be made. Told once until there is one.
        case disconnected(reason: String)
    }

    private let path: String
    private let filter: EventFilter
    private let reconnects: Bool

    /// The events of the daemon whose event socket lies at `path`.
    ///
    /// - Parameters:
    ///   - filter: which events to receive.
    ///   - reconnects: whether to wait for a daemon that is not there, or not any more. Else it is `notReachable`, and
    ///     the end of the connection that of the sequence.
    public init(
        path: String = "/run/attune/events.sock", filter: EventFilter = EventFilter(), reconnects: Bool = true
    ) {
        self.path = path
        self.filter = filter
        self.reconnects = reconnects
    }

    /// A new connection, made when the first element is asked for.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(path: path, filter: filter, reconnects: reconnects)
    }

    /// One client of the daemon.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let path: String
        private let filter: EventFilter
        private let reconnects: Bool
        private var place = EventPlace()
        private var connection: LineConnection?
        private var waiting: ArraySlice<Element> = []
        /// The pause before the next attempt to connect; nil where none is due.
        private var pauseMilliseconds: Int?
        private var isEnded = false
        /// Thrown at the end, after what came before it.
        private var failure: EventStreamError?

        private static let pausesMilliseconds = 100...5_000

        fileprivate init(path: String, filter: EventFilter, reconnects: Bool) {
            self.path = path
            self.filter = filter
            self.reconnects = reconnects
        }

        /// The next element; nil at the end of the task, or of the connection where there is to be no other.
        ///
        /// - Throws: `EventStreamError`.
        public mutating func next() async throws -> Element? {
            while true {
                if let element = waiting.popFirst() { return element }
                if let failure {
                    self.failure = nil
                    throw failure
                }
                if isEnded || Task.isCancelled { return nil }
                do {
                    if let connection { try await receive(from: connection) } else { try await connect() }
                } catch let error as EventStreamError {
                    connection = nil
                    isEnded = true
                    failure = error
                } catch {
                    return nil  // cancelled in a pause
                }
            }
        }

        private mutating func connect() async throws {
            if let pauseMilliseconds {
                // Not all clients of a daemon that was started anew come at once.
                try await Task.sleep(for: .milliseconds(Int.random(in: pauseMilliseconds / 2...pauseMilliseconds)))
            }
            place.beginConnection()
            do {
                connection = try await .open(path: path, sending: [filter.line, place.resumeLine].compactMap(\.self))
            } catch {
                let reason = connectProblem(error)
                guard reconnects else { throw EventStreamError.notReachable(path: path, reason: reason) }
                lost("no daemon answers on \(path) (\(reason))")
            }
        }

        private mutating func receive(from connection: LineConnection) async throws {
            guard let lines = try await connection.next() else {
                isEnded = !reconnects
                return lost("the daemon has closed the connection")
            }
            for line in lines.map(EventLine.init) {
                if case .error(let error) = line.event?.body {
                    // There may be room for another client later; the rest would be refused again.
                    if error.code == "too_many_clients", reconnects { return lost(error.message) }
                    waiting.append(.line(line))
                    throw EventStreamError.refused(code: error.code, message: error.message)
                }
                waiting += place.take(line)
                if place.isConnected { pauseMilliseconds = nil }
            }
        }

        private mutating func lost(_ reason: String) {
            connection = nil
            let pauses = Self.pausesMilliseconds
            if reconnects, pauseMilliseconds == nil { waiting.append(.disconnected(reason: reason)) }
            pauseMilliseconds = Swift.min(pauses.upperBound, pauseMilliseconds.map { $0 * 2 } ?? pauses.lowerBound)
        }
    }
}
