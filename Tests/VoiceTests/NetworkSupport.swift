import Foundation
import Voice

/// The weights of the network, which are no part of the project: scripts/models/fetch-vad-weights.py gets them.
enum Weights {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let file = root.appending(path: "models/silero-vad-6.2.3.bin")

    static let areThere = FileManager.default.fileExists(atPath: file.path)

    static func network() throws -> SpeechNetwork {
        try SpeechNetwork(weights: Array(Data(contentsOf: file)))
    }

    /// A network of the same shape that has learnt nothing, for what does not depend on the weights.
    static func random() throws -> SpeechNetwork {
        try SpeechNetwork(weights: bytes(randomValues()))
    }

    static func randomValues(seed: UInt64 = 5) -> [Float] {
        var noise = Noise(seed: seed)
        return (0..<(SpeechNetwork.byteCount - 8) / 4).map { _ in 0.1 * noise.normal() }
    }

    static func bytes(_ values: [Float]) -> [UInt8] {
        Array("ATTUNEV1".utf8)
            + values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
    }

    /// The steps of Tests/Fixtures/silero-6.2.3-steps.bin.
    static func steps() throws -> [NetworkStep] {
        let bytes = Array(try Data(contentsOf: root.appending(path: "Tests/Fixtures/silero-6.2.3-steps.bin")))
        return stride(from: 0, to: bytes.count, by: NetworkStep.byteCount).map {
            NetworkStep(bytes: bytes[$0..<$0 + NetworkStep.byteCount])
        }
    }

    static func fixture(_ name: String) throws -> [Float] {
        try String(contentsOf: root.appending(path: "Tests/Fixtures/\(name)"), encoding: .utf8)
            .split(separator: "\n").compactMap { Float($0) }
    }
}

/// One step of the original network.
struct NetworkStep {
    static let byteCount = 576 * 2 + (2 * 256 + 1) * 4

    /// 64 of context, 512 new.
    let samples: [Float]
    /// Hidden state, then cell.
    let before: [Float]
    let probability: Float
    let after: [Float]

    init(bytes: ArraySlice<UInt8>) {
        func number(_ offset: Int, bytes count: Int) -> UInt32 {
            (0..<count).reduce(0) { $0 | UInt32(bytes[bytes.startIndex + offset + $1]) << (8 * $1) }
        }
        samples = (0..<576).map { Float(Int16(truncatingIfNeeded: number(2 * $0, bytes: 2))) / 32_768 }
        let values = (0..<513).map { Float(bitPattern: number(1_152 + 4 * $0, bytes: 4)) }
        before = Array(values[..<256])
        probability = values[256]
        after = Array(values[257...])
    }
}

/// The signal of Tests/Fixtures/silero-6.2.3.py, to the bit.
func fixtureSignal(_ count: Int) -> [Float] {
    let vowels = [(1.886, 1.747), (1.947, 1.272), (1.932, 1.865), (1.921, 1.631)]
    var state: UInt64 = 1
    var nextPulse = 0
    var (a1, a2, b1, b2) = (0.0, 0.0, 0.0, 0.0)
    return (0..<count).map { index in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let noise = Double(state >> 40) * 0x1p-23 - 1
        let phase = index % 32_000
        let syllable = index % 4_000
        var pulse = 0.0
        if index >= nextPulse {
            nextPulse = index + 110 + phase / 600 + Int(state >> 60)
            if phase < 20_000 { pulse = Double(min(syllable, 4_000 - syllable)) * 0.0005 }
        }
        let (first, second) = vowels[index / 4_000 % 4]
        let a = pulse + 0.02 * noise * pulse + first * a1 - 0.96 * a2
        (a2, a1) = (a1, a)
        let b = a + second * b1 - 0.93 * b2
        (b2, b1) = (b1, b)
        let level = index / 64_000 % 2 == 1 ? 0.02 : 0.0005
        return Float(0.03 * b + level * noise)
    }
}

/// The network by its definition, in double precision: every tap, every padding, nothing rearranged.
struct NetworkDefinition {
    private var position = 0
    private let values: [Double]
    private var hidden = [Double](repeating: 0, count: 128)
    private var cell = [Double](repeating: 0, count: 128)

    init(values: [Double]) { self.values = values }

    private mutating func take(_ count: Int) -> ArraySlice<Double> {
        defer { position += count }
        return values[position..<position + count]
    }

    mutating func logOdds(_ samples: [Double]) -> Double {
        position = 0
        let padded = samples + (1...64).map { samples[samples.count - 1 - $0] }
        var rows = (0..<4).map { frame in
            (0...128).map { bin -> Double in
                var (re, im) = (0.0, 0.0)
                for n in 0..<256 {
                    let value = padded[128 * frame + n] * (0.5 - 0.5 * cos(2 * .pi * Double(n) / 256))
                    re += value * cos(2 * .pi * Double(bin * n % 256) / 256)
                    im -= value * sin(2 * .pi * Double(bin * n % 256) / 256)
                }
                return (re * re + im * im).squareRoot()
            }
        }
        for (outputs, stride) in [(128, 1), (64, 2), (64, 2), (128, 1)] {
            rows = convolve(rows, outputs: outputs, stride: stride)
        }
        remember(rows[0])
        let weights = Array(take(128))
        return zip(weights, hidden).reduce(0) { $0 + $1.0 * max(0, $1.1) } + take(1).reduce(0, +)
    }

    private mutating func convolve(_ rows: [[Double]], outputs: Int, stride: Int) -> [[Double]] {
        let channels = rows[0].count
        let weights = Array(take(outputs * channels * 3))
        let biases = Array(take(outputs))
        return Swift.stride(from: 0, to: rows.count, by: stride).map { place in
            (0..<outputs).map { output in
                var sum = biases[output]
                for tap in 0..<3 where rows.indices.contains(place + tap - 1) {
                    for channel in 0..<channels {
                        sum += weights[(output * channels + channel) * 3 + tap] * rows[place + tap - 1][channel]
                    }
                }
                return max(0, sum)
            }
        }
    }

    private mutating func remember(_ input: [Double]) {
        let fromInput = Array(take(512 * 128))
        let fromHidden = Array(take(512 * 128))
        let biases = zip(take(512), take(512)).map { $0 + $1 }
        let gates = (0..<512).map { gate in
            (0..<128).reduce(biases[gate]) { (sum: Double, unit: Int) -> Double in
                let fresh: Double = fromInput[gate * 128 + unit] * input[unit]
                return sum + fresh + fromHidden[gate * 128 + unit] * hidden[unit]
            }
        }
        func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }
        for unit in 0..<128 {
            let kept: Double = logistic(gates[128 + unit]) * cell[unit]
            cell[unit] = kept + logistic(gates[unit]) * tanh(gates[256 + unit])
            hidden[unit] = logistic(gates[384 + unit]) * tanh(cell[unit])
        }
    }
}
