import CPlatform
import Events
import Glibc
import Isolation
import Kit
import Logging
import Pipeline
import Synchronization
import Words

/// Writes down what speakers say who agreed to that: one process for all sessions, which decodes two units at a time.
/// It is started with the first such speaker and ended some time after the last. Where it fails it is started again,
/// with growing pauses, and what waited meanwhile is given up.
///
/// `add`, `listen` and `leave` return at once, from any thread; a thread of its own does the rest.
final class RecogniserPool: Sendable {
    /// What is told of it.
    struct Statistics: Sendable, Equatable {
        /// `off`, `missing`, `idle`, `loading`, `running` or `failed`.
        var state = State.idle
        /// Units that were written down, in which nothing was heard, given up because they had waited for too long or
        /// there was no room, given up because the recogniser failed, and of speakers who did not permit it any more.
        var decoded = 0, empty = 0, late = 0, failed = 0, withdrawn = 0
        /// How often its process has ended by itself.
        var failures = 0
        /// Audio that was written down, and CPU time that it took, seconds.
        var audioSeconds = 0.0, cpuSeconds = 0.0
        var waiting = 0
    }

    enum State: String, Sendable, CaseIterable { case off, missing, idle, loading, running, failed }

    private struct Shared {
        var queue = UnitQueue()
        var shedding = WordShedding()
        /// What sessions are to be told; not under the lock, within which nothing else is locked.
        var tellings: [(speaker: HeardSpeaker, body: EventBody)] = []
        var statistics = Statistics()
        var listeners = 0
        var hasThread = false
        var isStopped = false
        /// When the last listener left.
        var aloneSince: Int64 = 0

        /// Counts units that are given up, and has their sessions told.
        mutating func giveUp(_ units: [WaitingUnit], nowNanoseconds now: Int64) {
            statistics.late += units.count
            for unit in units {
                if let degraded = shedding.note(unit, nowNanoseconds: now) {
                    tellings.append((unit.speaker, .degraded(degraded)))
                }
            }
        }
    }

    static let slots = 2
    /// How long the process stays without anybody to listen to.
    static let idleNanoseconds: Int64 = 60_000_000_000

    private let model: RecogniserModel?
    private let logger: Logger
    private let shared: Mutex<Shared>
    /// Wakes the thread: an eventfd, closed with this.
    private let wake: Int32

    /// - Parameter model: nil for none: then nobody is listened to.
    init(_ model: RecogniserModel?, state: State = .idle, logger: Logger) {
        self.model = model
        self.logger = logger
        var shared = Shared()
        shared.statistics.state = model == nil ? (state == .idle ? .missing : state) : .idle
        self.shared = Mutex(shared)
        wake = attune_wake_open()
    }

    deinit { if wake >= 0 { close(wake) } }

    /// Whether anybody is listened to.
    var isOn: Bool { model != nil && wake >= 0 }

    var statistics: Statistics {
        shared.withLock { shared in
            var statistics = shared.statistics
            statistics.waiting = shared.queue.count
            return statistics
        }
    }

    /// Somebody may be listened to from now on: the model is loaded, so that it is there when they have spoken.
    func listen() {
        shared.withLock { $0.listeners += 1 }
        startThread()
    }

    /// Somebody is not listened to any more.
    func leave() {
        shared.withLock { shared in
            shared.listeners -= 1
            shared.aloneSince = HostClock.monotonicNanoseconds()
        }
        signal()
    }

    /// Has a unit written down.
    func add(_ unit: SpeechUnit, of speaker: HeardSpeaker, permission: Int) {
        guard isOn else { return }
        let now = HostClock.monotonicNanoseconds()
        let waiting = WaitingUnit(unit: unit, speaker: speaker, permission: permission, cameNanoseconds: now)
        shared.withLock { shared in
            shared.giveUp(shared.queue.add(waiting), nowNanoseconds: now)
        }
        startThread()
        signal()
    }

    /// Ends the process; nothing is written down any more.
    func stop() {
        shared.withLock { $0.isStopped = true }
        signal()
    }

    private func signal() {
        var one: UInt64 = 1
        // Where it can't be written it is full, and the thread wakes anyway.
        _ = write(wake, &one, 8)
    }

    private func startThread() {
        let starts = shared.withLock { shared in
            guard isOn, !shared.hasThread, !shared.isStopped else { return false }
            shared.hasThread = true
            return true
        }
        guard starts else { return }
        guard BlockingThread.start(name: "recogniser", { self.run() }) else {
            logger.error("no thread for the recogniser; what is said is not written down")
            shared.withLock { $0.hasThread = false }
            return
        }
    }

    // MARK: The thread

    private func run() {
        var backoff = Backoff(
            minMilliseconds: 1_000, maxMilliseconds: 60_000, using: SystemRandomNumberGenerator())
        while shouldRun() {
            guard let model else { break }
            do throws(RecogniserFailure) {
                set(.loading)
                let process = try RecogniserProcess(
                    program: model.program, folder: model.files.folder, slots: Self.slots)
                try serve(process) { backoff.reset() }
            } catch {
                let lost = shared.withLock { shared in
                    shared.statistics.failures += 1
                    shared.statistics.state = .failed
                    let lost = shared.queue.removeAll()
                    shared.statistics.failed += lost
                    return lost
                }
                let pause = backoff.next()
                logger.error(
                    "\(error.description); \(lost) units are lost, it is started again in \(pause / 1_000) s where wanted"
                )
                BlockingThread.sleep(milliseconds: pause) { self.shared.withLock { $0.isStopped } }
            }
        }
    }

    /// Whether the process is wanted; the thread ends where not.
    private func shouldRun() -> Bool {
        shared.withLock { shared in
            let isWanted = !shared.isStopped && (shared.listeners > 0 || !shared.queue.isEmpty)
            if !isWanted {
                shared.hasThread = false
                if shared.statistics.state != .failed || shared.isStopped { shared.statistics.state = .idle }
            }
            return isWanted
        }
    }

    private func set(_ state: State) { shared.withLock { $0.statistics.state = state } }

    /// Feeds the process until nobody wants it any more.
    private func serve(_ process: RecogniserProcess, _ succeeded: () -> Void) throws(RecogniserFailure) {
        var units: [WaitingUnit?] = Array(repeating: nil, count: process.slots)
        while !isOver(isBusy: units.contains { $0 != nil }) {
            tell()
            while let slot = process.freeSlot, let unit = takeNext() {
                units[slot] = unit
                try process.decode(unit.unit.samples, in: slot)
            }
            // One that has nothing to do is looked after now and then, too.
            switch try process.receive(milliseconds: 1_000, or: wake) {
            case .nothing: clearWake()
            case .ready(let confinement):
                set(.running)
                logger.info("the recogniser runs (\(confinement))")
            case .text(let slot, let text, let milliseconds):
                succeeded()
                if let unit = units[slot] { take(text, of: unit, milliseconds: milliseconds) }
                units[slot] = nil
            }
        }
    }

    /// Tells sessions what is given up of them, or is not any more.
    private func tell() {
        let now = HostClock.monotonicNanoseconds()
        let tellings = shared.withLock { shared in
            shared.tellings += shared.shedding.recovered(nowNanoseconds: now).map {
                ($0.speaker, .recovered($0.recovered))
            }
            defer { shared.tellings = [] }
            return shared.tellings
        }
        for telling in tellings { telling.speaker.report(telling.body) }
    }

    private func clearWake() {
        var count: UInt64 = 0
        _ = read(wake, &count, 8)
    }

    private func isOver(isBusy: Bool) -> Bool {
        let now = HostClock.monotonicNanoseconds()
        return shared.withLock { shared in
            shared.isStopped
                || !isBusy && shared.listeners == 0 && shared.queue.isEmpty
                    && now - shared.aloneSince >= Self.idleNanoseconds
        }
    }

    private func takeNext() -> WaitingUnit? {
        let now = HostClock.monotonicNanoseconds()
        return shared.withLock { shared in
            let before = shared.queue.count
            let next = shared.queue.next(nowNanoseconds: now)
            shared.giveUp(next.late, nowNanoseconds: now)
            shared.statistics.withdrawn +=
                before - shared.queue.count - next.late.count - (next.unit == nil ? 0 : 1)
            return next.unit
        }
    }

    private func take(_ text: String?, of unit: WaitingUnit, milliseconds: Int) {
        let counts = text.map { !$0.isEmpty && unit.speaker.take($0, of: unit.unit, permission: unit.permission) }
        let isPermitted = unit.speaker.permits(unit.permission)
        shared.withLock { shared in
            shared.statistics.audioSeconds += unit.seconds
            shared.statistics.cpuSeconds += Double(milliseconds) / 1_000
            switch (isPermitted, text, counts) {
            case (false, _, _): shared.statistics.withdrawn += 1
            case (_, nil, _): shared.statistics.failed += 1
            case (_, "", _): shared.statistics.empty += 1
            case (_, _, true): shared.statistics.decoded += 1
            default: shared.statistics.late += 1
            }
        }
    }
}
