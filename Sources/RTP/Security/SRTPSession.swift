import CSRTP
import Kit

/// The receiving end of one SRTP session: all sources of a port under one key.
///
/// Sound because the handle has one owner (`~Copyable`), is never null and dies in `deinit`, and the library is
/// initialised once, before the first session.
public struct SRTPSession: ~Copyable {
    /// What has been counted so far.
    public struct Statistics: Sendable, Hashable {
        /// Datagrams that are not authentic.
        public var refused: UInt64 = 0
        /// Datagrams that came before, or are too old to tell.
        public var replayed: UInt64 = 0
    }

    /// Whether the library works; the first use initialises it, once for the process.
    public static let isAvailable = srtp_init() == srtp_err_status_ok

    /// What has been counted so far.
    public private(set) var statistics = Statistics()
    private let handle: srtp_t
    /// Where a datagram is decrypted; in words of 8 bytes, because the library wants it aligned.
    private let buffer: FixedBuffer<UInt64>

    /// A session; nil where the library lacks the suite of `key` or memory runs out.
    public init?(key: SRTPKey, maxDatagramBytes: Int) {
        guard Self.isAvailable else { return nil }
        var policy = srtp_policy_t()
        policy.ssrc.type = ssrc_any_inbound
        policy.window_size = 256
        switch key.suite {
        case .aesCounter:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aesGCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        }
        var made: srtp_t?
        var bytes = key.bytes
        let status = bytes.withUnsafeMutableBufferPointer { bytes in
            // The library copies the key; the pointer is lent for the call.
            policy.key = bytes.baseAddress
            return srtp_create(&made, &policy)
        }
        guard status == srtp_err_status_ok, let made else { return nil }
        handle = made
        buffer = FixedBuffer(repeating: 0, count: (maxDatagramBytes + 7) / 8)
    }

    deinit {
        srtp_dealloc(handle)
    }

    /// Decrypts one datagram and lends what it held to `body`; what is not authentic is counted and dropped.
    public mutating func open(_ datagram: RawSpan, _ body: (RawSpan) -> Void) {
        let memory = UnsafeMutableRawBufferPointer(buffer.memory)
        // Less than the header of RTCP is nothing that the library should look at.
        guard (8...memory.count).contains(datagram.byteCount) else {
            statistics.refused += 1
            return
        }
        datagram.withUnsafeBytes { memory.copyMemory(from: $0) }
        var length = Int32(datagram.byteCount)
        let status =
            RTCP.isRTCP(datagram)
            ? srtp_unprotect_rtcp(handle, memory.baseAddress, &length)
            : srtp_unprotect(handle, memory.baseAddress, &length)
        switch status {
        case srtp_err_status_ok:
            body(UnsafeRawBufferPointer(rebasing: memory[..<Int(length)]).bytes)
        case srtp_err_status_replay_fail, srtp_err_status_replay_old: statistics.replayed += 1
        default: statistics.refused += 1
        }
    }

    /// Forgets a source that has left.
    public mutating func forget(ssrc: UInt32) {
        _ = srtp_remove_stream(handle, ssrc.bigEndian)
    }
}
