import Foundation
import Kit

/// Why a file of tokens can't be used: one line that names the file, the line and the remedy, and no token.
public struct TokenFileError: Error, Sendable, CustomStringConvertible {
    /// The line.
    public let description: String
}

extension AccessTokens {
    /// Largest file, and most tokens in it.
    private static let mostFileBytes = 64 << 10, mostFiled = 256
    /// Fewer characters could be guessed.
    private static let leastLength = 16

    /// Reads a file of tokens, one on a line: `TOKEN [session=NAME] [write] [until=RFC3339]`; `#` begins a comment.
    ///
    /// The value of `session` is percent-encoded, as in a URL, where the name has white space.
    public static func read(file path: String) throws(TokenFileError) -> [Filed] {
        func wrong(_ what: String) -> TokenFileError {
            TokenFileError(description: "sockets.http_tokens: \(path)\(what)")
        }
        let bytes: [UInt8]
        do throws(SecretFileProblem) { bytes = try readSecretFile(path, atMost: mostFileBytes) } catch {
            switch error {
            case .unreadable(let reason): throw wrong(" cannot be read (\(reason)); make it, with mode 0600")
            case .noFile: throw wrong(" is no regular file; name one")
            case .openToOthers: throw wrong(" may be read or written by everybody; run 'chmod 0600' on it")
            case .tooLarge: throw wrong(" is over \(mostFileBytes >> 10) KiB; is it the right file?")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw wrong(" is no UTF-8 text; is it the right file?")
        }
        var tokens: [Filed] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            do throws(TokenFileError) {
                if let token = try Self.token(on: line) { tokens.append(token) }
            } catch {
                throw wrong(":\(index + 1): \(error)")
            }
        }
        guard tokens.count <= mostFiled else { throw wrong(" has over \(mostFiled) tokens; remove some") }
        return tokens
    }

    private static func token(on line: Substring) throws(TokenFileError) -> Filed? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let token = words.first, !token.hasPrefix("#") else { return nil }
        guard token.utf8.count >= leastLength, token.utf8.count <= 256, token.utf8.allSatisfy(Self.isPlain) else {
            throw TokenFileError(
                description: "a token has \(leastLength) to 256 letters, digits, '-', '.', '_' or '~'; "
                    + "make one with 'openssl rand -hex 32'")
        }
        var grant = AccessGrant()
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count) {
            case ("write", 1): grant.mayWrite = true
            case ("session", 2):
                guard let name = parts[1].removingPercentEncoding, !canonicalName(name).isEmpty else {
                    throw TokenFileError(description: "the session is no percent-encoded UTF-8; mend it")
                }
                grant.session = canonicalName(name)
            case ("until", 2):
                guard let time = try? Date.ISO8601FormatStyle().parse(parts[1]) else {
                    throw TokenFileError(
                        description: "until is no time such as 2027-01-31T18:00:00Z; write it in UTC like that")
                }
                grant.expiresAtMilliseconds = Int64(time.timeIntervalSince1970 * 1_000)
            default:
                throw TokenFileError(
                    description: "behind a token may be session=NAME, write and until=TIME, nothing else")
            }
        }
        return Filed(String(token), grant)
    }

    /// What needs no escape in a URL (RFC 3986, section 2.3).
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
