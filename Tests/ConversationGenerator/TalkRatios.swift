import Events
public import Foundation
import MediaTypes
import SeededNumbers

/// Everybody's share of the speech, in points (0…100).
public struct TalkRatios: Sendable {
    /// In the order of the speakers.
    public let points: [Double]

    init(speech: [Double]) {
        let sum = speech.reduce(0, +)
        points = speech.map { sum > 0 ? 100 * $0 / sum : 0 }
    }

    /// By the energy of the channels.
    public init(_ tracks: [[Float]]) {
        self.init(speech: tracks.map { Double(SpeechByEnergy.units($0).reduce(0) { $0 + $1.count }) })
    }

    /// As they were measured.
    public init(_ found: AnalysedConversation) {
        self.init(speech: found.totals.speakers.map { $0.metrics?.speechSeconds ?? 0 })
    }

    /// The largest difference of a speaker's.
    public func distance(to other: TalkRatios) -> Double {
        zip(points, other.points).map { abs($0 - $1) }.max() ?? 0
    }
}

/// A mixed recording with labels (RTTM) taken apart: each speaker's track is the mixture where the labels say that
/// nobody else speaks, and a faint noise elsewhere.
public struct LabelledMeeting {
    /// A track per speaker.
    public let tracks: [[Float]]
    /// By the labels, of what is nobody else's.
    public let ratios: TalkRatios

    /// The labelled recordings of a folder.
    public static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".rttm") }
            .map { String($0.dropLast(5)) }.sorted()
    }

    /// Reads `name.flac` and `name.rttm`.
    public init(_ name: String, in folder: URL) throws {
        let mixture = try FFmpeg.samples(["-i", folder.appending(path: "\(name).flac").path])
        let text = try String(contentsOf: folder.appending(path: "\(name).rttm"), encoding: .utf8)
        var labels: [String: [Range<Int>]] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 8, let start = Double(fields[3]), let length = Double(fields[4]) else { continue }
            let first = MediaTime(seconds: start).samples
            let last = min(Int64(mixture.count), MediaTime(seconds: start + length).samples)
            if first < last { labels[String(fields[7]), default: []].append(Int(first)..<Int(last)) }
        }
        var speakers = [Int](repeating: 0, count: mixture.count)
        for ranges in labels.values { for range in ranges { for index in range { speakers[index] += 1 } } }
        var random = SeededRandom(seed: 1)
        var tracks: [[Float]] = []
        var own: [Double] = []
        for name in labels.keys.sorted() {
            var track = mixture.map { _ in Float.random(in: -1e-4...1e-4, using: &random) }
            var count = 0
            for range in labels[name] ?? [] {
                for index in range where speakers[index] == 1 {
                    track[index] = mixture[index]
                    count += 1
                }
            }
            tracks.append(track)
            own.append(Double(count))
        }
        self.tracks = tracks
        ratios = TalkRatios(speech: own)
    }
}
