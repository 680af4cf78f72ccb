import Glibc
import Kit
import Settings

/// A server on this machine that each cue's line is posted to: HTTP/1.1, a connection per cue, nothing of the answer
/// but its status looked at, no redirection followed. Blocks: not for the cooperative pool.
struct CueWebhook {
    /// Bytes of the answer that are read for its status.
    private static let maxAnswerBytes = 512

    let address: Settings.LoopbackAddress
    /// Path and query as they stand in the URL, percent-encoded.
    let target: String
    let timeoutMilliseconds: Int

    func post(_ line: [UInt8], isStopped: @escaping @Sendable () -> Bool) -> CueDelivery {
        let deadline = CueDeadline(milliseconds: timeoutMilliseconds, isStopped: isStopped)
        let connection: Int32
        switch connect() {
        case .failure(let error): return .failed(error.description)
        case .success(let descriptor): connection = descriptor
        }
        defer { close(connection) }
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        let head =
            "POST \(target) HTTP/1.1\r\nHost: \(host):\(address.port)\r\nUser-Agent: attuned\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(line.count)\r\nConnection: close\r\n\r\n"
        var request = (Array(head.utf8) + line)[...]
        while !request.isEmpty {
            if let verdict = deadline.verdict { return verdict }
            guard deadline.wait([(connection, POLLOUT)])[0] else { continue }
            let count = request.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 { request = request.dropFirst(count) }
            if count < 0, !Self.isPassing(errno) { return .failed(reason(errno)) }
        }
        return answer(on: connection, deadline)
    }

    private func answer(on connection: Int32, _ deadline: CueDeadline) -> CueDelivery {
        var answer: [UInt8] = []
        while !answer.contains(0x0A), answer.count < Self.maxAnswerBytes {
            if let verdict = deadline.verdict { return verdict }
            guard deadline.wait([(connection, POLLIN)])[0] else { continue }
            var buffer = [UInt8](repeating: 0, count: Self.maxAnswerBytes)
            let count = recv(connection, &buffer, buffer.count, 0)
            if count > 0 { answer += buffer.prefix(count) }
            if count == 0 { break }
            if count < 0, !Self.isPassing(errno) { return .failed(reason(errno)) }
        }
        let words = String(decoding: answer.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self).split(separator: " ")
        guard words.count > 1, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let status = Int(words[1])
        else {
            return .failed("port \(address.port) gave no answer of HTTP")
        }
        return (200..<300).contains(status) ? .delivered : .failed("port \(address.port) answered \(status)")
    }

    private struct Refused: Error { let description: String }

    /// A connection that is being made.
    private func connect() -> Result<Int32, Refused> {
        let isVersion6 = address.host.contains(":")
        let descriptor = socket(
            isVersion6 ? AF_INET6 : AF_INET,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return .failure(Refused(description: reason(errno))) }
        var result: Int32
        if isVersion6 {
            var there = sockaddr_in6()
            there.sin6_family = sa_family_t(AF_INET6)
            there.sin6_port = in_port_t(address.port).bigEndian
            there.sin6_addr = in6addr_loopback
            result = Self.connect(descriptor, &there)
        } else {
            var there = sockaddr_in()
            there.sin_family = sa_family_t(AF_INET)
            there.sin_port = in_port_t(address.port).bigEndian
            there.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            result = Self.connect(descriptor, &there)
        }
        guard result == 0 || errno == EINPROGRESS else {
            let code = errno
            close(descriptor)
            return .failure(Refused(description: reason(code)))
        }
        return .success(descriptor)
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        let size = socklen_t(MemoryLayout<Address>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) }
        }
    }

    private static func isPassing(_ code: Int32) -> Bool { code == EAGAIN || code == EINTR || code == EINPROGRESS }

    private func reason(_ code: Int32) -> String { "port \(address.port): \(String(cString: strerror(code)))" }
}
