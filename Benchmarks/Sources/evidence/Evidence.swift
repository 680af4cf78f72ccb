import Foundation
import MediaTypes
@testable import Pipeline
@testable import Voice

/// Prints what the detectors of speech know of every hop of 10 ms, which is what they are fitted on. Takes raw 16-bit
/// samples at 16 kHz from the standard input.
///
/// Without an argument it is what the network's calibration starts from (scripts/evaluation/fit_detector.py): a line
/// `network,boundary,range_db` per hop, log odds and dB. With `inputs` it is what the built-in detector is told
/// (scripts/evaluation/fit_speech.py): per hop `RecurrentDetector.inputs` values, then the probability that the network
/// gives, as 32-bit floats.
@main
enum Evidence {
    static func main() throws {
        guard let network = try SpeechDetection.standard().network else {
            FileHandle.standardError.write(Data("evidence: the weights are missing; 'make setup' gets them\n".utf8))
            exit(66)
        }
        let input = FileHandle.standardInput.readDataToEndOfFile()
        let samples = input.withUnsafeBytes { bytes in
            bytes.bindMemory(to: Int16.self).map { Float(Int16(littleEndian: $0)) / 32_768 }
        }
        let judged = judgements(of: samples, by: network)
        if CommandLine.arguments.dropFirst().first == "inputs" {
            let rows = zip(inputs(of: samples), judged).flatMap { $0 + [$1.probability] }
            FileHandle.standardOutput.write(rows.withUnsafeBytes { Data($0) })
        } else {
            let lines = judged.map { "\($0.network),\($0.boundary),\($0.rangeDb)\n" }
            FileHandle.standardOutput.write(Data(lines.joined().utf8))
        }
    }

    /// What the network's detector knows, hop by hop.
    private static func judgements(of samples: [Float], by network: SpeechNetwork) -> [NetworkDetector.Evidence] {
        var analyzer = VoiceAnalyzer(configuration: VoiceConfiguration(), network: network)
        // The last hops are judged when silence comes behind them.
        let padded = samples + [Float](repeating: 0, count: NetworkDetector.delayHops * AudioGrid.hopSamples)
        var judged: [NetworkDetector.Evidence] = []
        for (hop, start) in starts(padded.count).enumerated() {
            analyzer.process(padded.span.extracting(start..<start + AudioGrid.hopSamples)) { _ in }
            guard hop >= NetworkDetector.delayHops, let known = analyzer.evidence else { continue }
            judged.append(known)
        }
        return judged
    }

    /// What the built-in detector is told, hop by hop.
    private static func inputs(of samples: [Float]) -> [[Float]] {
        var input = HopInput(), features = SpeechFeatures()
        // The features are those of the hop before.
        let padded = samples + [Float](repeating: 0, count: SpeechFeatures.delayHops * AudioGrid.hopSamples)
        var rows: [[Float]] = []
        for (hop, start) in starts(padded.count).enumerated() {
            _ = input.take(padded.span.extracting(start..<start + AudioGrid.hopSamples), from: 0)
            _ = input.complete()
            features.push(input.hop.base, isSilent: input.isSilent)
            guard hop >= SpeechFeatures.delayHops else { continue }
            var row = [Float](repeating: 0, count: RecurrentDetector.inputs)
            row.withUnsafeMutableBufferPointer { values in
                if let first = values.baseAddress { RecurrentDetector.describe(features, to: first) }
            }
            rows.append(row)
        }
        return rows
    }

    private static func starts(_ count: Int) -> StrideTo<Int> {
        stride(from: 0, to: count - AudioGrid.hopSamples + 1, by: AudioGrid.hopSamples)
    }
}
