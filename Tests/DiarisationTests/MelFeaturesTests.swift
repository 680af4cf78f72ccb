import Testing

@testable import Diarisation

/// Mel bands against Kaldi's (kaldi-native-fbank 1.23.0).
@Suite struct MelFeaturesTests {
    /// A second of two tones that rise and noise of a small generator, so that all bands have something.
    static let samples: [Float] = {
        var state: UInt32 = 1
        return (0..<16_000).map { index in
            state = state &* 1_664_525 &+ 1_013_904_223
            let noise = Float(Int(state >> 16) - 32_768) / 32_768
            let place = index % 200
            return 0.3 * Float(place - 100) / 100 + 0.05 * noise
        }
    }()

    @Test func bandsAreKaldis() {
        let frames = MelFeatures().frames(of: Self.samples, at: (0..<98).map { $0 * 160 })
        #expect(frames.count == 98 * 80)
        for (frame, band, value) in Self.reference {
            let found = frames[frame * 80 + band]
            #expect(abs(found - value) < 2e-3, "frame \(frame), band \(band): \(found)")
        }
    }

    @Test func framesBeyondTheEndAreLeftOut() {
        let features = MelFeatures()
        #expect(features.frames(of: Self.samples, at: [-1, 15_601, 16_000]) == [])
        #expect(features.frames(of: Self.samples, at: [15_600]).count == 80)
    }

    /// Frame, band and value.
    private static let reference: [(Int, Int, Float)] = [
        (0, 0, -0.04425), (0, 1, -0.07911), (0, 20, 0.41542), (0, 45, 0.20912), (0, 79, -0.15765),
        (1, 0, -0.04069), (1, 1, -0.05705), (1, 20, 0.16793), (1, 45, -0.02271), (1, 79, 0.12763),
        (50, 0, -0.04471), (50, 1, -0.08555), (50, 20, 0.48198), (50, 45, 0.54228), (50, 79, -0.54453),
        (97, 0, -0.01118), (97, 1, 0.02632), (97, 20, -0.03172), (97, 45, -0.31136), (97, 79, -0.33990),
    ]
}
