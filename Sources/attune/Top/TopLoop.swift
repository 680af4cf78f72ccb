import ControlAPI
import Events
import Glibc
import Synchronization

/// What the connection to the daemon and the screen share.
final class TopBoard: Sendable {
    /// Why there are no more events.
    enum End: Sendable {
        case daemonGone, sessionOver
        case failed(any Error)
    }

    private struct Shared {
        var state = TopState()
        /// Counts the changes of the state.
        var version = 0
        var isConnected = false
        var end: End?
    }

    private let shared = Mutex(Shared())

    func take(_ line: EventLine) {
        shared.withLock { shared in
            shared.isConnected = true
            if shared.state.take(line) { shared.version += 1 }
        }
    }

    func take(_ latency: EventLatencySummary) {
        shared.withLock { shared in
            guard shared.state.latency != latency else { return }
            shared.state.latency = latency
            shared.version += 1
        }
    }

    func end(_ end: End) { shared.withLock { $0.end = $0.end ?? end } }

    var end: End? { shared.withLock(\.end) }
    var isConnected: Bool { shared.withLock(\.isConnected) }
    var version: Int { shared.withLock(\.version) }
    var state: TopState { shared.withLock(\.state) }
}

/// The signal that asked to end, 0 if none has. Set in a signal handler: an atomic is all that may be touched there.
private let askedToEnd = Atomic<Int32>(0)

/// Draws the state as it changes and takes the keys, on the thread that runs it.
struct TopLoop {
    /// How it came to an end.
    enum Outcome: Sendable {
        case quit
        case signalled(Int32)
        case ended(TopBoard.End)
        /// Nothing was shown: this terminal can't be driven.
        case noScreen
    }

    let board: TopBoard

    private static let waitMilliseconds: Int32 = 50

    func run() -> Outcome {
        // Nothing is taken from the terminal before it is known that there is something to show.
        while !board.isConnected {
            if let end = board.end { return .ended(end) }
            usleep(10_000)
        }
        _ = askedToEnd.load(ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { askedToEnd.store($0, ordering: .relaxed) }
        }
        guard let screen = TopScreen() else { return .noScreen }
        var view = TopView()
        var drawn: Int?
        while true {
            let asked = askedToEnd.load(ordering: .relaxed)
            if asked != 0 { return .signalled(asked) }
            if let end = board.end { return .ended(end) }
            let version = board.version
            if drawn != version {
                screen.draw(TopLayout(board.state, view, width: screen.width, height: screen.height).lines)
                drawn = version
            }
            switch screen.input(milliseconds: Self.waitMilliseconds) {
            case .nothing: continue
            case .resized: break
            case .key(let key):
                let state = board.state
                let page = TopLayout(state, view, width: screen.width, height: screen.height).page
                view.press(key, state, page: page)
                if view.wantsToQuit { return .quit }
            }
            drawn = nil
        }
    }
}
