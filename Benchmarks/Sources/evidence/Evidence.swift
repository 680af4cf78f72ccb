import Foundation
import MediaTypes
@testable import Pipeline
@testable import Voice

/// Prints what the detector of speech knows of every hop, which is what its calibration is fitted on
/// (scripts/evaluation/fit_detector.py): raw 16-bit samples at 16 kHz from the standard input, and for each hop of
/// 10 ms `network,built_in,range_db`, log odds and dB.
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
        var analyzer = VoiceAnalyzer(configuration: VoiceConfiguration(), network: network)
        // The last hops are judged when silence comes behind them.
        let padded = samples + [Float](repeating: 0, count: NetworkDetector.delayHops * AudioGrid.hopSamples)
        var text = ""
        for (hop, start) in stride(from: 0, to: padded.count - AudioGrid.hopSamples + 1, by: AudioGrid.hopSamples)
            .enumerated()
        {
            analyzer.process(padded.span.extracting(start..<start + AudioGrid.hopSamples)) { _ in }
            guard hop >= NetworkDetector.delayHops, let known = analyzer.evidence else { continue }
            text += "\(known.network),\(known.builtIn),\(known.rangeDb)\n"
        }
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
