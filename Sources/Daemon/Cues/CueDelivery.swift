import Glibc
import Kit

/// What became of a cue on its way to the host.
enum CueDelivery: Equatable {
    case delivered
    /// Why not, in one line.
    case failed(String)
    /// It took too long, and was broken off.
    case timedOut
    /// The daemon ends.
    case stopped
}

/// Until when something may take, and whether it is to be broken off before.
struct CueDeadline {
    let endNanoseconds: Int64
    let isStopped: @Sendable () -> Bool

    init(milliseconds: Int, isStopped: @escaping @Sendable () -> Bool) {
        endNanoseconds = HostClock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        self.isStopped = isStopped
    }

    /// What ends the waiting; nil where it goes on.
    var verdict: CueDelivery? {
        if isStopped() { return .stopped }
        return HostClock.monotonicNanoseconds() >= endNanoseconds ? .timedOut : nil
    }

    /// Waits a little for one of the descriptors; those below 0 are left out.
    ///
    /// - Returns: whether each has something.
    func wait(_ requests: [(descriptor: Int32, events: Int32)]) -> [Bool] {
        var polled = requests.map { pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0) }
        // Short, because whoever stops the daemon waits for it, and the end of a process is asked for.
        guard poll(&polled, nfds_t(polled.count), 20) > 0 else { return requests.map { _ in false } }
        return polled.map { $0.revents != 0 }
    }
}
