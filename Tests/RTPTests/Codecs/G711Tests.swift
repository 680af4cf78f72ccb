import Kit
import Testing

@testable import RTP

@Suite struct G711Tests {
    /// Values of the reference tables of ITU-T G.711, as 16-bit samples.
    @Test func expandsMuLaw() {
        let known: [(Int, Float)] = [
            (0x00, -32_124), (0x01, -31_100), (0x0F, -16_764), (0x10, -15_996), (0x7F, 0), (0x80, 32_124),
            (0x9F, 8_316), (0xF0, 120), (0xFE, 8), (0xFF, 0),
        ]
        for (byte, value) in known { #expect(G711.muLaw[byte] * 32_768 == value, "\(byte)") }
    }

    @Test func expandsALaw() {
        let known: [(Int, Float)] = [
            (0x00, -5_504), (0x80, 5_504), (0x2A, -32_256), (0xAA, 32_256), (0x55, -8), (0xD5, 8), (0xD4, 24),
        ]
        for (byte, value) in known { #expect(G711.aLaw[byte] * 32_768 == value, "\(byte)") }
    }

    @Test func mixesChannelsAndRefusesParts() throws {
        let format = try #require(AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 2))
        var output = [Float](repeating: 9, count: 8)
        let bytes: [UInt8] = [0x40, 0, 0xC0, 0, 0x40, 0, 0x20, 0]
        let frames = output.withUnsafeMutableBufferPointer {
            PCM.decode(bytes.span.bytes, format: format, into: $0)
        }
        #expect(frames == 2)
        #expect(output[0] == 0)
        #expect(output[1] == 0.375)
        let part: [UInt8] = [0, 0, 0, 0, 0, 0]
        #expect(
            output.withUnsafeMutableBufferPointer { PCM.decode(part.span.bytes, format: format, into: $0) }
                == nil)
    }
}
