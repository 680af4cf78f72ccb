import Events
import Foundation
import Kit

/// The totals of a session for a person to read.
enum TotalsText {
    /// A small table, one line per speaker.
    static func text(of totals: SessionTotals) -> String {
        var text = String(
            format: "%@: %.1f s, %d speaker changes, overlap %@\n", printable(totals.session), totals.durationSeconds,
            totals.speakerChanges, percent(totals.overlapRatio))
        for speaker in totals.speakers {
            text += "  \(printable(speaker.name + (speaker.role.map { " (\($0))" } ?? ""))): "
            guard let metrics = speaker.metrics else {
                text += "consent \(speaker.consent.rawValue), not measured\n"
                continue
            }
            let lag = metrics.responseLagMedianMilliseconds.map { String(format: "%.0f ms", $0) } ?? "\u{2013}"
            text += String(
                format: "talk %@ (%.1f s), %d turns, response lag %@ (n %d), pauses %@\n",
                percent(metrics.talkRatio), metrics.speechSeconds, metrics.turns, lag, metrics.responseLags,
                percent(metrics.pauseRatio))
        }
        return text
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio.map { String(format: "%.1f %%", $0 * 100) } ?? "\u{2013}"
    }
}
