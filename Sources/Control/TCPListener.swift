import Glibc
import NIOCore

/// A listening TCP socket, for who serves it.
public enum TCPListener {
    /// Why there is none: in a few words.
    public struct Failure: Error, Sendable {
        /// The words.
        public let reason: String
    }

    /// Opens a listening, non-blocking socket on a numeric address; port 0 lets the system choose one.
    public static func open(host: String, port: Int) throws(Failure) -> (descriptor: Int32, port: Int) {
        guard let address = try? SocketAddress(ipAddress: host, port: port) else {
            throw Failure(reason: "no numeric address")
        }
        let descriptor = socket(
            address.protocol == .inet6 ? AF_INET6 : AF_INET,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var isOn: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        let isBound = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) } == 0
        if isBound, listen(descriptor, 128) == 0 { return (descriptor, Self.port(of: descriptor)) }
        let reason = String(cString: strerror(errno))
        close(descriptor)
        throw Failure(reason: reason)
    }

    private static func port(of descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress,
                getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &size) == 0
            else { return 0 }
            // The port lies behind the family in addresses of IPv4 and IPv6 alike, big-endian.
            return Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}
