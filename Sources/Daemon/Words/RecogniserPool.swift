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
        /// Units that were written down while they went on, and those of these that were given up.
        var partials = 0, latePartials = 0
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
        /// Units that were given up after they had been told while they went on.
        var retractions: [WaitingUnit] = []
        /// Units that are being written down, by the process's slots.
        var decoding: [Int: WaitingUnit] = [:]
        var statistics = Statistics()
        var listeners = 0
        var hasThread = false
        var isStopped = false
        /// Until when there are no partial units, because others had to wait.
        var noPartialsUntil: Int64 = 0
        /// When the last listener left.
        var aloneSince: Int64 = 0

        /// Counts units that are given up, and has their sessions told.
        mutating func giveUp(_ units: [WaitingUnit], nowNanoseconds now: Int64) {
            for unit in units {
                guard !unit.unit.isPartial else {
                    statistics.latePartials += 1
                    continue
                }
                statistics.late += 1
                if unit.unit.hadPartials { retractions.append(unit) }
                if let degraded = shedding.note(unit, nowNanoseconds: now) {
                    tellings.append((unit.speaker, .degraded(degraded)))
                }
            }
        }
    }

    static let slots = 2
    /// Where a unit has waited for so long, there are no partial ones for a while.
    private static let waitedNanoseconds: Int64 = 300_000_000, partialPauseNanoseconds: Int64 = 10_000_000_000
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

    /// Whether there is room for what still goes on: only where nothing else is to be written down, so that what has
    /// ended finds a free place, and where nothing had to wait of late.
    var takesPartials: Bool {
        let now = HostClock.monotonicNanoseconds()
        return shared.withLock {
            $0.statistics.state == .running && $0.decoding.isEmpty && $0.queue.isEmpty && now >= $0.noPartialsUntil
        }
    }

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
                    let lost = (shared.queue.removeAll() + shared.decoding.values).filter { !$0.unit.isPartial }
                    shared.decoding = [:]
                    shared.statistics.failed += lost.count
                    shared.retractions += lost.filter(\.unit.hadPartials)
                    return lost.count
                }
                tell()
                let pause = backoff.next()
                logger.error(
                    """
                    \(error.description); \(lost) units are lost, it is started again in \(pause / 1_000) s where \
                    wanted
                    """
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
        while !isOver() {
            tell()
            while let slot = process.freeSlot, let unit = takeNext(for: slot) {
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
                take(text, in: slot, milliseconds: milliseconds)
            }
        }
    }

    /// Tells sessions what is given up of them, or is not any more.
    private func tell() {
        let now = HostClock.monotonicNanoseconds()
        let (tellings, retractions) = shared.withLock { shared in
            shared.tellings += shared.shedding.recovered(nowNanoseconds: now).map {
                ($0.speaker, .recovered($0.recovered))
            }
            defer { (shared.tellings, shared.retractions) = ([], []) }
            return (shared.tellings, shared.retractions)
        }
        for telling in tellings { telling.speaker.report(telling.body) }
        for unit in retractions { _ = unit.speaker.take("", of: unit.unit, permission: unit.permission) }
    }

    private func clearWake() {
        var count: UInt64 = 0
        _ = read(wake, &count, 8)
    }

    private func isOver() -> Bool {
        let now = HostClock.monotonicNanoseconds()
        return shared.withLock { shared in
            shared.isStopped
                || shared.decoding.isEmpty && shared.listeners == 0 && shared.queue.isEmpty
                    && now - shared.aloneSince >= Self.idleNanoseconds
        }
    }

    private func takeNext(for slot: Int) -> WaitingUnit? {
        let now = HostClock.monotonicNanoseconds()
        return shared.withLock { shared in
            let before = shared.queue.count
            let next = shared.queue.next(nowNanoseconds: now)
            shared.giveUp(next.late, nowNanoseconds: now)
            shared.statistics.withdrawn +=
                before - shared.queue.count - next.late.count - (next.unit == nil ? 0 : 1)
            shared.decoding[slot] = next.unit
            if let unit = next.unit, !unit.unit.isPartial, now - unit.cameNanoseconds > Self.waitedNanoseconds {
                shared.noPartialsUntil = now + Self.partialPauseNanoseconds
            }
            return next.unit
        }
    }

    private func take(_ text: String?, in slot: Int, milliseconds: Int) {
        guard let unit = shared.withLock({ $0.decoding[slot] }) else { return }
        let said = text ?? ""
        // Where nothing was heard in the end, what was told before is taken back.
        let isTold = !said.isEmpty || unit.unit.hadPartials && !unit.unit.isPartial
        let counts = isTold && unit.speaker.take(said, of: unit.unit, permission: unit.permission)
        let isPermitted = unit.speaker.permits(unit.permission)
        shared.withLock { shared in
            shared.decoding[slot] = nil
            shared.statistics.audioSeconds += unit.seconds
            shared.statistics.cpuSeconds += Double(milliseconds) / 1_000
            switch (isPermitted, text, counts) {
            case (false, _, _): shared.statistics.withdrawn += 1
            case _ where unit.unit.isPartial: shared.statistics.partials += 1
            case (_, nil, _): shared.statistics.failed += 1
            case (_, "", _): shared.statistics.empty += 1
            case (_, _, true): shared.statistics.decoded += 1
            default: shared.statistics.late += 1
            }
        }
    }
}
