/// Knows packets of Opus that need not be decoded: those that repeat, to the byte, packets which were digital silence.
/// Encoders send them for as long as a microphone is muted.
///
/// Of such packets the decoder's state has settled, so that it can go on from there when something else comes.
struct RepeatedSilence {
    /// They have 3 to 9 bytes, in hybrid mode some 60 at default rates; no longer ones are looked at.
    private static let maxBytes = 64
    /// So many in a row are decoded before one is not.
    private static let minPackets = 3
    /// One step of 16 bits: what the rounding inside a decoder leaves.
    private static let maxSample: Float = 3.1e-5

    private var bytes = SIMD64<UInt8>()
    private var byteCount = 0
    /// How many of the last packets were these bytes and silent.
    private var packets = 0

    /// Whether a packet is one more of those.
    func contains(_ payload: RawSpan) -> Bool {
        packets >= Self.minPackets && isRepeated(payload)
    }

    /// Takes note of a packet that was decoded, and of what came of it.
    mutating func note(_ payload: RawSpan, samples: UnsafeBufferPointer<Float>) {
        guard payload.byteCount <= Self.maxBytes, samples.allSatisfy({ $0.magnitude <= Self.maxSample }) else {
            packets = 0
            return
        }
        packets = packets > 0 && isRepeated(payload) ? packets + 1 : 1
        byteCount = payload.byteCount
        for index in 0..<byteCount { bytes[index] = payload.uint8(at: index) }
    }

    private func isRepeated(_ payload: RawSpan) -> Bool {
        payload.byteCount == byteCount && (0..<byteCount).allSatisfy { bytes[$0] == payload.uint8(at: $0) }
    }
}
