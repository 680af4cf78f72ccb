import CEd25519
import Foundation
import Kit

/// Who a client is: the JWT of a user, and the seed with which it signs what the server says.
struct Credentials: Sendable {
    let jwt: String
    private let seed: [UInt8]

    private static let maxFileBytes = 64 << 10

    /// Reads a file as `nsc` writes it, which nobody else may read.
    init(file path: String) throws(BusError) {
        func wrong(_ what: String) -> BusError { BusError(.file, "bus.credentials: \(path) \(what)") }
        let bytes: [UInt8]
        do throws(SecretFileProblem) { bytes = try readSecretFile(path, atMost: Self.maxFileBytes) } catch {
            switch error {
            case .unreadable(let reason): throw wrong("cannot be read (\(reason)); check the path and who may read it")
            case .noFile: throw wrong("is no regular file; name one")
            case .openToOthers: throw wrong("may be read or written by everybody; run 'chmod 0600' on it")
            case .tooLarge: throw wrong("is over \(Self.maxFileBytes >> 10) KiB; is it the right file?")
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let jwt = Self.block("NATS USER JWT", in: text), let key = Self.block("USER NKEY SEED", in: text) else {
            throw wrong("has no JWT and seed of a user; make it with 'nsc generate creds'")
        }
        guard let seed = Self.seed(key) else {
            throw wrong("has a seed that is none of a user; make it anew with 'nsc'")
        }
        (self.jwt, self.seed) = (jwt, seed)
    }

    /// What stands between the lines that begin and end a block.
    private static func block(_ name: String, in text: String) -> String? {
        guard let begin = text.range(of: "-----BEGIN \(name)-----"),
            let end = text.range(of: "------END \(name)------") ?? text.range(of: "-----END \(name)-----"),
            begin.upperBound < end.lowerBound
        else { return nil }
        return text[begin.upperBound..<end.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The 32 bytes behind two of prefix, with a CRC behind them (nkeys, "SU…"); nil where it is no seed of a user.
    static func seed(_ text: String) -> [UInt8]? {
        guard let raw = base32(text), raw.count == 36, raw[0] & 0xF8 == 18 << 3,
            (raw[0] & 7) << 5 | raw[1] >> 3 == 20 << 3, crc16(raw[..<34]) == UInt16(raw[34]) | UInt16(raw[35]) << 8
        else { return nil }
        return Array(raw[2..<34])
    }

    /// RFC 4648, section 6, without padding; nil where it is none.
    private static func base32(_ text: String) -> [UInt8]? {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var (bits, count, bytes): (UInt32, Int, [UInt8]) = (0, 0, [])
        guard text.utf8.count <= 128 else { return nil }
        for character in text.utf8 {
            guard let digit = digits.firstIndex(of: character) else { return nil }
            bits = bits << 5 | UInt32(digit)
            count += 5
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    /// CRC-16/XMODEM.
    private static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc, byte in
            (0..<8).reduce(crc ^ UInt16(byte) << 8) { crc, _ in
                crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021
            }
        }
    }

    /// The signature of what the server says, base64url without padding; nil where it can't be made.
    func signature(of nonce: String) -> String? {
        let message = Array(nonce.utf8)
        var isSigned: Int32 = 0
        let signature = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            // 64 bytes, as the function writes, from 32 bytes of seed.
            if let base = buffer.baseAddress { isSigned = attune_ed25519_sign(base, message, message.count, seed) }
            count = isSigned == 1 ? 64 : 0
        }
        guard isSigned == 1 else { return nil }
        return Data(signature).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
