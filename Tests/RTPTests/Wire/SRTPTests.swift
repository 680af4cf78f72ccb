import CSRTP
import MediaTypes
import SeededNumbers
import Testing

@testable import RTP

@Suite struct SRTPTests {
    private static let counterKey =
        "AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk|2^31"
    private static let gcmKey = "AEAD_AES_128_GCM inline:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYg=="

    /// The sending end, of the library itself.
    private struct Sender: ~Copyable {
        private let handle: srtp_t

        init(_ key: SRTPKey) throws {
            // The receiving end has initialised the library.
            _ = SRTPSession(key: key, maxDatagramBytes: 64)
            var policy = srtp_policy_t()
            policy.ssrc.type = ssrc_any_outbound
            if key.suite == .aesCounter {
                srtp_crypto_policy_set_rtp_default(&policy.rtp)
                srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
            } else {
                srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
                srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
            }
            var made: srtp_t?
            var bytes = key.bytes
            let status = bytes.withUnsafeMutableBufferPointer { bytes in
                policy.key = bytes.baseAddress
                return srtp_create(&made, &policy)
            }
            try #require(status == srtp_err_status_ok)
            handle = try #require(made)
        }

        deinit { srtp_dealloc(handle) }

        func protect(_ bytes: [UInt8]) -> [UInt8] {
            var words = [UInt32](repeating: 0, count: bytes.count / 4 + 64)
            var length = Int32(bytes.count)
            return words.withUnsafeMutableBytes { memory in
                memory.copyBytes(from: bytes)
                let status =
                    RTCP.isRTCP(bytes.span.bytes)
                    ? srtp_protect_rtcp(handle, memory.baseAddress, &length)
                    : srtp_protect(handle, memory.baseAddress, &length)
                return status == srtp_err_status_ok ? Array(memory[..<Int(length)]) : []
            }
        }
    }

    private func open(_ session: inout SRTPSession, _ datagram: [UInt8]) -> [UInt8]? {
        var plain: [UInt8]?
        session.open(datagram.span.bytes) { plain = $0.withUnsafeBytes(Array.init) }
        return plain
    }

    /// The rollover counter is never on the wire: of a call that is attached in its middle it is found by trying.
    @Test(arguments: [(counterKey, 1), (counterKey, 7), (gcmKey, 1), (gcmKey, 3)])
    func aCallInItsMiddleIsJoined(text: String, rollovers: Int) throws {
        let key = try SRTPKey(parsing: text)
        let sender = try Sender(key)
        guard var session = SRTPSession(key: key, maxDatagramBytes: 2_048) else {
            Issue.record("the library lacks the suite")
            return
        }
        // Every 10,000th packet is enough for the sender to count its rollovers.
        let stream = RampStream(firstSequence: 0)
        for index in stride(from: 0, to: rollovers * 65_536 + 1, by: 10_000) {
            _ = sender.protect(stream.packet(index).bytes)
        }
        for index in 0..<50 {
            let packet = stream.packet(rollovers * 65_536 + 9_000 + index)
            let datagram = sender.protect(packet.bytes)
            // What a stranger sends keeps nobody from being found.
            var forged = datagram
            forged[8] ^= UInt8(truncatingIfNeeded: index + 1)
            #expect(open(&session, forged) == nil)
            #expect(open(&session, datagram) == packet.bytes, "packet \(index)")
        }
        #expect(session.statistics.refused == 50)
        // Without end nothing is tried.
        let other = try Sender(try SRTPKey(parsing: Self.counterKey.replacing("MDEy", with: "MTEy")))
        for index in 0..<20_000 where key.suite == .aesCounter {
            var packet = stream.packet(0)
            packet.ssrc = UInt32(index)
            #expect(open(&session, other.protect(packet.bytes)) == nil)
        }
    }

    @Test(arguments: [counterKey, gcmKey])
    func whatWasSentComesOutAndNothingElse(text: String) throws {
        let key = try SRTPKey(parsing: text)
        let sender = try Sender(key)
        guard var session = SRTPSession(key: key, maxDatagramBytes: 2_048) else {
            Issue.record("the library lacks the suite")
            return
        }
        var random = SeededRandom(seed: 6)
        for index in 0..<200 {
            let bytes = RampStream(firstSequence: 65_500).packet(index).bytes
            let datagram = sender.protect(bytes)
            #expect(datagram.count > bytes.count)
            var forged = datagram
            forged[Int.random(in: 0..<forged.count, using: &random)] ^= 1 << UInt8(index % 8)
            #expect(open(&session, forged) == nil)
            #expect(open(&session, datagram) == bytes)
            // A second time it is a replay.
            #expect(open(&session, datagram) == nil)
            #expect(open(&session, bytes) == nil)
        }
        let statistics = session.statistics
        #expect(statistics.replayed >= 200)
        #expect(statistics.refused + statistics.replayed == 600)
        let report = RTCP.receiverReport(ssrc: 0x1234, reports: [], cname: "abc")
        #expect(open(&session, sender.protect(report)) == report)
        for length in 0..<40 { #expect(open(&session, [UInt8](repeating: 0x80, count: length)) == nil) }
        #expect(open(&session, [UInt8](repeating: 0x80, count: 4_000)) == nil)
    }

    @Test func keysAreReadAndNeverShown() throws {
        let key = try SRTPKey(parsing: Self.counterKey)
        #expect(key.bytes == Array("0123456789abcdef0123456789abcd".utf8))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\([key])", dumped] {
            #expect(!text.contains("MDEy") && !text.contains("48"), "\(text)")
        }
        let bad: [(String, SRTPKey.Problem)] = [
            ("", .suite), ("AES_CM_256 inline:AAAA", .suite), ("AEAD_AES_128_GCM", .key),
            ("AEAD_AES_128_GCM inline:MDEy", .key), ("AEAD_AES_128_GCM inline:!!", .key),
            (Self.counterKey + "|1:4", .identifier),
        ]
        for (text, problem) in bad {
            #expect(throws: problem) { try SRTPKey(parsing: text) }
        }
    }

    @Test func theKeyIsInTheDescription() throws {
        func parse(_ transport: String, _ lines: String...) throws -> SessionDescription {
            try SessionDescription(
                parsing: "c=IN IP4 127.0.0.1\nm=audio 5004 \(transport) 0\n" + lines.joined(separator: "\n"))
        }
        let unknown = "a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:c2VjcmV0"
        let secure = try parse("RTP/SAVPF", unknown, "a=crypto:2 \(Self.gcmKey)", "a=crypto:3 \(Self.counterKey)")
        #expect(secure.streams[0].key?.suite == .aesGCM)
        #expect(try parse("RTP/AVP", "a=crypto:2 \(Self.gcmKey)").streams[0].key == nil)
        for lines in [[], [unknown], ["a=crypto:1 AEAD_AES_128_GCM inline:c2VjcmV0"]] {
            do {
                _ = try parse("RTP/SAVP", lines.joined(separator: "\n"))
                Issue.record("taken without a key")
            } catch let error as SDPError {
                #expect(error.line == 2 && !error.description.contains("c2Vj"))
            }
        }
    }
}
