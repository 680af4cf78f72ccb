import Kit
import Logging

/// What is refused on the daemon's own sockets; the event socket counts by itself.
struct SocketRefusals: Sendable {
    let control, pcm, audioSocket, http, webSocket: Refusals

    init(_ logger: Logger) {
        func refusals(_ socket: String) -> Refusals {
            Refusals { logger.warning("connections to \(socket) refused: \($0)") }
        }
        control = refusals("the control socket")
        pcm = refusals("the PCM socket")
        audioSocket = refusals("sources.audiosocket")
        http = refusals("sockets.http")
        webSocket = refusals("sources.websocket")
    }

    /// Each socket as the metrics name it.
    var all: [(socket: String, refusals: Refusals)] {
        [("control", control), ("pcm", pcm), ("audiosocket", audioSocket), ("http", http), ("websocket", webSocket)]
    }
}
