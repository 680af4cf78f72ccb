/// What a worker needs to read a location: files, and the address that it names.
struct LocationNeeds {
    /// Host of a URL, without brackets; nil where there is none.
    private(set) var host: String?
    /// Port of the URL, or the usual one of its scheme.
    private(set) var port: UInt16 = 0
    /// Whether the other side could name an address for datagrams.
    private(set) var guardsDatagrams = true
    /// What may be read.
    private(set) var readablePaths: [String]

    /// What the libraries themselves read: further libraries, certificates, how names are resolved.
    private static let libraries = [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom", "/proc/self",
        "/proc/cpuinfo", "/sys/devices/system/cpu", "/etc/localtime", "/usr/share/zoneinfo",
    ]
    private static let network = [
        "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
        "/run/systemd/resolve", "/run/nscd", "/etc/ssl", "/etc/pki", "/etc/gnutls", "/etc/crypto-policies",
        "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/share/p11-kit", "/etc/pkcs11",
    ]
    private static let ports: [String: UInt16] = [
        "http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935, "rtmps": 443, "rtmpt": 80, "rtmpts": 443,
        "ffrtmphttp": 80,
    ]

    init(_ location: String) {
        readablePaths = Self.libraries
        // Standard input is open.
        guard location != "-" else { return }
        guard let mark = location.firstRange(of: "://"), !location.lowercased().hasPrefix("file:") else {
            needFile(location)
            return
        }
        readablePaths += Self.network
        // hls+http is FFmpeg's way of naming the demuxer with the protocol.
        let scheme = location[..<mark.lowerBound].lowercased().split(separator: "+").last.map(String.init) ?? ""
        // These send datagrams to nobody whom the other side could name.
        guardsDatagrams = !["udp", "rtp", "srtp", "srt"].contains(scheme)
        let authority = location[mark.upperBound...].prefix { !"/?#".contains($0) }
        let address = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        port = Self.ports[scheme] ?? 0
        readAddress(address)
        if scheme == "unix" { needFile(String(location[mark.upperBound...])) }
    }

    private mutating func readAddress(_ address: Substring) {
        let end: Substring
        if address.hasPrefix("["), let bracket = address.firstIndex(of: "]") {
            host = String(address[address.index(after: address.startIndex)..<bracket])
            end = address[address.index(after: bracket)...]
        } else {
            let colon = address.lastIndex(of: ":") ?? address.endIndex
            host = String(address[..<colon])
            end = address[colon...]
        }
        if host?.isEmpty == true { host = nil }
        if let number = UInt16(end.dropFirst()), end.hasPrefix(":") { port = number }
    }

    /// Lets a file be read, and of a playlist what lies beside it.
    private mutating func needFile(_ location: String) {
        var path = location
        for prefix in ["file://", "file:", "unix:"] where location.lowercased().hasPrefix(prefix) {
            path = String(location.dropFirst(prefix.count))
            break
        }
        guard path.hasSuffix(".m3u8") else { return readablePaths.append(path) }
        let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        readablePaths.append(folder.isEmpty ? "/" : String(folder))
    }
}
