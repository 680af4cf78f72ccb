import Foundation
import MediaTypes
import Pipeline
import Reports
import Voice

/// The rows as text, and which limits they miss.
struct Report {
    /// Media time by which the voice core looks ahead before it decides about a hop, ms: part of every tick's lateness.
    private let lookAhead: Double

    /// CPU time as a multiple of what the least receiver takes for the same packets in the same run, because machines
    /// differ; kB per stream beyond the first; ms beyond the look-ahead, and from packet to line.
    private static let ratio = 4.0, kilobytes = 300.0, tickMilliseconds = 250.0, latency = 25.0

    private(set) var misses: [String] = []
    private var rows: [Row] = []
    private let windowSeconds: Double
    private let detector: String
    private var table = Table(
        "streams", "what they say", "packets per s", "CPU-s per stream and hour", "least receiver", "ratio",
        "resident MB", "of it events kept", "kB per stream beyond the first", "threads", "packets missing", "ticks",
        "ticks late by ms, median / p99 / worst", "packet to line, p99, ms")

    init(windowSeconds: Double, detection: SpeechDetection) {
        self.windowSeconds = windowSeconds
        detector = detection.name
        lookAhead = Double(VoiceAnalyzer(network: detection.network).delayHops * AudioGrid.hopMilliseconds)
    }

    mutating func add(_ row: Row) {
        rows.append(row)
        let megabytes = Double(row.residentKibibytes) * 1024 / 1e6
        let first = rows.first { $0.streams == 1 }
        let kilobytes = first.flatMap { first in
            row.streams > 1
                ? Double(row.residentKibibytes - first.residentKibibytes) * 1.024 / Double(row.streams - 1) : nil
        }
        let late = [row.late(0.5), row.late(0.99), row.late(1)].map { figure($0 - lookAhead, 0) }
        table.add(
            "\(row.streams)", row.kind.rawValue, figure(row.packetsPerSecond, 0), figure(row.cpu), figure(row.leastCPU),
            figure(row.cpu / row.leastCPU), figure(megabytes, 1), figure(row.ringBytes / 1e6, 1),
            kilobytes.map { figure($0, 0) } ?? "",
            "\(row.threads)", "\(row.missing)", "\(row.lateness.count)", late.joined(separator: " / "),
            figure(row.latency, 1))
        let name = "\(row.streams) streams (\(row.kind.rawValue))"
        if row.streams > 1, row.cpu > Self.ratio * row.leastCPU {
            misses.append("\(name): CPU over \(figure(Self.ratio, 0)) times the least receiver's")
        }
        if let kilobytes, kilobytes > Self.kilobytes {
            misses.append("\(name): memory over \(figure(Self.kilobytes, 0)) kB")
        }
        if row.late(1) - lookAhead > Self.tickMilliseconds {
            misses.append("\(name): a tick over \(figure(Self.tickMilliseconds, 0)) ms late")
        }
        if row.latency > Self.latency { misses.append("\(name): packet to line over \(figure(Self.latency, 0)) ms") }
        if row.missing > 0 { misses.append("\(name): packets missing") }
        if abs(row.lateness.count - row.expectedTicks) > row.streams * 2 { misses.append("\(name): ticks missing") }
        // What was measured, as it comes: a whole run takes many minutes.
        let line =
            "\(name): CPU \(figure(row.cpu)) (decode \(figure(row.decode)), analysis \(figure(row.analysis))), "
            + "least \(figure(row.leastCPU)), \(figure(megabytes, 1)) MB (anonymous "
            + "\(figure(Double(row.anonymousKibibytes) * 1.024 / 1000, 1))), late \(late), sender late "
            + "\(figure(row.senderLate, 1)) ms\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    var text: String {
        let verdict = misses.isEmpty ? "Every limit is kept." : "Limits missed: \(misses.joined(separator: "; "))."
        return """
            `make bench-streams`, \(today()), \(machine()), release build, speech detector: \(detector); windows of
            \(figure(windowSeconds, 0)) s.

            \(table.text)
            \(verdict)
            """
    }
}
