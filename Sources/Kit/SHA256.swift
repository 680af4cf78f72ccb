import CPlatform

/// The SHA-256 of bytes, 32 bytes.
public func sha256Digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    // The digest has the room that the function needs.
    bytes.withUnsafeBufferPointer { attune_sha256($0.baseAddress, $0.count, &digest) }
    return digest
}

/// The SHA-256 of bytes, as 64 hexadecimal digits.
public func sha256(_ bytes: [UInt8]) -> String {
    sha256Digest(bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
