import CKernels

/// How much a mouth moves as it does in speech. Speech opens and closes the lips some four times a second; a yawn, a
/// smile or an open mouth does not.
public struct MouthActivity: Sendable {
    /// Half of the stretch that is looked at, seconds.
    static let halfSeconds = 0.3
    /// Change of the opening per second at which speech is as likely as not, in distances of the eyes.
    static let evenChange = 0.25
    /// Slower than this many looks a second the lips' movement is missed, with a little room for jitter.
    private static let longestStep = 0.17
    /// Beyond this yaw lips are seen from the side.
    private static let greatestYawDeg = 40.0

    private var openings: [(seconds: Double, opening: Double, isSeen: Bool)] = []

    /// Nothing was seen yet.
    public init() {}

    /// Takes in the opening of the lips at `seconds`; nil where they are not to be seen.
    public mutating func take(opening: Double?, yawDeg: Double, at seconds: Double) {
        openings.append((seconds, opening ?? 0, opening != nil && abs(yawDeg) <= Self.greatestYawDeg))
        openings.removeAll { seconds - $0.seconds > 6 * Self.halfSeconds }
    }

    /// How much the mouth moves as in speech around `seconds`, 0…1; nil where it is not seen well or often enough.
    public func speech(at seconds: Double) -> Double? {
        let around = openings.filter { abs($0.seconds - seconds) <= Self.halfSeconds + 0.001 }
        guard around.count >= 4, around.allSatisfy(\.isSeen), let first = around.first, let last = around.last else {
            return nil
        }
        var sum = 0.0
        for (before, after) in zip(around, around.dropFirst()) {
            guard after.seconds - before.seconds <= Self.longestStep else { return nil }
            sum += abs(after.opening - before.opening)
        }
        let change = sum / max(0.001, last.seconds - first.seconds)
        return change * change / (change * change + Self.evenChange * Self.evenChange)
    }
}
