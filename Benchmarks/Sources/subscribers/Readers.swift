import CEpoll
import Foundation
import Glibc
import Reports
import Telemetry

/// What the process of the readers has to do.
struct ReaderPlan: Codable {
    var socket: String
    /// File of the times at which events are created, and events that it has room for.
    var creations: String, events: Int
    var clients: Int
    /// How many of them never read; where the server closes one, another takes its place.
    var stalled: Int
    /// Each client wants one of these, in turn; nil for everything.
    var sessions: [String]?
}

/// What the readers saw.
struct ReaderFigures: Codable {
    var lines = 0
    var bytes = 0
    /// Events that were announced as lagged.
    var missed = 0
    /// Stalled clients that were closed.
    var closed = 0
    /// From the creation of an event until a client has read its line.
    var medianMilliseconds = 0.0, p99Milliseconds = 0.0, worstMilliseconds = 0.0
}

/// All clients on one thread, until standard input ends.
struct Readers {
    private struct Client {
        var descriptor: CInt
        var isStalled: Bool
        /// The begin of a line of which the end is not there yet.
        var rest: [UInt8] = []
    }

    private let plan: ReaderPlan
    private let creations: Creations
    private let poll = epoll_create1(0)
    private var clients: [Client] = []
    private var figures = ReaderFigures()
    private let latency = LatencyHistogram()
    private var chunk = [UInt8](repeating: 0, count: 1 << 18)

    init(plan: ReaderPlan) throws {
        self.plan = plan
        creations = try Creations(path: plan.creations, count: plan.events)
    }

    consuming func run() throws -> ReaderFigures {
        watch(STDIN_FILENO, as: -1, EPOLLIN)
        for index in 0..<plan.clients { clients.append(try connect(index)) }
        var ready = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(poll, &ready, CInt(ready.count), -1)
            for event in ready.prefix(Int(max(0, count))) {
                guard let index = Int(exactly: event.data.u64) else { return finished() }
                if clients[index].isStalled {
                    close(clients[index].descriptor)
                    figures.closed += 1
                    clients[index] = try connect(index)
                } else {
                    try read(index)
                }
            }
        }
    }

    private func finished() -> ReaderFigures {
        var figures = figures
        let counts = latency.counts
        figures.medianMilliseconds = Double(counts.nanoseconds(quantile: 0.5) ?? 0) / 1e6
        figures.p99Milliseconds = Double(counts.nanoseconds(quantile: 0.99) ?? 0) / 1e6
        figures.worstMilliseconds = Double(counts.maxNanoseconds) / 1e6
        return figures
    }

    private func connect(_ index: Int) throws -> Client {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: plan.socket.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let sessions = plan.sessions.map { "\"sessions\":[\"\($0[index % $0.count])\"]" }
        let line = Array("{\"subscribe\":{\(sessions ?? "")}}\n".utf8)
        guard result == 0, send(descriptor, line, line.count, CInt(MSG_NOSIGNAL)) == line.count else {
            throw BenchmarkError(message: "cannot connect to \(plan.socket): \(String(cString: strerror(errno)))")
        }
        let isStalled = index < plan.stalled
        watch(descriptor, as: Int64(index), isStalled ? EPOLLHUP : EPOLLIN)
        return Client(descriptor: descriptor, isStalled: isStalled)
    }

    private func watch(_ descriptor: CInt, as index: Int64, _ events: EPOLL_EVENTS) {
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: UInt64(bitPattern: index)))
        epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private mutating func read(_ index: Int) throws {
        let count = recv(clients[index].descriptor, &chunk, chunk.count, 0)
        let now = monotonicNanoseconds()
        guard count > 0 else { throw BenchmarkError(message: "the server has closed a client that reads") }
        figures.bytes += count
        var rest = clients[index].rest
        clients[index].rest = []
        var ages: [Int64] = []
        var start = 0
        chunk.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            while let found = memchr(base + start, 0x0A, count - start) {
                let end = base.distance(to: found)
                if rest.isEmpty {
                    note(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), now, &ages)
                } else {
                    rest += bytes[start..<end]
                    rest.withUnsafeBytes { note($0, now, &ages) }
                    rest = []
                }
                start = end + 1
            }
        }
        clients[index].rest = rest + chunk[start..<count]
        latency.record(nanoseconds: ages)
    }

    private mutating func note(_ line: UnsafeRawBufferPointer, _ now: Int64, _ ages: inout [Int64]) {
        if line.starts(with: Self.tick) {
            let number = line.dropFirst(Self.tick.count).prefix { (0x30...0x39).contains($0) }
            let sequence = number.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            guard let age = creations.age(of: sequence, at: now) else { return }
            figures.lines += 1
            ages.append(age)
        } else if line.starts(with: Self.lagged) {
            let fields = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            figures.missed += fields?["count"] as? Int ?? 1
        }
    }

    private static let tick = Array(#"{"v":1,"type":"tick","seq":"#.utf8)
    private static let lagged = Array(#"{"v":1,"type":"lagged","#.utf8)
}
