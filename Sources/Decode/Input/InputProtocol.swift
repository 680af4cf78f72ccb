/// The protocols whose inputs may be dead without saying so, as far as they differ in what a pause means.
public enum InputProtocol: String, Sendable, CaseIterable {
    /// RTSP, with TLS or without.
    case rtsp
    /// RTMP, of any kind.
    case rtmp
    /// SRT.
    case srt
    /// A playlist of segments, over HTTP.
    case hls
    /// Anything else over HTTP, with TLS or without.
    case http
    /// A bare TCP or TLS connection.
    case tcp
    /// Datagrams, which have no connection that could be dead.
    case udp

    /// The protocol of a location; nil for paths, descriptors, sockets of this machine and unknown schemes.
    public init?(location: String) {
        switch Location.scheme(of: location) {
        case "rtsp", "rtsps": self = .rtsp
        case "rtmp", "rtmps", "rtmpt", "rtmpts", "ffrtmphttp": self = .rtmp
        case "srt": self = .srt
        case "hls": self = .hls
        case "http", "https": self = OpenPlan.isPlaylist(location) ? .hls : .http
        case "tcp", "tls": self = .tcp
        case "udp", "srtp": self = .udp
        default: return nil
        }
    }
}
