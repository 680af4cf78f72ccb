import Foundation

/// How far something is, on standard error while that is a terminal: a bar, the rate, and the time that is left.
final class ProgressBar {
    private let what: String
    private let isShown: Bool
    private let begin = ContinuousClock.now
    private var next: ContinuousClock.Instant
    private var isOnScreen = false

    private static let width = 24
    private static let pause = Duration.milliseconds(100)

    init(_ what: String) {
        self.what = what
        isShown = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        // What is done in a moment needs no bar.
        next = begin + Self.pause
    }

    deinit { clear() }

    /// Shows how much is done, at most ten times a second.
    ///
    /// - Parameters:
    ///   - all: how much there is to do; nil where that is not known.
    ///   - text: says it in words, given how much is done per second.
    func show(_ done: Double, of all: Double?, _ text: (Double) -> String) {
        let now = ContinuousClock.now
        guard isShown, now >= next else { return }
        next = now + Self.pause
        let seconds = begin.duration(to: now) / .seconds(1)
        let line = Self.line(what, done, of: all, seconds: seconds, text)
        put("\r\(line)\u{1B}[K")
        isOnScreen = true
    }

    /// Takes it off the screen.
    func clear() {
        guard isOnScreen else { return }
        put("\r\u{1B}[K")
        isOnScreen = false
    }

    /// The line after so many seconds.
    static func line(
        _ what: String, _ done: Double, of all: Double?, seconds: Double, _ text: (Double) -> String
    ) -> String {
        let rate = seconds > 0 && done > 0 ? min(1e9, done / seconds) : 0
        guard let all, all > 0 else { return "\(what)  \(text(rate))" }
        let share = max(0, min(1, done / all))
        let filled = Int(share * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        let left = rate > 0 ? ", \(clock((1 - share) * all / rate)) left" : ""
        return "\(what)  [\(bar)] \(Int(share * 100)) %  \(text(rate))\(left)"
    }

    private func put(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
