/// What FFmpeg is told to open, and how.
struct OpenPlan {
    /// Media that is analysed at first of a live input, whose formats mostly never say that all streams are
    /// known.
    private static let liveAnalysisMicroseconds: Int64 = 500_000

    private(set) var url: String
    private(set) var entries: [(String, String)] = []
    /// Media to analyse; `nil` leaves it to FFmpeg.
    let analysisMicroseconds: Int64?

    init(_ location: Location, text: String, options: InputOptions) {
        url = text
        analysisMicroseconds = location.isLive ? OpenPlan.liveAnalysisMicroseconds : nil
        var isRemote = false
        switch location {
        // The prefix keeps FFmpeg from taking a colon in the path for a scheme.
        case .file(let path): url = "file:" + path
        case .fifo, .descriptor: url = ""
        case .url(let scheme):
            isRemote = !InputOptions.localProtocols.contains(scheme)
            addOptions(of: scheme)
        }
        entries += options.demuxerOptions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        // Last, so that no other option can widen it.
        let allowed = options.allowedProtocols.filter {
            !isRemote || !InputOptions.localProtocols.contains($0)
        }
        entries.append(("protocol_whitelist", allowed.joined(separator: ",")))
    }

    private mutating func addOptions(of scheme: String) {
        switch scheme {
        case "udp":
            // A burst that overruns the receive buffer is loss, not the end.
            entries.append(("overrun_nonfatal", "1"))
        case "rtsp", "rtsps":
            // Over UDP the demuxer holds packets back and stumbles over restarted senders.
            entries.append(("rtsp_flags", takeListenItem() ? "listen" : "prefer_tcp"))
        case "rtmp", "rtmps", "rtmpt", "rtmpts":
            if takeListenItem() { entries.append(("listen", "1")) }
        case "http", "https", "hls":
            // Analysis wants the present; smooth playback is no aim.
            if isPlaylist { entries.append(("live_start_index", "-1")) }
        default: break
        }
    }

    private var isPlaylist: Bool {
        url.prefix { $0 != "?" && $0 != "#" }.hasSuffix(".m3u8")
    }

    /// Removes `listen=1` from the query, which these protocols take as an option only.
    private mutating func takeListenItem() -> Bool {
        guard let mark = url.lastIndex(of: "?") else { return false }
        var items = url[url.index(after: mark)...].split(separator: "&")
        guard let listen = items.firstIndex(of: "listen=1") else { return false }
        items.remove(at: listen)
        url = url[..<mark] + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
        return true
    }
}
