import COpus
import MediaTypes

extension AudioFormat {
    /// How long the media of `payload` lasts in samples at 16 kHz; 0 where that cannot be told.
    func duration(of payload: RawSpan) -> Int64 {
        switch codec {
        case .opus:
            let samples = payload.withUnsafeBytes { bytes in
                guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return Int32(0) }
                return opus_packet_get_nb_samples(
                    start, Int32(clamping: bytes.count), Int32(AudioGrid.sampleRateHz))
            }
            return Int64(max(0, samples))
        case .g722: return Int64(2 * payload.byteCount)
        case .comfortNoise: return 0
        case .pcmu, .pcma, .l16:
            let frames = payload.byteCount / (channels * (codec == .l16 ? 2 : 1))
            return Int64(frames) * Int64(AudioGrid.sampleRateHz) / Int64(clockRateHz)
        }
    }
}
