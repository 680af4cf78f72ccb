import Foundation
import MediaTypes
import Programs
import Testing
import Voice

/// Real recordings with labels, which are no part of the project: `../shared/data` from the package root.
enum Recordings {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")

    static func has(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: folder).path)
    }

    /// The recordings of a folder (at any depth) with a file of the same name and this extension beside them.
    static func labelled(_ folder: String, by labels: String) -> [(audio: URL, labels: URL)] {
        let files = FileManager.default.enumerator(
            at: root.appending(path: folder), includingPropertiesForKeys: nil)
        var pairs: [(audio: URL, labels: URL)] = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "flac" else { continue }
            let other = file.deletingPathExtension().appendingPathExtension(labels)
            if FileManager.default.fileExists(atPath: other.path) { pairs.append((file, other)) }
        }
        return pairs.sorted { $0.audio.path < $1.audio.path }
    }

    /// 16 kHz mono samples of an audio file.
    static func decode(_ file: URL) throws -> [Float] {
        let process = try Program(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-i", file.path, "-f", "f32le", "-ac", "1", "-ar", "16000", "-"], output: .pipe)
        let data = try process.readToEnd()
        try #require(process.terminationStatus == 0)
        return data.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    static func lines(_ file: URL) throws -> [[Substring]] {
        try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline).map {
            $0.split(whereSeparator: \.isWhitespace)
        }
    }
}

@Suite struct DataTests {
    // Skipped where the recordings are absent.
    @Test(.enabled(if: Recordings.has("vad"), "needs ../shared/data/vad"))
    func speechProbabilityRanksHandLabelledHops() throws {
        let pairs = Recordings.labelled("vad", by: "lab")
        try #require(!pairs.isEmpty)
        var scores: [(probability: Float, isSpeech: Bool)] = []
        var agreeing = 0
        for (audio, labels) in pairs {
            let segments = try Recordings.lines(labels).compactMap { line -> (Double, Double, Bool)? in
                guard line.count >= 3, let start = Double(line[0]), let end = Double(line[1]) else {
                    return nil
                }
                return (start, end, line[2] == "V")
            }
            for record in analyze(try Recordings.decode(audio)).records {
                let time = (Double(record.index) + 0.5) / 100
                guard let segment = segments.first(where: { $0.0 <= time && time < $0.1 }) else { continue }
                scores.append((record.speechProbability, segment.2))
                if record.isSpeech == segment.2 { agreeing += 1 }
            }
        }
        #expect(areaUnderCurve(scores) > 0.985)
        #expect(Double(agreeing) / Double(scores.count) > 0.945)
    }

    /// Area under the curve of the probabilities, and F1 of the labels, over recordings with labels by line.
    private func score(
        _ pairs: [(audio: URL, labels: URL)], network: SpeechNetwork?, gainDb: Float = 0,
        speech: ([Substring]) -> (start: Double, end: Double, isSpeech: Bool)?, unlabelledIsSilence: Bool
    ) throws -> (area: Double, f1: Double) {
        var scores: [(probability: Float, isSpeech: Bool)] = []
        var (hits, misses, falseAlarms) = (0, 0, 0)
        for (audio, labels) in pairs {
            let segments = try Recordings.lines(labels).compactMap(speech)
            let samples = try Recordings.decode(audio).map { $0 * gain(gainDb) }
            for record in analyze(samples, network: network).records {
                let time = (Double(record.index) + 0.5) / 100
                let here = segments.filter { $0.start <= time && time < $0.end }
                guard unlabelledIsSilence || !here.isEmpty else { continue }
                let isSpeech = here.contains { $0.isSpeech }
                scores.append((record.speechProbability, isSpeech))
                if isSpeech && record.isSpeech { hits += 1 }
                if isSpeech && !record.isSpeech { misses += 1 }
                if !isSpeech && record.isSpeech { falseAlarms += 1 }
            }
        }
        return (areaUnderCurve(scores), 2 * Double(hits) / Double(max(1, 2 * hits + misses + falseAlarms)))
    }

    private static func handLabel(_ line: [Substring]) -> (start: Double, end: Double, isSpeech: Bool)? {
        guard line.count >= 3, let start = Double(line[0]), let end = Double(line[1]) else { return nil }
        return (start, end, line[2] == "V")
    }

    // Skipped where the recordings are absent or the weights have not been fetched.
    @Test(.enabled(if: Recordings.has("vad") && Weights.areThere, "needs ../shared/data/vad and models/"))
    func theNetworkFindsHandLabelledSpeech() throws {
        let result = try score(
            Recordings.labelled("vad", by: "lab"), network: Weights.network(), speech: Self.handLabel,
            unlabelledIsSilence: false)
        #expect(result.area > 0.992)
        #expect(result.f1 > 0.963)
    }

    /// Speech at some -75 dBFS, as of a microphone that is turned down.
    // Skipped where the recordings are absent or the weights have not been fetched.
    @Test(.enabled(if: Recordings.has("vad") && Weights.areThere, "needs ../shared/data/vad and models/"))
    func theNetworkHearsWhatIsTurnedDown() throws {
        let result = try score(
            Recordings.labelled("vad", by: "lab"), network: Weights.network(), gainDb: -48, speech: Self.handLabel,
            unlabelledIsSilence: false)
        #expect(result.f1 > 0.9)
    }

    // Skipped where the recordings are absent or the weights have not been fetched.
    @Test(.enabled(if: Recordings.has("meetings") && Weights.areThere, "needs ../shared/data/meetings and models/"))
    func theNetworkFindsDistantSpeech() throws {
        let result = try score(
            Recordings.labelled("meetings", by: "rttm"), network: Weights.network(),
            speech: { line in
                guard line.first == "SPEAKER", line.count >= 5, let start = Double(line[3]),
                    let length = Double(line[4])
                else { return nil }
                return (start, start + length, true)
            }, unlabelledIsSilence: true)
        // Silero VAD itself: .970. (.975 as long as quiet voices were not raised: one of the seven is quiet, with
        // quieter voices behind.)
        #expect(result.area > 0.970)
        #expect(result.f1 > 0.875)
    }

    // Skipped where the recordings are absent or the weights have not been fetched.
    @Test(.enabled(if: Recordings.has("noise") && Weights.areThere, "needs ../shared/data/noise and models/"))
    func theNetworkTakesNoNoiseForSpeech() throws {
        let files = FileManager.default.enumerator(
            at: Recordings.root.appending(path: "noise"), includingPropertiesForKeys: nil)
        let network = try Weights.network()
        let human = ["Baby cry", "Person sneeze", "cafe"]
        var (hops, active) = (0, 0)
        while let file = files?.nextObject() as? URL {
            guard ["flac", "ogg", "wav"].contains(file.pathExtension),
                !human.contains(where: { file.path.contains($0) })
            else { continue }
            let records = analyze(try Recordings.decode(file), network: network).records
            hops += records.count
            active += records.filter(\.isSpeech).count
        }
        try #require(hops > 30_000)
        // Less than one minute per hour.
        #expect(Double(active) / Double(hops) < 1.0 / 60)
    }

    // Skipped where the recordings are absent.
    @Test(.enabled(if: Recordings.has("pitch/train"), "needs ../shared/data/pitch/train"))
    func pitchAgreesWithTheLaryngograph() throws {
        let pairs = Recordings.labelled("pitch/train", by: "f0ref")
        try #require(!pairs.isEmpty)
        var frames = 0
        var voicingErrors = 0
        var bothVoiced = 0
        var grossErrors = 0
        for (audio, labels) in pairs {
            let records = analyze(try Recordings.decode(audio)).records
            for (frame, line) in try Recordings.lines(labels).enumerated() {
                guard let text = line.first, let reference = Float(text) else { continue }
                let hop = Int((Double(frame) * 1.5 - 0.5).rounded())
                let f0Hz = records.isEmpty ? 0 : records[max(0, min(records.count - 1, hop))].f0Hz
                frames += 1
                if (f0Hz > 0) != (reference > 0) { voicingErrors += 1 }
                guard f0Hz > 0 && reference > 0 else { continue }
                bothVoiced += 1
                if (f0Hz / reference - 1).magnitude > 0.2 { grossErrors += 1 }
            }
        }
        #expect(Double(voicingErrors + grossErrors) / Double(frames) < 0.05)
        #expect(Double(grossErrors) / Double(bothVoiced) < 0.005)
    }

    // Skipped where the recordings are absent.
    @Test(.enabled(if: Recordings.has("calls"), "needs ../shared/data/calls"))
    func talkRatioOfACallAgreesWithTheEnergyOfItsChannels() throws {
        var spoken: [Double] = []
        var loud: [Double] = []
        for side in ["agent", "customer"] {
            let samples = try Recordings.decode(
                Recordings.root.appending(path: "calls/repairs40-\(side).flac"))
            let records = analyze(samples).records
            spoken.append(Double(records.filter(\.isSpeech).count))
            // Clean channels: within 30 dB of the loudest hops is speech, bridged as the segmenter does.
            let levels = records.map(\.levelDb).sorted()
            let threshold = levels[levels.count * 97 / 100] - 30
            var bridged = 0
            var silence = 0
            for record in records {
                if record.levelDb >= threshold {
                    bridged += silence < 20 ? silence + 1 : 1
                    silence = 0
                } else {
                    silence += 1
                }
            }
            try #require(bridged > 0)
            loud.append(Double(bridged))
        }
        #expect(abs(spoken[0] / (spoken[0] + spoken[1]) - loud[0] / (loud[0] + loud[1])) < 0.03)
    }

    /// Probability that a speech hop scores higher than another one (ties count half).
    private func areaUnderCurve(_ scores: [(probability: Float, isSpeech: Bool)]) -> Double {
        let sorted = scores.sorted { $0.probability < $1.probability }
        var rankSum = 0.0
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count && sorted[end].probability == sorted[start].probability { end += 1 }
            let rank = Double(start + end + 1) / 2
            rankSum += rank * Double(sorted[start..<end].filter(\.isSpeech).count)
            start = end
        }
        let speech = Double(scores.filter(\.isSpeech).count)
        let other = Double(scores.count) - speech
        return (rankSum - speech * (speech + 1) / 2) / (speech * other)
    }
}
