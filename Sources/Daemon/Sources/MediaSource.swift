import Events
import Logging
import Synchronization

/// A live input of a session, supervised until it ends or is stopped.
protocol MediaSource: AnyObject, Sendable {
    var monitor: SourceMonitor { get }
    /// Opens the input; returns once it is open, or is known to need longer. Called once.
    ///
    /// - Throws: `SourceFailure` where it can't be opened at all, or was stopped meanwhile; nothing is left open then.
    func open() async throws
    /// Stops the input, also while it is being opened, and waits until its thread or socket is gone. The speakers have
    /// left by then. May be called more than once.
    func stop() async
    /// Takes what the sender says of media that does not come: on hold, muted or paused; nil where it comes again.
    ///
    /// - Parameter track: the track that it is said of; nil for all.
    func setAbsence(track: Int?, _ why: Gap.Why?)
}

/// Why a source was refused.
struct SourceFailure: Error {
    enum Kind { case badInput, notFound, unavailable, detached }
    var kind: Kind
    /// One line naming the thing and the remedy; free of credentials.
    var message: String

    /// It was stopped while it was being opened.
    static func detached(_ url: String) -> SourceFailure {
        SourceFailure(kind: .detached, message: "\(url) was detached while it was being opened; attach it again")
    }

    /// Why the source has ended, as it is told with its state.
    var reason: String { (kind == .detached ? SourceEnd.detached : .failed(message)).reason }
}

/// Why a source has ended.
enum SourceEnd: Equatable {
    /// Somebody asked for it.
    case detached
    /// All its media has come.
    case endOfMedia
    /// What was wrong, in one line.
    case failed(String)

    /// As it is told with the state of the source.
    var reason: String {
        switch self {
        case .detached: "detached"
        case .endOfMedia: "end of media"
        case .failed(let reason): reason
        }
    }

    /// As it is told of its speakers, who leave by that.
    var departure: String { self == .detached ? reason : "source ended" }
}

/// What happens to one source, told to its session as events and to the log.
final class SourceMonitor: Sendable {
    let id: String
    private let session: LiveSession
    private let logger: Logger
    private let current: Mutex<Current>

    private struct Current {
        var phase = SourcePhase.opening
        var reason: String?
        var url: String
        var isAnnounced = false
        /// Whether media that comes is none that can be used.
        var isHeld = false
        var unnamed: [String] = []
        var load = SourceLoad()
    }

    /// - Parameter url: the source's URL, free of credentials.
    init(id: String, url: String, session: LiveSession, logger: Logger = Logger(label: "source")) {
        self.id = id
        self.session = session
        self.logger = logger
        current = Mutex(Current(url: url))
    }

    var phase: SourcePhase { current.withLock { $0.phase } }
    var state: SourceState.State { phase.state }
    /// The URL, free of credentials.
    var url: String { current.withLock { $0.url } }

    /// State, URL and reason as of one moment.
    var status: SourceState {
        current.withLock { SourceState(source: id, url: $0.url, state: $0.phase.state, reason: $0.reason) }
    }

    /// What the source has counted, as of about a second ago.
    var load: SourceLoad { current.withLock { $0.load } }

    func note(_ load: SourceLoad) {
        current.withLock { $0.load = load }
    }

    /// Speakers that joined without having been named by the request.
    var unnamed: [String] { current.withLock { $0.unnamed } }

    func noteUnnamed(_ speaker: String) {
        current.withLock { $0.unnamed.append(speaker) }
    }

    func forgetUnnamed(_ speaker: String) {
        current.withLock { current in current.unnamed.removeAll { $0 == speaker } }
    }

    /// Puts the port that is really used into a URL that left it to the system (`rtp://127.0.0.1:0`).
    func noteReceiver(port: Int) {
        current.withLock { current in
            guard let colon = current.url.lastIndex(of: ":"), current.url[colon...].hasPrefix(":0") else { return }
            let after = current.url.index(colon, offsetBy: 2)
            current.url.replaceSubrange(colon..<after, with: ":\(port)")
        }
    }

    /// Tells that the source is there and waits for its first media; once, and not where that has come already.
    func begin() {
        current.withLock { current in
            guard !current.isAnnounced, current.phase == .opening else { return }
            publish(.opening, nil, &current)
        }
    }

    /// Changes the phase and tells it; staying in one is told only where a stall turns out to have another reason.
    func change(to phase: SourcePhase, reason: String? = nil) {
        // Told under the lock: of two threads the one that changes it first is heard first. The session's lock is
        // always the inner one.
        current.withLock { current in
            let isOtherStall =
                phase == .stalled && current.phase == .stalled && reason != nil && reason != current.reason
            guard current.phase.mayBecome(phase) || isOtherStall, phase != .live || !current.isHeld else { return }
            publish(phase, reason, &current)
        }
    }

    /// Says that what comes is no media that can be used: the source is stalled until `release`, whatever comes.
    func hold(reason: String) {
        current.withLock { $0.isHeld = true }
        change(to: .stalled, reason: reason)
    }

    func release() {
        current.withLock { $0.isHeld = false }
    }

    /// Tells the log what is odd about the source.
    func warn(_ warning: String) { logger.warning("odd media: \(warning)", metadata: metadata) }

    /// Says to the log which source something is said of.
    var metadata: Logger.Metadata { ["session": "\(session.id)", "source": "\(id)"] }

    private func publish(_ phase: SourcePhase, _ reason: String?, _ current: inout Current) {
        let line = phase.logLine(after: current.phase)
        current.phase = phase
        current.reason = reason
        current.isAnnounced = true
        logger.info("\(line)\(reason.map { ": " + $0 } ?? "")", metadata: metadata)
        session.report(
            phase.event(SourceState(source: id, url: current.url, state: phase.state, reason: reason)))
    }
}
