/// A WAV file of 16-bit PCM.
///
/// - Parameter samples: of all channels in turn.
package func waveFile(_ samples: [Int16], rateHz: Int, channels: Int = 1) -> [UInt8] {
    func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let dataBytes = samples.count * 2
    var file = Array("RIFF".utf8) + little(36 + dataBytes, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
    file += little(1, 2) + little(channels, 2) + little(rateHz, 4) + little(rateHz * channels * 2, 4)
    file += little(channels * 2, 2) + little(16, 2) + Array("data".utf8) + little(dataBytes, 4)
    file.reserveCapacity(file.count + dataBytes)
    for sample in samples {
        file.append(UInt8(truncatingIfNeeded: sample))
        file.append(UInt8(truncatingIfNeeded: sample >> 8))
    }
    return file
}
