/// What a kind of location may be and may lead to: its formats, and the protocols of what it refers to (a redirect, a
/// playlist's segments and keys, the streams of an RTSP session).
///
/// Left out everywhere are formats that exist to refer to other things (DASH, concat, SDP, image sequences) and those
/// that open devices. Whether an address may be reached is another matter: see the gate of the worker process.
struct LocationRules: Equatable {
    /// FFmpeg's names of the demuxers.
    var formats: [String]
    /// FFmpeg's names of the protocols, that of the location itself among them.
    var protocols: [String]

    /// Formats that hold media and refer to nothing.
    private static let containers = [
        "aac", "ac3", "aiff", "alaw", "amr", "amrnb", "amrwb", "ape", "asf", "asf_o", "au", "avi", "caf", "dsf", "dts",
        "dv", "eac3", "flac", "flv", "g722", "gsm", "ivf", "live_flv", "loas", "matroska", "mov", "mp3", "mpc", "mpc8",
        "mpeg", "mpegts", "mulaw", "mxf", "nut", "ogg", "oma", "qcp", "rm", "shn", "sln", "sox", "tak", "truehd", "tta",
        "voc", "w64", "wav", "wtv", "wv", "xwma",
    ]
    private static let rtmp = ["rtmp", "rtmps", "rtmpt", "rtmpts", "ffrtmphttp", "tcp", "tls", "http", "https"]
    private static let web = ["http", "https", "httpproxy", "hls", "tls", "tcp", "crypto", "data"]

    /// The rules of a location.
    init(_ location: Location) {
        formats = Self.containers
        switch location {
        case .file(let path):
            protocols = ["file", "crypto", "data"]
            if path.hasSuffix(".m3u8") { formats.append("hls") }
            // The streams of a session description are those that its writer named.
            if path.hasSuffix(".sdp") {
                formats = ["sdp"]
                protocols += ["rtp", "srtp", "udp"]
            }
        case .fifo, .descriptor: protocols = ["crypto", "data"]
        case .url(let scheme): (formats, protocols) = Self.rules(of: scheme)
        }
    }

    private static func rules(of scheme: String) -> (formats: [String], protocols: [String]) {
        switch scheme {
        case "http", "https", "hls", "httpproxy": (containers + ["hls"], web)
        case "rtsp", "rtsps": (["rtsp"], ["rtsp", "rtsps", "tcp", "tls", "udp", "rtp", "srtp", "http", "httpproxy"])
        case "rtmp", "rtmps", "rtmpt", "rtmpts", "ffrtmphttp": (["flv", "live_flv"], rtmp)
        case "rtp", "srtp": (["rtp", "sdp"], ["rtp", "srtp", "udp"])
        case "tls": (containers, ["tls", "tcp"])
        default: (containers, [scheme])
        }
    }
}
