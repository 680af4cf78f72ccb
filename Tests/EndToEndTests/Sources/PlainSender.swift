import CSRTP
import Foundation
import Glibc
import RTP
import Testing

/// A sender of plain RTP: μ-law silence of many sources from one socket.
final class PlainSender {
    private let socket: Int32
    private let port: UInt16
    private var address = UInt32(0x7F00_0001).bigEndian
    private var sequence: UInt16 = 0
    /// Encrypts what is sent; nil sends it as it is.
    private var security: srtp_t?

    /// - Parameter key: master key and salt of SRTP with AES_CM_128_HMAC_SHA1_80.
    init(to url: String, key: [UInt8]? = nil) throws {
        let text = try #require(url.split(separator: ":").last?.split(separator: "?").first)
        port = try #require(UInt16(text))
        socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        try #require(socket >= 0)
        guard var key else { return }
        try #require(SRTPSession.isAvailable)
        var policy = srtp_policy_t()
        policy.ssrc.type = ssrc_any_outbound
        srtp_crypto_policy_set_rtp_default(&policy.rtp)
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        let status = key.withUnsafeMutableBufferPointer { bytes in
            policy.key = bytes.baseAddress
            return srtp_create(&security, &policy)
        }
        try #require(status == srtp_err_status_ok)
    }

    deinit {
        if let security { srtp_dealloc(security) }
        close(socket)
    }

    /// Sends to `group` by `interface` from now on, to receivers on this machine only.
    func aim(at group: String, interface: String) {
        address = inet_addr(group)
        var choice = ip_mreqn()
        choice.imr_ifindex = Int32(if_nametoindex(interface))
        setsockopt(socket, Int32(IPPROTO_IP), IP_MULTICAST_IF, &choice, socklen_t(MemoryLayout<ip_mreqn>.size))
        var hops: Int32 = 0
        setsockopt(socket, Int32(IPPROTO_IP), IP_MULTICAST_TTL, &hops, 4)
    }

    func send(_ plain: [UInt8]) {
        let bytes = protect(plain)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = self.address
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private func protect(_ bytes: [UInt8]) -> [UInt8] {
        guard let security else { return bytes }
        var words = [UInt32](repeating: 0, count: bytes.count / 4 + 64)
        var length = Int32(bytes.count)
        return words.withUnsafeMutableBytes { memory in
            memory.copyBytes(from: bytes)
            let isReport = (192...223).contains(bytes[1])
            _ = (isReport ? srtp_protect_rtcp : srtp_protect)(security, memory.baseAddress, &length)
            return Array(memory[..<Int(length)])
        }
    }

    /// The next 20 ms of each source.
    func send(sources: [UInt32]) {
        for ssrc in sources {
            send(
                [0x80, 0] + big(sequence) + big(UInt32(sequence) * 160) + big(ssrc)
                    + [UInt8](repeating: 0xFF, count: 160))
        }
        sequence &+= 1
        usleep(20_000)
    }

    /// The next 20 ms of a mixer, to which `contributors` contribute: a tone of 100 Hz that is cut off, at 16 kHz.
    func send(mixer: UInt32, contributors: [UInt32]) {
        let wave = (0..<320).flatMap { index in
            big(Int16(max(-1, min(1, 4 * sin(2 * .pi * Double(index) / 160))) * 32_767))
        }
        send(
            [0x80 | UInt8(contributors.count), 96] + big(sequence) + big(UInt32(sequence) * 320) + big(mixer)
                + contributors.flatMap { big($0) } + wave)
        sequence &+= 1
        usleep(20_000)
    }

    func describe(_ ssrc: UInt32, name: String) {
        var body = big(ssrc) + [1, UInt8(name.utf8.count)] + Array(name.utf8) + [0]
        while body.count % 4 != 0 { body.append(0) }
        send([0x81, 202] + big(UInt16(body.count / 4)) + body)
    }

    func report(_ ssrc: UInt32) {
        send([0x80, 200, 0, 6] + big(ssrc) + big(UInt64(0x0123_4567_89AB_CDEF)) + [UInt8](repeating: 0, count: 12))
    }

    /// A datagram that came back, if there is one.
    func answer() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 2_048)
        let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    func leave(_ ssrc: UInt32) {
        send([0x81, 203, 0, 1] + big(ssrc))
    }

    private func big(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
