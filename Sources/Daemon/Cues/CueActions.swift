import CPlatform
import Events
import Glibc
import Kit
import Logging
import Publish
import Settings
import Synchronization

/// Hands cues that are raised to a program of the operator's, one after the other, on a thread of its own: who raises
/// one only puts it into a bounded queue.
///
/// A cue waits at most as long as those before it take. If its speaker's consent is taken back meanwhile, or the
/// speaker is in another role, it is taken out.
final class CueActions: EventSink {
    /// What became of a cue; all are counted.
    enum Outcome: String, CaseIterable, Sendable {
        case delivered, failed
        case timedOut = "timed_out"
        /// There was no room, or there were too many of late.
        case queueFull = "queue_full"
        case overRate = "over_rate"
        /// Consent was taken back while it waited.
        case withdrawn
        /// The daemon ended first.
        case stopped
    }

    /// Cues that may wait; a second's, and at once.
    static let maxWaiting = 64, perSecond = 5, burst = 20

    private struct Waiting: Sendable {
        let session: String?
        let speaker: String?
        let line: [UInt8]
    }

    private struct State: Sendable {
        var waiting: [Waiting] = []
        var bucket = TokenBucket(tokensPerSecond: CueActions.perSecond, capacity: CueActions.burst)
        var counts: [Outcome: UInt64] = [:]
        var faults = DropReporter()
        var lastFault = ""
        var isStopped = false
        /// Whether the thread is gone, and the pipe with it.
        var hasEnded = false

        mutating func count(_ outcome: Outcome, _ number: Int = 1) {
            guard number > 0 else { return }
            counts[outcome, default: 0] += UInt64(number)
            if outcome != .delivered, outcome != .withdrawn, outcome != .stopped {
                faults.add(outcome.rawValue, count: UInt64(number))
            }
        }
    }

    private let state = Mutex(State())
    private let deliver: @Sendable ([UInt8], @escaping @Sendable () -> Bool) -> (delivery: CueDelivery, output: String)
    private let logger: Logger
    /// What wakes the thread: its end to read from, and that to write to.
    private let pipe: (read: Int32, write: Int32)

    /// The way out that the configuration names; nil where it names none.
    ///
    /// - Throws: `DaemonError` where it can't be used.
    static func make(_ settings: Settings.Cues, _ logger: Logger) throws -> CueActions? {
        guard let action = settings.onRaise else { return nil }
        switch action.target {
        case .command(let name):
            let command = CueCommand(
                folder: settings.commandsDirectory ?? "", name: name, timeoutMilliseconds: action.timeoutMilliseconds)
            if let fault = command.fault { throw DaemonError(exitCode: 78, message: "cues.on_raise: \(fault)") }
            return try CueActions(logger) { command.run($0, isStopped: $1) }
        case .url(let address, let target):
            let hook = CueWebhook(address: address, target: target, timeoutMilliseconds: action.timeoutMilliseconds)
            return try CueActions(logger) { (hook.post($0, isStopped: $1), "") }
        }
    }

    /// Hands lines to `deliver`, which may block until it is told that it is stopped.
    init(
        _ logger: Logger,
        deliver:
            @escaping @Sendable ([UInt8], @escaping @Sendable () -> Bool) -> (
                delivery: CueDelivery, output: String
            )
    ) throws {
        self.logger = logger
        self.deliver = deliver
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else {
            throw DaemonError(exitCode: 71, message: "cues.on_raise: no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        pipe = (ends[0], ends[1])
        guard BlockingThread.start(name: "cues", { [self] in run() }) else {
            close(ends[0])
            close(ends[1])
            throw DaemonError(
                exitCode: 71, message: "cues.on_raise: the system gives no thread for it; try again later")
        }
    }

    func take(_ event: Event, arrivedNanoseconds: Int64?) {
        switch event.body {
        case .cueRaised: add(event)
        // Each of them may mean that what was measured before is to be forgotten.
        case .consent(let change) where change.takesBack: withdraw(event)
        case .cueCleared(let cue) where cue.reason == .consentChanged: withdraw(event)
        case .speakerJoined: withdraw(event)
        default: break
        }
    }

    private func add(_ event: Event) {
        let line = event.encoded(sequence: nil, at: rfc3339(PublishClock.system.wallMilliseconds())).line
        state.withLock { state in
            guard !state.isStopped else { return state.count(.stopped) }
            guard state.waiting.count < Self.maxWaiting else { return state.count(.queueFull) }
            guard state.bucket.admits(nowNanoseconds: HostClock.monotonicNanoseconds()) else {
                return state.count(.overRate)
            }
            state.waiting.append(Waiting(session: event.session, speaker: event.speaker, line: line + [0x0A]))
            wake(state)
        }
    }

    private func withdraw(_ event: Event) {
        state.withLock { state in
            let before = state.waiting.count
            state.waiting.removeAll { $0.session == event.session && $0.speaker == event.speaker }
            state.count(.withdrawn, before - state.waiting.count)
        }
    }

    /// A full pipe wakes as well.
    private func wake(_ state: State) {
        if !state.hasEnded { withUnsafeBytes(of: UInt8(1)) { _ = write(pipe.write, $0.baseAddress, 1) } }
    }

    // MARK: The thread

    private func run() {
        while !isStopped {
            if let next = next() { hand(over: next) } else { rest() }
            report()
        }
        state.withLock { state in
            state.count(.stopped, state.waiting.count)
            state.waiting = []
            state.hasEnded = true
            close(pipe.read)
            close(pipe.write)
        }
    }

    private func next() -> Waiting? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func hand(over next: Waiting) {
        let (delivery, output) = deliver(next.line) { [self] in isStopped }
        let said = output.isEmpty ? "" : "; it said: \(output)"
        state.withLock { state in
            switch delivery {
            case .delivered: state.count(.delivered)
            case .stopped: state.count(.stopped)
            case .timedOut:
                state.count(.timedOut)
                state.lastFault = "it took too long and was broken off\(said)"
            case .failed(let why):
                state.count(.failed)
                state.lastFault = why + said
            }
        }
    }

    /// Waits to be woken, and looks in between whether there is something to report.
    private func rest() {
        var request = pollfd(fd: pipe.read, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, 1_000) > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(pipe.read, &bytes, bytes.count) == bytes.count {}
    }

    private func report() {
        let line = state.withLock { state -> String? in
            guard let faults = state.faults.take(nowNanoseconds: HostClock.monotonicNanoseconds()) else { return nil }
            defer { state.lastFault = "" }
            return state.lastFault.isEmpty ? faults : "\(faults); the last one: \(state.lastFault)"
        }
        if let line { logger.warning("cues.on_raise: \(line)") }
    }

    // MARK: For others

    /// How many cues became what.
    var counts: [(outcome: Outcome, count: UInt64)] {
        state.withLock { state in Outcome.allCases.map { ($0, state.counts[$0] ?? 0) } }
    }

    /// Breaks off what runs, and lets go of what waits; returns once the thread is gone.
    func stop() async {
        state.withLock { state in
            state.isStopped = true
            wake(state)
        }
        while !state.withLock({ $0.hasEnded }) { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
