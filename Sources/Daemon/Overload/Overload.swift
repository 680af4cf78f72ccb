import Events
import Logging
import NIOCore
import Settings

/// The parts of the daemon that may have too much to do, each with its own controller: what one event loop can't carry
/// is not helped by giving up what another one carries.
struct Overload: Sendable {
    let timers: [RTPTimer]
    /// Nil where nothing is shed.
    let threads: ThreadLoad?
    let board = LoadBoard()

    init(_ settings: Settings.Overload, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        let board = board
        func part(_ name: String, _ reason: Degraded.Reason) -> LoadPart {
            LoadPart(name: name, reason: reason, target: settings.target, board: board, logger: logger)
        }
        timers = eventLoopGroup.makeIterator().enumerated().map { number, eventLoop in
            RTPTimer(
                eventLoop: eventLoop, load: settings.isEnabled ? part("event loop \(number)", .loopLate) : nil)
        }
        threads =
            settings.isEnabled
            ? ThreadLoad(part: part("source threads", .analysisBehind), eventLoop: eventLoopGroup.next()) : nil
    }
}
