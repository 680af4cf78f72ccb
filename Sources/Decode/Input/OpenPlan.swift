/// What FFmpeg is told to open, and how.
struct OpenPlan {
    /// Media that is analysed at first of a live input, whose formats mostly never say that all streams are
    /// known.
    private static let liveAnalysisMicroseconds: Int64 = 500_000

    private(set) var url: String
    private(set) var entries: [(String, String)] = []
    /// What FFmpeg takes for its buffers by default: bytes read to find the streams, pieces of 188 bytes that wait of
    /// `udp://`, bytes of the index of a stream.
    private static let usualProbeBytes = 5_000_000, usualQueuePieces = 28_672, usualIndexBytes = 1 << 20
    /// Whether what is opened by TLS must show a certificate that this machine trusts.
    private(set) var verifiesCertificates = true
    /// A transport stream whose programme moves to other numbers goes on as the same streams.
    static let mergesProgrammes = "merge_pmt_versions"
    /// The demuxer's name, where the media itself does not tell.
    private(set) var formatName: String?
    /// Media to analyse; `nil` leaves it to FFmpeg.
    let analysisMicroseconds: Int64?

    init(_ location: Location, text: String, options: InputOptions) {
        url = text
        analysisMicroseconds = location.isLive ? OpenPlan.liveAnalysisMicroseconds : nil
        entries.append(("probesize", String(min(Self.usualProbeBytes, options.bufferBytes / 4))))
        entries.append(("indexmem", String(min(Self.usualIndexBytes, options.bufferBytes / 16))))
        entries.append(("max_streams", String(MediaBounds.streams)))
        entries.append((Self.mergesProgrammes, "1"))
        switch location {
        // The prefix keeps FFmpeg from taking a colon in the path for a scheme.
        case .file(let path):
            url = "file:" + path
            if let name = Self.bareFormat(of: path) {
                formatName = name
                entries.append(("sample_rate", "8000"))
            }
        case .fifo, .descriptor: url = ""
        case .url(let scheme):
            url = Self.withEscapedUserInfo(url)
            verifiesCertificates = !takeItem("tls_verify=0")
            addOptions(of: scheme, bufferBytes: options.bufferBytes)
        }
        entries += options.demuxerOptions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        // Last, so that no other option can widen them.
        let rules = LocationRules(location)
        let allowed = options.allowedProtocols.filter(rules.protocols.contains)
        entries.append(("protocol_whitelist", allowed.joined(separator: ",")))
        entries.append(("format_whitelist", rules.formats.joined(separator: ",")))
    }

    private mutating func addOptions(of scheme: String, bufferBytes: Int) {
        switch scheme {
        case "udp":
            // A burst that overruns the receive buffer is loss, not the end.
            entries.append(("overrun_nonfatal", "1"))
            entries.append(("fifo_size", String(min(Self.usualQueuePieces, bufferBytes / 4 / 188))))
        case "rtsp", "rtsps":
            // Over UDP the demuxer holds packets back and stumbles over restarted senders.
            entries.append(("rtsp_flags", takeItem("listen=1") ? "listen" : "prefer_tcp"))
        case "rtmp", "rtmps", "rtmpt", "rtmpts":
            if takeItem("listen=1") { entries.append(("listen", "1")) }
        case "http", "https", "hls":
            // Analysis wants the present; smooth playback is no aim.
            if Self.isPlaylist(url) { entries.append(("live_start_index", "-1")) }
        default: break
        }
    }

    /// Bare G.711, as Asterisk and other telephone systems write it, says nothing of itself but by its name.
    private static func bareFormat(of path: String) -> String? {
        switch path.split(separator: "/").last?.split(separator: ".").last?.lowercased() {
        case "ulaw", "ul", "mulaw", "pcmu": "mulaw"
        case "alaw", "al", "pcma": "alaw"
        default: nil
        }
    }

    /// The URL with what would end the host's part escaped in front of it: passwords have any sign.
    static func withEscapedUserInfo(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return url }
        let userInfo = authority[..<at].map { $0 == "#" ? "%23" : $0 == "?" ? "%3F" : String($0) }.joined()
        return url[..<scheme.upperBound] + userInfo + rest[at...]
    }

    /// Whether a URL names a playlist (HLS).
    static func isPlaylist(_ url: String) -> Bool {
        url.prefix { $0 != "?" && $0 != "#" }.hasSuffix(".m3u8")
    }

    /// Removes an item from the query that is not for the other side.
    private mutating func takeItem(_ item: String) -> Bool {
        guard let mark = url.lastIndex(of: "?") else { return false }
        var items = url[url.index(after: mark)...].split(separator: "&")
        guard let place = items.firstIndex(of: item[...]) else { return false }
        items.remove(at: place)
        url = url[..<mark] + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
        return true
    }
}
