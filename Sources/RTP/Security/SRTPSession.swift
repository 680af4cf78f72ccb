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
    private let key: SRTPKey
    /// Tries to find a rollover counter: each costs as much as a packet, and strangers may send anything.
    private var tries: TokenBucket
    /// Sources of which something was authentic: their counter is known.
    private var known: Set<UInt32>
    /// As many as are remembered.
    private static let maxKnown = 1_024
    /// Rollover counters that are tried: one is 65,536 packets, at 50 a second 22 minutes.
    private static let maxRollover: UInt32 = 255
    /// Where a datagram is decrypted; in words of 8 bytes, because the library wants it aligned.
    private let buffer: FixedBuffer<UInt64>

    /// A session; nil where the library lacks the suite of `key` or memory runs out.
    public init?(key: SRTPKey, maxDatagramBytes: Int) {
        guard Self.isAvailable else { return nil }
        var policy = Self.policy(key.suite)
        policy.ssrc.type = ssrc_any_inbound
        var made: srtp_t?
        var bytes = key.bytes
        let status = bytes.withUnsafeMutableBufferPointer { bytes in
            // The library copies the key; the pointer is lent for the call.
            policy.key = bytes.baseAddress
            return srtp_create(&made, &policy)
        }
        guard status == srtp_err_status_ok, let made else { return nil }
        handle = made
        self.key = key
        tries = TokenBucket(tokensPerSecond: 4_000, capacity: 4 * Int(Self.maxRollover))
        known = []
        buffer = FixedBuffer(repeating: 0, count: (maxDatagramBytes + 7) / 8)
    }

    deinit {
        srtp_dealloc(handle)
    }

    private static func policy(_ suite: SRTPKey.Suite) -> srtp_policy_t {
        var policy = srtp_policy_t()
        policy.window_size = 256
        switch suite {
        case .aesCounter:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aesGCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        }
        return policy
    }

    /// Decrypts one datagram and lends what it held to `body`; what is not authentic is counted and dropped.
    ///
    /// A source whose first packets are not authentic may have been sending for long: how often its sequence numbers
    /// have begun anew (the rollover counter, RFC 3711, section 3.3.1) is never on the wire, so it is tried.
    public mutating func open(_ datagram: RawSpan, nowNanoseconds: Int64 = 0, _ body: (RawSpan) -> Void) {
        let memory = UnsafeMutableRawBufferPointer(buffer.memory)
        // Less than the header of RTCP is nothing that the library should look at.
        guard (8...memory.count).contains(datagram.byteCount) else {
            statistics.refused += 1
            return
        }
        datagram.withUnsafeBytes { memory.copyMemory(from: $0) }
        var length = Int32(datagram.byteCount)
        let isReport = RTCP.isRTCP(datagram)
        var status =
            isReport
            ? srtp_unprotect_rtcp(handle, memory.baseAddress, &length)
            : srtp_unprotect(handle, memory.baseAddress, &length)
        if !isReport, datagram.byteCount >= 12 {
            let ssrc = datagram.uint32(at: 8)
            if status == srtp_err_status_ok {
                if known.count < Self.maxKnown { known.insert(ssrc) }
            } else if status == srtp_err_status_auth_fail, !known.contains(ssrc), known.count < Self.maxKnown {
                status = join(ssrc: ssrc, datagram, memory, &length, nowNanoseconds)
            }
        }
        switch status {
        case srtp_err_status_ok:
            body(UnsafeRawBufferPointer(rebasing: memory[..<Int(length)]).bytes)
        case srtp_err_status_replay_fail, srtp_err_status_replay_old: statistics.replayed += 1
        default: statistics.refused += 1
        }
    }

    /// Looks for the rollover counter of a source that nothing was authentic of yet.
    private mutating func join(
        ssrc: UInt32, _ datagram: RawSpan, _ memory: UnsafeMutableRawBufferPointer, _ length: inout Int32,
        _ nowNanoseconds: Int64
    ) -> srtp_err_status_t {
        guard tries.admits(Int(Self.maxRollover), nowNanoseconds: nowNanoseconds) else {
            return srtp_err_status_auth_fail
        }
        var policy = Self.policy(key.suite)
        policy.ssrc.type = ssrc_specific
        policy.ssrc.value = ssrc
        var bytes = key.bytes
        let added = bytes.withUnsafeMutableBufferPointer { bytes in
            // The library copies the key; the pointer is lent for the call.
            policy.key = bytes.baseAddress
            return srtp_add_stream(handle, &policy)
        }
        guard added == srtp_err_status_ok else { return srtp_err_status_auth_fail }
        for rollover in 1...Self.maxRollover {
            guard srtp_set_stream_roc(handle, ssrc, rollover) == srtp_err_status_ok else { break }
            datagram.withUnsafeBytes { memory.copyMemory(from: $0) }
            length = Int32(datagram.byteCount)
            if srtp_unprotect(handle, memory.baseAddress, &length) == srtp_err_status_ok {
                known.insert(ssrc)
                return srtp_err_status_ok
            }
        }
        _ = srtp_remove_stream(handle, ssrc.bigEndian)
        return srtp_err_status_auth_fail
    }

    /// Forgets a source that has left.
    public mutating func forget(ssrc: UInt32) {
        known.remove(ssrc)
        _ = srtp_remove_stream(handle, ssrc.bigEndian)
    }
}
