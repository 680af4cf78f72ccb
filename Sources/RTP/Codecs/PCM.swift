import Kit

/// Payloads of plain samples.
enum PCM {
    /// Writes the mean of the channels of each sample of `payload` to `output` (room for one element per byte
    /// of payload) and returns how many, or nil if the payload is no whole number of samples.
    static func decode(
        _ payload: RawSpan, format: AudioFormat, into output: UnsafeMutableBufferPointer<Float>
    ) -> Int? {
        let bytesPerSample = format.codec == .l16 ? 2 : 1
        let frameBytes = bytesPerSample * format.channels
        guard payload.byteCount % frameBytes == 0, payload.byteCount / frameBytes <= output.count else {
            return nil
        }
        let frames = payload.byteCount / frameBytes
        switch format.codec {
        case .pcmu: expand(payload, G711.muLaw, frames: frames, channels: format.channels, into: output)
        case .pcma: expand(payload, G711.aLaw, frames: frames, channels: format.channels, into: output)
        case .l16: mix(payload, frames: frames, channels: format.channels, into: output)
        case .opus, .g722, .comfortNoise: return nil
        }
        return frames
    }

    private static func expand(
        _ payload: RawSpan, _ table: [Float], frames: Int, channels: Int,
        into output: UnsafeMutableBufferPointer<Float>
    ) {
        let scale = 1 / Float(channels)
        for frame in 0..<frames {
            var sum: Float = 0
            for channel in 0..<channels {
                sum += table[Int(payload.uint8(at: frame * channels + channel))]
            }
            output[frame] = sum * scale
        }
    }

    private static func mix(
        _ payload: RawSpan, frames: Int, channels: Int, into output: UnsafeMutableBufferPointer<Float>
    ) {
        let scale = 1 / (32_768 * Float(channels))
        for frame in 0..<frames {
            var sum: Float = 0
            for channel in 0..<channels {
                sum += Float(Int16(bitPattern: payload.uint16(at: 2 * (frame * channels + channel))))
            }
            output[frame] = sum * scale
        }
    }
}
