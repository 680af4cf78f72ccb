import Foundation
import MediaTypes

/// Hops that were compared with a reference, and those that were wrong.
struct ErrorCount: Sendable, Equatable {
    var wrong = 0, compared = 0

    mutating func add(isWrong: Bool) {
        compared += 1
        if isWrong { wrong += 1 }
    }

    /// Share of wrong ones; nil where nothing was compared.
    var share: Double? { compared > 0 ? Double(wrong) / Double(compared) : nil }
}

/// True speech and true F0 of a recording.
enum References {
    /// Missed speech and speech where there is none, of all hops.
    ///
    /// - Parameter file: lines `start end [label]` in seconds, separated by blanks or commas; a label of
    ///   V, `speech` or 1 is speech and any other is silence; without labels every line is speech.
    static func speechErrors(
        _ records: [HopRecord], file: String
    ) throws(AuditError) -> (missed: ErrorCount, alarms: ErrorCount) {
        var truth = Array(repeating: false, count: records.count)
        for line in try lines(of: file, columns: 2...3) {
            guard line.label.map({ ["V", "speech", "1"].contains($0) }) ?? true else { continue }
            let perSecond = Double(AudioGrid.hopsPerSecond)
            let from = max(0, (line.first * perSecond).rounded()), to = (line.second * perSecond).rounded()
            guard to > from, from < Double(truth.count) else { continue }
            for hop in Int(from)..<Int(min(to, Double(truth.count))) { truth[hop] = true }
        }
        var errors = (missed: ErrorCount(), alarms: ErrorCount())
        for (record, speaks) in zip(records, truth) {
            if speaks {
                errors.missed.add(isWrong: !record.isSpeech)
            } else {
                errors.alarms.add(isWrong: record.isSpeech)
            }
        }
        return errors
    }

    /// Gross errors (over 20 %; Rabiner et al., 1976) of F0 among the hops that are voiced in both.
    ///
    /// - Parameter file: lines `time f0` in seconds and Hz, ascending, 0 = unvoiced.
    static func f0Errors(_ records: [HopRecord], file: String) throws(AuditError) -> ErrorCount {
        var errors = ErrorCount()
        for line in try lines(of: file, columns: 2...2) where line.second > 0 {
            let hop = (line.first * Double(AudioGrid.hopsPerSecond)).rounded(.down)
            guard hop >= 0, hop < Double(records.count) else { continue }
            let found = Double(records[Int(hop)].f0Hz)
            if found > 0 { errors.add(isWrong: abs(found / line.second - 1) > 0.2) }
        }
        return errors
    }

    private static func lines(
        of file: String, columns: ClosedRange<Int>
    ) throws(AuditError) -> [(first: Double, second: Double, label: String?)] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw AuditError(description: "\(file) can't be read; give a text file with the reference")
        }
        var found: [(first: Double, second: Double, label: String?)] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let parts = line.split { $0.isWhitespace || $0 == "," }
            if parts.isEmpty { continue }
            guard columns.contains(parts.count), let first = Double(parts[0]), let second = Double(parts[1]),
                first.isFinite, second.isFinite
            else {
                throw AuditError(description: "\(file), line \(number + 1): give two numbers, as docs/audit.md says")
            }
            found.append((first, second, parts.count > 2 ? String(parts[2]) : nil))
        }
        return found
    }
}
