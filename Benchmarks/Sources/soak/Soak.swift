import ConversationGenerator
import Events
import Foundation
import MediaTypes
import Pipeline
import Reports
import Statistics

/// A meeting of ten people that lasts for hours, as fast as the machine allows: does memory grow, do times drift?
/// Writes it into docs/performance.md, between two marks. Exits with 1 where a limit is missed.
@main
enum Soak {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let hours = Double(arguments[1]), hours > 1 else {
            FileHandle.standardError.write(Data("usage: soak HOURS docs/performance.md\n".utf8))
            exit(64)
        }
        let result = try Meeting(voices: Flite.voices(), detection: SpeechDetection.standard()).run(hours: hours)
        var misses: [String] = []
        if abs(result.growthPercent) > 5 { misses.append("memory grew by \(figure(result.growthPercent, 1)) %") }
        if result.driftMilliseconds > 10 { misses.append("times drifted by \(figure(result.driftMilliseconds, 1)) ms") }
        if result.missedPerMille > 5 { misses.append("\(figure(result.missedPerMille, 1)) ‰ of the IPUs not found") }
        let verdict = misses.isEmpty ? "Every limit is kept." : "Limits missed: \(misses.joined(separator: "; "))."
        try publish(
            "`make soak`, \(today()), \(machine()), release build: a meeting of ten made of clips at known times.\n\n"
                + "\(result.table)\n\(verdict)", by: "soak", into: arguments[2])
        exit(misses.isEmpty ? 0 : 1)
    }
}

/// The meeting: one generated conversation after the other, in one session.
struct Meeting {
    static let speakers = 10

    let voices: [Voice]
    let detection: SpeechDetection

    struct Result {
        var table = ""
        var growthPercent = 0.0
        var driftMilliseconds = 0.0
        var missedPerMille = 0.0
    }

    func run(hours: Double) throws -> Result {
        var plan = ConversationPlan()
        plan.speakers = Self.speakers...Self.speakers
        plan.seconds = 100...100
        var session = AnalysedSession(detection: detection)
        for _ in 0..<Self.speakers { session.join(at: .zero) }
        var result = Result()
        var table = Table(
            "hour", "resident MB", "IPUs", "not found", "onsets, median, ms late", "ends, median, ms late")
        var hourly: [(megabytes: Double, edges: Edges)] = []
        var edges = Edges()
        var offset: Int64 = 0
        var seed: UInt64 = 0
        let end = Int64(hours * 3600) * Int64(AudioGrid.sampleRateHz)
        while offset < end {
            seed += 1
            let made = ScriptedConversation(seed: seed, voices: voices, plan: plan)
            edges.compare(made, offset: offset, found: play(made, at: offset, into: &session))
            offset += Int64(made.sampleCount)
            guard offset >= Int64(hourly.count + 1) * 3600 * Int64(AudioGrid.sampleRateHz) || offset >= end else {
                continue
            }
            hourly.append((try residentMegabytes(), edges))
            table.add(
                "\(hourly.count)", figure(hourly[hourly.count - 1].megabytes, 1), "\(edges.count)", "\(edges.missed)",
                figure(edges.onset, 1), figure(edges.offset, 1))
            edges = Edges()
        }
        _ = session.finish()
        guard let first = hourly.first, let last = hourly.last else { return result }
        result.table = table.text
        result.growthPercent = 100 * (last.megabytes / first.megabytes - 1)
        result.driftMilliseconds = max(
            abs(last.edges.onset - first.edges.onset), abs(last.edges.offset - first.edges.offset))
        let all = hourly.reduce((count: 0, missed: 0)) { ($0.count + $1.edges.count, $0.missed + $1.edges.missed) }
        result.missedPerMille = 1000 * Double(all.missed) / Double(max(1, all.count))
        return result
    }

    /// Feeds a conversation in blocks, all speakers in turn; returns the IPUs that were found.
    private func play(
        _ made: ScriptedConversation, at offset: Int64, into session: inout AnalysedSession
    ) -> [(speaker: Int, start: Double, end: Double)] {
        let tracks = (0..<made.speakers).map { made.track(of: $0) }
        var found: [(speaker: Int, start: Double, end: Double)] = []
        for start in stride(from: 0, to: made.sampleCount, by: 16_000) {
            for (index, track) in tracks.enumerated() {
                let block = track.span.extracting(start..<min(start + 16_000, track.count))
                session.feed(index, MediaTime(samples: offset + Int64(start)), block)
            }
            for event in session.takeEvents() {
                guard case .speechEnded(let ipu) = event.body, let speaker = Int(event.speaker?.dropFirst() ?? "")
                else { continue }
                found.append((speaker, ipu.startSeconds, ipu.endSeconds))
            }
        }
        return found
    }

    private func residentMegabytes() throws -> Double {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else {
            throw BenchmarkError(message: "no /proc/self/statm")
        }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6
    }
}

/// Where IPUs begin and end against the truth.
struct Edges {
    private var onsets: [Double] = []
    private var offsets: [Double] = []
    private(set) var missed = 0

    var count: Int { onsets.count + missed }
    /// Median lateness, ms.
    var onset: Double { median(onsets) ?? 0 }
    /// Median lateness, ms.
    var offset: Double { median(offsets) ?? 0 }

    mutating func compare(
        _ made: ScriptedConversation, offset: Int64, found: [(speaker: Int, start: Double, end: Double)]
    ) {
        for placement in made.placements {
            let start = MediaTime(samples: offset + Int64(placement.start)).seconds
            let end = MediaTime(samples: offset + Int64(placement.end)).seconds
            let match = found.first {
                $0.speaker == placement.speaker && abs($0.start - start) < 0.2 && abs($0.end - end) < 0.3
            }
            guard let match else {
                missed += 1
                continue
            }
            onsets.append(1000 * (match.start - start))
            offsets.append(1000 * (match.end - end))
        }
    }
}
