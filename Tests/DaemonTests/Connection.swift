import Foundation
import Glibc
import NIOPosix

/// A client with a plain blocking socket, which waits on threads of its own. Closed with the object.
final class Connection: Sendable {
    private let descriptor: CInt

    init(_ path: String, sending text: String = "") throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        descriptor = try Self.connected(AF_UNIX, address)
        send(Array(text.utf8))
    }

    /// To a port of the loopback interface.
    init(port: Int, sending text: String = "") throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        descriptor = try Self.connected(AF_INET, address)
        send(Array(text.utf8))
    }

    private static func connected<Address>(_ family: CInt, _ address: Address) throws -> CInt {
        let descriptor = socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw NotConnected(code: code)
        }
        return descriptor
    }

    deinit { close(descriptor) }

    private struct NotConnected: Error {
        let code: CInt
    }

    /// Sends as much as the other side takes: at once, or at all.
    func send(_ bytes: [UInt8], waits: Bool = true) {
        let flags = CInt(MSG_NOSIGNAL) | (waits ? 0 : CInt(MSG_DONTWAIT))
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// What there is; waits for something; empty at the end.
    func read() async throws -> String {
        try await NIOThreadPool.singleton.runIfActive { self.take(0) }
    }

    /// The same as bytes, waited for on a thread of its own: those of the pool are few, and other tests wait on them.
    func readBytes() async -> [UInt8] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                let count = recv(self.descriptor, &chunk, chunk.count, 0)
                continuation.resume(returning: Array(chunk.prefix(max(0, count))))
            }
        }
    }

    /// What there is already.
    func readWithoutWaiting() -> String { take(CInt(MSG_DONTWAIT)) }

    func readToEnd() async throws -> String {
        try await NIOThreadPool.singleton.runIfActive {
            var text = ""
            while true {
                let part = self.take(0)
                if part.isEmpty { return text }
                text += part
            }
        }
    }

    private func take(_ flags: CInt) -> String {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &chunk, chunk.count, flags)
        return String(decoding: chunk.prefix(max(0, count)), as: UTF8.self)
    }
}
