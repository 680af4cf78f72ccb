/// Key of an SRTP stream (RFC 3711). A secret: it never shows in text.
public struct SRTPKey: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How packets are encrypted and authenticated, in the names of SDP.
    public enum Suite: String, Sendable, Hashable, CaseIterable {
        /// RFC 4568, section 6.2.1.
        case aesCounter = "AES_CM_128_HMAC_SHA1_80"
        /// RFC 7714.
        case aesGCM = "AEAD_AES_128_GCM"

        /// Master key and master salt, in bytes.
        var keyBytes: Int { self == .aesCounter ? 30 : 28 }
    }

    /// Why a text is no key; never shows the text.
    public enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The suite is unknown.
        case suite
        /// What follows the suite is no `inline:` key of the right length.
        case key
        /// The key has a master key identifier.
        case identifier

        /// What is wrong and what to do.
        public var description: String {
            switch self {
            case .suite: "the crypto suite is unknown; use \(Suite.allCases.map(\.rawValue).joined(separator: " or "))"
            case .key: "the key is not usable; write inline: and 30 (AES_CM) or 28 (AEAD) bytes in base64"
            case .identifier: "keys with an MKI are not taken; have the sender leave it out"
            }
        }
    }

    let suite: Suite
    let bytes: [UInt8]

    /// Reads `SUITE inline:KEY[|LIFETIME]`, as in an SDP line `a=crypto:1 SUITE inline:KEY` (RFC 4568, section 9.1).
    public init(parsing text: some StringProtocol) throws(Problem) {
        let words = text.split(separator: " ")
        guard let name = words.first, let suite = Suite(rawValue: String(name)) else { throw .suite }
        guard words.count >= 2, words[1].hasPrefix("inline:") else { throw .key }
        let parts = words[1].dropFirst("inline:".count).split(separator: "|", omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Base64.bytes(of: first.utf8), bytes.count == suite.keyBytes else {
            throw .key
        }
        guard parts.dropFirst().allSatisfy({ !$0.contains(":") }) else { throw .identifier }
        self.suite = suite
        self.bytes = bytes
    }

    /// Says that there is a key, not which.
    public var description: String { "SRTPKey(\(suite.rawValue))" }
    /// The same.
    public var debugDescription: String { description }
    /// Shows no parts.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
