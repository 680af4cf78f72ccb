import Foundation
import Glibc
import Synchronization

/// A TCP listener on an ephemeral loopback port. Without a handler it never accepts: a black hole, whose
/// connections the kernel completes and nobody answers.
public final class LoopbackServer: Sendable {
    /// Where it listens.
    public let port: Int
    private let listener: Int32
    private let isClosed = Atomic<Bool>(false)

    /// Gets the path of an HTTP request and the socket to answer on; each connection has a thread of its own.
    public init(_ handler: (@Sendable (_ path: String, _ connection: Connection) -> Void)? = nil) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        port = LoopbackServer.bindEphemeral(listener)
        listen(listener, 16)
        guard let handler else { return }
        let listener = listener
        Thread { [weak self] in
            while true {
                let accepted = accept(listener, nil, nil)
                guard accepted >= 0, self?.isClosed.load(ordering: .relaxed) == false else { return }
                Thread {
                    let connection = Connection(descriptor: accepted)
                    handler(connection.requestPath(), connection)
                    close(accepted)
                }.start()
            }
        }.start()
    }

    deinit {
        isClosed.store(true, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A port that was free just now.
    public static func freePort(datagrams: Bool = false) -> Int {
        let probe = socket(AF_INET, Int32((datagrams ? SOCK_DGRAM : SOCK_STREAM).rawValue) | O_CLOEXEC, 0)
        defer { close(probe) }
        return bindEphemeral(probe)
    }

    private static func bindEphemeral(_ descriptor: Int32) -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, size) == 0, getsockname(descriptor, generic, &size) == 0
                else {
                    return
                }
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
    }
}

/// The server's end of a connection.
public struct Connection: Sendable {
    let descriptor: Int32

    /// Reads a request's head; gives its path.
    public func requestPath() -> String {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), recv(descriptor, &byte, 1, 0) == 1 {
            head.append(byte)
        }
        let words = String(decoding: head, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? String(words[1]) : ""
    }

    /// Reads up to a line feed, or until the other side hangs up; what comes behind a head that ends a line.
    public func readLine() -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) == 1, byte != 0x0A { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// Sends all of it, or until the other side hangs up.
    ///
    /// - Returns: whether all of it went.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends the head of an answer.
    public func send(status: String = "200 OK", type: String = "application/octet-stream", length: Int? = nil) {
        let lengthLine = length.map { "Content-Length: \($0)\r\n" } ?? ""
        send(
            Array(
                "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\n\(lengthLine)Connection: close\r\n\r\n".utf8))
    }

    /// Waits until the other side hangs up.
    public func waitForHangUp() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }
}
