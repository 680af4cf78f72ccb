/// When a sender of pictures is asked for a key frame (RTCP PLI, RFC 4585, section 6.3.1): at once where one is needed,
/// and again, less and less often, while none comes. Has no clock.
struct KeyFrameRequests {
    /// The least time between two requests, whatever happens, and the longest while none is answered; nanoseconds.
    static let leastPause: Int64 = 500_000_000, mostPause: Int64 = 8_000_000_000

    /// Whether nothing can be decoded before the next key frame.
    private(set) var isNeeded = true
    private var latest: Int64?
    private var pause = leastPause

    /// Something is missing.
    mutating func need() {
        guard !isNeeded else { return }
        isNeeded = true
        pause = Self.leastPause
    }

    /// Everything begins anew: what was asked for in vain before does not count.
    mutating func needAnew() { (isNeeded, pause) = (true, Self.leastPause) }

    /// A key frame has come.
    mutating func satisfy() { isNeeded = false }

    /// Whether to ask now; who is told so asks.
    mutating func isDue(nowNanoseconds now: Int64) -> Bool {
        guard isNeeded else { return false }
        if let latest {
            guard now &- latest >= pause || now < latest else { return false }
            pause = min(2 * pause, Self.mostPause)
        }
        latest = now
        return true
    }
}
