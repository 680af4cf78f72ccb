import Foundation
import Glibc
import Reports

/// A connection to a Unix socket.
struct UnixSocket: ~Copyable {
    let descriptor: CInt

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw BenchmarkError(message: "the path \(path) is too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw BenchmarkError(message: "nobody listens on \(path)")
        }
    }

    deinit { close(descriptor) }

    /// Reads what is there, waiting for it; nothing at the end.
    func read() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
    }

    func write(_ text: String) throws {
        var left = Array(text.utf8)[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw BenchmarkError(message: "the daemon has closed its socket") }
            left = left.dropFirst(count)
        }
    }

    /// One request over HTTP; its body.
    static func request(_ path: String, _ head: String, body: String = "") throws -> String {
        let socket = try UnixSocket(path: path)
        try socket.write(
            "\(head) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
                + "content-length: \(body.utf8.count)\r\n\r\n\(body)")
        var answer: [UInt8] = []
        while case let part = socket.read(), !part.isEmpty { answer += part }
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 2"), let end = text.range(of: "\r\n\r\n") else {
            throw BenchmarkError(message: "the daemon refused \(head): \(text)")
        }
        return String(text[end.upperBound...])
    }
}
