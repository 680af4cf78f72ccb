import Control
import ControlAPI
import Text

/// What comes in as captions of one session: checked, and bounded in number.
///
/// A bucket of tokens, refilled by the host's clock: a recogniser that sends partial results several times a second
/// for each of many speakers stays far below it.
struct CaptionGate {
    /// Lines a second in the long run, and at once.
    static let linesPerSecond = 200.0, burst = 400.0

    private var tokens = Self.burst
    private var lastNanoseconds: Int64?

    /// Admits `count` lines at a time of the monotonic clock; false where they are too many.
    mutating func admit(_ count: Int, atNanoseconds now: Int64) -> Bool {
        let passed = Double(now - (lastNanoseconds ?? now)) / 1e9
        lastNanoseconds = now
        tokens = min(Self.burst, tokens + max(0, passed) * Self.linesPerSecond)
        guard Double(count) <= tokens else { return false }
        tokens -= Double(count)
        return true
    }

    /// The lines of a request; of several, those that are out of bounds are left out.
    ///
    /// - Throws: `Problem` naming the line that is wrong and the remedy, without its text, where there is no other.
    static func captions(of request: CaptionRequest) throws(Problem) -> [Caption] {
        var captions: [Caption] = []
        var wrong: Problem?
        for (index, line) in request.lines.enumerated() {
            do {
                captions.append(
                    try Caption(
                        speaker: canonicalName(line.speaker), startSeconds: line.startSeconds,
                        endSeconds: line.endSeconds,
                        text: line.text, isPartial: line.isPartial ?? false, id: line.id))
            } catch {
                let place = request.lines.count > 1 ? "line \(index + 1): " : ""
                wrong = wrong ?? Problem(status: 422, type: .invalidRequest, detail: "\(place)\(error)")
            }
        }
        if captions.isEmpty, let wrong { throw wrong }
        return captions
    }
}
