import COpus
import MediaTypes

/// One libopus decoder that gives 16 kHz mono, whatever the packets were coded at; stereo is mixed down.
///
/// Sound because the handle has one owner (`~Copyable`), is never null and dies in `deinit`.
struct OpusDecoder: ~Copyable {
    /// Most samples that a packet holds (120 ms).
    static let maxSamples = AudioGrid.sampleRateHz * 120 / 1_000
    /// Lengths that can be concealed are multiples of this (2.5 ms).
    static let concealmentStep = AudioGrid.sampleRateHz / 400

    private let handle: OpaquePointer

    /// Nil only where memory runs out.
    init?() {
        guard let handle = opus_decoder_create(Int32(AudioGrid.sampleRateHz), 1, nil) else { return nil }
        self.handle = handle
    }

    deinit {
        opus_decoder_destroy(handle)
    }

    /// Forgets the past, for a new stream.
    mutating func reset() {
        _ = attune_opus_decoder_reset(handle)
    }

    /// Decodes `payload` into `output` (room for `room` samples) and returns the samples, or nil if it is no
    /// valid Opus packet or does not fit.
    mutating func decode(_ payload: RawSpan, into output: UnsafeMutablePointer<Float>, room: Int) -> Int? {
        call(payload, samples: room, forwardCorrection: 0, into: output)
    }

    /// Fills `samples` lost samples (a multiple of `concealmentStep`, at most `maxSamples`) before `next`:
    /// from the in-band FEC of `next` where it has any, else by the decoder's own concealment.
    mutating func conceal(samples: Int, before next: RawSpan, into output: UnsafeMutablePointer<Float>)
        -> Int?
    {
        call(next, samples: samples, forwardCorrection: 1, into: output)
    }

    private func call(
        _ payload: RawSpan, samples: Int, forwardCorrection: Int32, into output: UnsafeMutablePointer<Float>
    ) -> Int? {
        let result = payload.withUnsafeBytes { bytes in
            opus_decode_float(
                handle, bytes.bindMemory(to: UInt8.self).baseAddress, Int32(clamping: bytes.count), output,
                Int32(samples), forwardCorrection)
        }
        return result > 0 ? Int(result) : nil
    }
}
