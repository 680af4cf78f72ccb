import Foundation
import Glibc
import Synchronization

/// Reads the event socket on a thread of its own and notes when each tick came.
final class Subscriber: Sendable {
    private struct Line {
        var type = "", session = ""
        var mediaSeconds = 0.0, atSeconds = 0.0
    }

    private struct State {
        /// Host's wall time at media time 0 of each session, seconds.
        var origins: [String: Double] = [:]
        var ticks: [(session: String, mediaSeconds: Double, arrivedSeconds: Double)] = []
        var lagged = 0
    }

    private let state = Mutex(State())

    /// Subscribes; the thread ends with the daemon.
    init(path: String) throws {
        let socket = try UnixSocket(path: path)
        let descriptor = dup(socket.descriptor)
        Thread { [self] in
            var rest: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                let arrived = Self.now()
                rest += buffer[..<count]
                var lines = rest.split(separator: 10, omittingEmptySubsequences: false)
                rest = Array(lines.removeLast())
                for line in lines { take(Self.parse(line), arrived) }
            }
            close(descriptor)
        }.start()
    }

    /// Begins the window: forgets the ticks so far.
    func reset() { state.withLock { $0.ticks = [] } }

    /// How late each tick of the window came: arrival less the time at which its media had ended, seconds.
    func lateness() -> [Double] {
        state.withLock { state in
            state.ticks.compactMap { tick in
                state.origins[tick.session].map { tick.arrivedSeconds - $0 - tick.mediaSeconds }
            }
        }
    }

    /// How often the subscriber itself was too slow.
    var lagged: Int { state.withLock { $0.lagged } }

    private func take(_ line: Line, _ arrived: Double) {
        state.withLock { state in
            switch line.type {
            case "tick": state.ticks.append((line.session, line.mediaSeconds, arrived))
            // Its time on both clocks is that of the same moment; the earliest difference has the least delay.
            case "source.connected":
                let origin = line.atSeconds - line.mediaSeconds
                state.origins[line.session] = min(state.origins[line.session] ?? origin, origin)
            case "lagged": state.lagged += 1
            default: break
            }
        }
    }

    /// Reads the envelope, with which a line begins.
    private static func parse(_ line: ArraySlice<UInt8>) -> Line {
        let text = String(decoding: line.prefix(256), as: UTF8.self)
        func field(_ key: String) -> Substring {
            guard let start = text.range(of: "\"\(key)\":")?.upperBound else { return "" }
            return text[start...].prefix { $0 != "," && $0 != "}" }.trimmingPrefix("\"").prefix { $0 != "\"" }
        }
        var result = Line(type: String(field("type")))
        guard ["tick", "source.connected", "lagged"].contains(result.type) else { return result }
        result.session = String(field("session"))
        result.mediaSeconds = Double(field("t")) ?? 0
        if result.type == "source.connected" {
            result.atSeconds = (try? Date(String(field("at")), strategy: format))?.timeIntervalSince1970 ?? 0
        }
        return result
    }

    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
