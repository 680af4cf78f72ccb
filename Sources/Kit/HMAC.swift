/// The keyed digest HMAC-SHA-256 (RFC 2104) of a message, as 64 hexadecimal digits.
public func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> String {
    let blockBytes = 64
    var block = key.count > blockBytes ? sha256Digest(key) : key
    block += [UInt8](repeating: 0, count: blockBytes - block.count)
    let inner = sha256Digest(block.map { $0 ^ 0x36 } + message)
    return sha256(block.map { $0 ^ 0x5C } + inner)
}
