import CPlatform
import Diarisation
import Glibc
import Kit
import Logging
import Pipeline
import Synchronization

/// Tells the voices of all tracks apart that were attached so, on one thread of low priority, in turn. The networks are
/// loaded with the first such track and let go of with the last. Where more comes than can be heard, audio of the track
/// that is behind is given up, and nobody is heard in it.
///
/// What voices sound like is with this thread alone, until the track ends.
final class VoicePool: Sendable {
    /// What is told of it.
    struct Statistics: Sendable, Equatable {
        var state = State.missing
        /// Tracks whose voices are told apart.
        var tracks = 0
        /// Audio that was heard, that was given up because it had waited for too long, and that waits, seconds.
        var heardSeconds = 0.0, lateSeconds = 0.0, waitingSeconds = 0.0
        /// CPU time that this took, seconds.
        var cpuSeconds = 0.0
        /// How often the networks could not be loaded.
        var failures = 0
    }

    /// `missing` where the files are not there, `failed` where they can't be used.
    enum State: String, Sendable, CaseIterable { case missing, idle, running, failed }

    private struct Shared {
        var streams: [SeparatedStream] = []
        var statistics = Statistics()
        var hasThread = false
        var isStopped = false
    }

    /// Any model as one, made on the thread.
    struct Model: VoiceModel {
        let model: any VoiceModel
        func states(in window: [Float]) -> [Float] { model.states(in: window) }
        func embedding(of features: [Float]) -> [Float] { model.embedding(of: features) }
    }

    private let load: (@Sendable () throws -> any VoiceModel)?
    private let logger: Logger
    private let shared: Mutex<Shared>
    /// Wakes the thread: an eventfd, closed with this.
    private let wake: Int32

    /// - Parameter load: makes the networks, on the thread that uses them; nil where there are none.
    init(_ load: (@Sendable () throws -> any VoiceModel)?, logger: Logger) {
        self.load = load
        self.logger = logger
        wake = attune_wake_open()
        var shared = Shared()
        if load != nil, wake >= 0 { shared.statistics.state = .idle }
        self.shared = Mutex(shared)
    }

    deinit { if wake >= 0 { close(wake) } }

    /// Whether voices can be told apart, as far as is known.
    var isOn: Bool { shared.withLock { $0.statistics.state == .idle || $0.statistics.state == .running } }

    var statistics: Statistics {
        shared.withLock { shared in
            var statistics = shared.statistics
            statistics.tracks = shared.streams.count
            statistics.waitingSeconds = shared.streams.reduce(0) { $0 + $1.waitingSeconds }
            return statistics
        }
    }

    /// Tells the voices of a track apart from now on, until the stream is closed.
    func add(_ stream: SeparatedStream) {
        let starts = shared.withLock { shared in
            guard load != nil, wake >= 0, !shared.isStopped else { return false }
            shared.streams.append(stream)
            defer { shared.hasThread = true }
            return !shared.hasThread
        }
        if starts, !BlockingThread.start(name: "voices", { self.run() }) {
            logger.error("no thread for the voices; those of a track are not told apart")
            shared.withLock { ($0.hasThread, $0.streams) = (false, []) }
        }
    }

    /// Something came in for a stream, of which so many samples were given up.
    func note(lost samples: Int) {
        if samples > 0 { shared.withLock { $0.statistics.lateSeconds += Double(samples) / 16_000 } }
        var one: UInt64 = 1
        // Where it can't be written it is full, and the thread wakes anyway.
        _ = write(wake, &one, 8)
    }

    /// Ends the thread, and all that is known of voices.
    func stop() {
        shared.withLock { $0.isStopped = true }
        note(lost: 0)
    }

    // MARK: The thread

    private func run() {
        // Whoever answers packets goes before whoever tells voices apart.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        guard let model = loaded() else { return }
        var diarisers: [ObjectIdentifier: LiveDiariser<Model>] = [:]
        while let streams = current() {
            let began = HostClock.threadNanoseconds()
            var heard = 0
            for stream in streams where stream.isWaiting {
                let key = ObjectIdentifier(stream)
                guard let work = stream.take() else {
                    diarisers[key] = nil
                    shared.withLock { $0.streams.removeAll { $0 === stream } }
                    continue
                }
                var diariser = diarisers[key] ?? LiveDiariser(model: model, voices: stream.voices)
                for voice in work.forgotten { diariser.forget(voice: voice) }
                for block in work.blocks {
                    diariser.hear(start: block.start, samples: block.samples.span) { stream.put($0) }
                    heard += block.samples.count
                }
                diarisers[key] = diariser
            }
            let took = Double(HostClock.threadNanoseconds() - began) / 1e9
            shared.withLock { shared in
                shared.statistics.heardSeconds += Double(heard) / 16_000
                shared.statistics.cpuSeconds += took
            }
            sleepUntilWoken()
        }
    }

    private func loaded() -> Model? {
        do {
            guard let load else { return nil }
            let model = Model(model: try load())
            shared.withLock { $0.statistics.state = .running }
            return model
        } catch {
            logger.error("\(error); voices are not told apart")
            shared.withLock { shared in
                shared.statistics.state = .failed
                shared.statistics.failures += 1
                (shared.streams, shared.hasThread) = ([], false)
            }
            return nil
        }
    }

    /// The tracks there are; nil where the thread is not wanted any more.
    private func current() -> [SeparatedStream]? {
        shared.withLock { shared in
            guard !shared.isStopped, !shared.streams.isEmpty else {
                (shared.streams, shared.hasThread) = ([], false)
                shared.statistics.state = .idle
                return nil
            }
            return shared.streams
        }
    }

    private func sleepUntilWoken() {
        var waiting = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        // Looked after now and then, too.
        _ = poll(&waiting, 1, 1_000)
        var count: UInt64 = 0
        if waiting.revents != 0 { _ = read(wake, &count, 8) }
    }
}
