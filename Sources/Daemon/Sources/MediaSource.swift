import Events
import Synchronization

/// A live input of a session, supervised until it ends or is stopped.
protocol MediaSource: AnyObject, Sendable {
    var monitor: SourceMonitor { get }
    /// Opens the input; returns once it is open, or is known to need longer.
    ///
    /// - Throws: `SourceFailure` where it can't be opened at all.
    func open() async throws
    /// Stops the input and waits until its thread or socket is gone. The speakers have left by then.
    func stop() async
}

/// Why a source was refused.
struct SourceFailure: Error {
    enum Kind { case badInput, notFound, unavailable }
    var kind: Kind
    /// One line naming the thing and the remedy; free of credentials.
    var message: String
}

/// What happens to one source, told to its session as events.
final class SourceMonitor: Sendable {
    let id: String
    private let session: LiveSession
    private let current: Mutex<Current>

    private struct Current {
        var state = SourceState.State.connecting
        var url: String
        var unnamed: [String] = []
        var load = SourceLoad()
    }

    /// - Parameter url: the source's URL, free of credentials.
    init(id: String, url: String, session: LiveSession) {
        self.id = id
        self.session = session
        current = Mutex(Current(url: url))
    }

    var state: SourceState.State { current.withLock { $0.state } }
    /// The URL, free of credentials.
    var url: String { current.withLock { $0.url } }

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

    /// Changes the state and publishes the change; staying in a state is no event.
    func change(to state: SourceState.State, reason: String? = nil) {
        let url: String? = current.withLock { current in
            guard current.state != state, current.state != .ended else { return nil }
            current.state = state
            return current.url
        }
        guard let url else { return }
        let payload = SourceState(source: id, url: url, state: state, reason: reason)
        switch state {
        case .connecting: break
        case .live: session.report(.sourceConnected(payload))
        case .stalled: session.report(.sourceStalled(payload))
        case .reconnecting: session.report(.sourceReconnecting(payload))
        case .ended: session.report(.sourceEnded(payload))
        }
    }
}
