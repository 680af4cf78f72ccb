import ControlAPI
import Foundation

/// A call that a node hands over to another one: what that has to attach. It comes by the bus, as input from strangers.
struct CallMove: Codable {
    /// What came of it.
    struct Answer: Codable {
        /// Why it is not taken; nil where it is.
        var problem: String?
    }

    static let maxBytes = 64 << 10
    static let maxSources = 64

    /// The sources of one session.
    var sources: [AttachRequest]

    /// Reads what came; nil for what is no such order.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.maxBytes,
            let move = try? JSONDecoder().decode(CallMove.self, from: Data(bytes)),
            (1...Self.maxSources).contains(move.sources.count),
            move.sources.allSatisfy({ $0.session == move.sources[0].session && Self.isFetched($0.url) })
        else { return nil }
        self = move
    }

    init(sources: [AttachRequest]) { self.sources = sources }

    /// Whether a daemon fetches the media of a location from elsewhere: then any node can. What is sent to a node comes
    /// to that one, and files and pipes are on one machine.
    static func isFetched(_ url: String) -> Bool {
        let location = url.lowercased()
        let schemes = ["rtms:", "rtsp://", "rtsps://", "rtmp://", "rtmps://", "srt://", "http://", "https://"]
        let items = location.drop { $0 != "?" }.dropFirst().split(separator: "&")
        return schemes.contains(where: location.hasPrefix) && !items.contains("listen=1")
            && !items.contains("mode=listener")
    }
}
