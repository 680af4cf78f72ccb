/// How an input is opened and read.
public struct InputOptions: Sendable {
    /// The URL schemes that may be opened, by the location itself and by what it refers to (a playlist's
    /// segments). Anything else is refused, and so is what the kind of location has no need of: what is remote never
    /// refers to what is local, and a file only to files.
    public var allowedProtocols: [String]
    /// Milliseconds until an input that cannot be opened gives `timedOut`.
    public var openTimeoutMilliseconds: Int
    /// Milliseconds without media after which `MediaInput.read` returns `idle`; regular files never do.
    public var readTimeoutMilliseconds: Int
    /// Bytes that the buffers of the input may take: what is read to find its streams and what waits of `udp://` at
    /// most a quarter each, its index a sixteenth.
    public var bufferBytes: Int
    /// Whether each channel is a track of its own; otherwise each audio stream is a track, the mean of its
    /// channels.
    public var splitsChannels: Bool
    /// Whether `-` and `pipe:N`, which name descriptors of this process, may be read.
    public var readsDescriptors: Bool
    /// How many pictures a second are looked at; 0 leaves pictures alone: no packet of them is read.
    public var pictureRateHz = 0.0
    /// Further options of FFmpeg's protocols and demuxers, by name (`headers`, `rtsp_transport`,
    /// `passphrase`). Those that nothing took are named in `MediaInput.warnings`.
    public var demuxerOptions: [String: String]

    /// Options, each with a default that suits live media.
    public init(
        allowedProtocols: [String] = InputOptions.defaultProtocols,
        openTimeoutMilliseconds: Int = 10_000,
        readTimeoutMilliseconds: Int = 5_000,
        bufferBytes: Int = 24 << 20,
        splitsChannels: Bool = false,
        readsDescriptors: Bool = true,
        demuxerOptions: [String: String] = [:]
    ) {
        self.allowedProtocols = allowedProtocols
        self.openTimeoutMilliseconds = openTimeoutMilliseconds
        self.readTimeoutMilliseconds = readTimeoutMilliseconds
        self.bufferBytes = bufferBytes
        self.splitsChannels = splitsChannels
        self.readsDescriptors = readsDescriptors
        self.demuxerOptions = demuxerOptions
    }

    /// What can carry a meeting, live or recorded, and nothing that writes, runs or wraps other things.
    public static let defaultProtocols = [
        "file", "pipe", "unix", "data", "crypto", "udp", "rtp", "srtp", "tcp", "tls", "http", "https",
        "httpproxy",
        "hls", "rtsp", "rtsps", "rtmp", "rtmps", "rtmpt", "rtmpts", "ffrtmphttp", "srt",
    ]

    /// Schemes that reach things of this machine, which a remote location must not refer to.
    static let localProtocols: Set<String> = ["file", "pipe", "unix", "fd"]
}
