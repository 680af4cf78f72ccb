import Foundation
import Glibc
import Testing

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
    func read() async -> String { String(decoding: await readBytes(), as: UTF8.self) }

    /// The same as bytes.
    func readBytes() async -> [UInt8] { await waiting { self.take(0) } }

    /// Everything up to `marker` and a little more. Who closes before it ends the test, which would wait for ever.
    func read(until marker: String, after text: String = "") async throws -> String {
        var text = text
        while !text.contains(marker) {
            let part = await read()
            try #require(!part.isEmpty, "closed before \(marker)")
            text += part
        }
        return text
    }

    /// What there is already.
    func readWithoutWaiting() -> String { String(decoding: take(CInt(MSG_DONTWAIT)), as: UTF8.self) }

    func readToEnd() async -> String {
        await waiting {
            var bytes: [UInt8] = []
            while true {
                let part = self.take(0)
                if part.isEmpty { return String(decoding: bytes, as: UTF8.self) }
                bytes += part
            }
        }
    }

    /// On a thread of its own: any number of tests wait at a time, and threads that are shared would be too few for
    /// the one that all others wait for.
    private func waiting<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    private func take(_ flags: CInt) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &chunk, chunk.count, flags)
        return Array(chunk.prefix(max(0, count)))
    }
}
