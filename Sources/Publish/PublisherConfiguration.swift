/// How the event socket behaves.
public struct PublisherConfiguration: Sendable {
    /// Path of the socket; its folder must exist.
    public var socketPath: String
    /// Permission bits of the socket file.
    public var mode: UInt32 = 0o660
    /// Numeric group of the socket file; nil for that of the process.
    public var group: UInt32?
    /// Users that may connect, besides root and the daemon's own; nil together with `allowedGIDs` leaves the
    /// decision to the file's mode.
    public var allowedUIDs: Set<UInt32>?
    /// Groups whose members may connect.
    public var allowedGIDs: Set<UInt32>?
    /// Clients served at the same time.
    public var maxClients = 512
    /// First limit: a client that is further behind than this many bytes gets a speaker's newest tick only; older
    /// ones are not kept from that far back on.
    public var clientQueueBytes = 512 * 1024
    /// Second limit: a client that takes nothing for longer than this many seconds is closed.
    public var clientStallSeconds = 10.0
    /// Bytes of events that are kept for clients that are behind or come back, at most.
    public var ringBytes = 16 * 1024 * 1024
    /// Seconds for which they are kept, at most.
    public var ringSeconds = 60.0
    /// Bytes of thinned ticks that are kept for pages that are loaded anew, at most; 0 keeps none.
    public var historyBytes = 32 * 1024 * 1024
    /// Seconds from one heartbeat to the next.
    public var heartbeatSeconds = 10.0
    /// Longest line a client may send, without the line feed.
    public var clientLineBytes = 4096
    /// Milliseconds that clients have at a stop to take what is left.
    public var stopMilliseconds = 500
    /// Version of the daemon, for `hello`.
    public var daemonVersion: String
    /// Name of the policy profile in force, for `hello`.
    public var policy: String
    /// Identifies the notice of sessions that name none of their own, for `hello`.
    public var noticeID: String?
    /// Identifies this run of the daemon: different at every start.
    public var epoch: String

    /// A configuration with the default limits.
    public init(socketPath: String, daemonVersion: String, policy: String, epoch: String) {
        self.socketPath = socketPath
        self.daemonVersion = daemonVersion
        self.policy = policy
        self.epoch = epoch
    }

    /// Whether the allow lists let in who is at the other end of a connection; nobody of whom the kernel says nothing.
    public func allows(peerOf descriptor: CInt) -> Bool {
        guard allowedUIDs != nil || allowedGIDs != nil else { return true }
        return PeerIdentity(descriptor: descriptor)?
            .isAllowed(uids: allowedUIDs ?? [], gids: allowedGIDs ?? []) ?? false
    }

    var ringMilliseconds: Int64 { Self.milliseconds(ringSeconds) }
    var heartbeatMilliseconds: Int64 { Self.milliseconds(heartbeatSeconds) }
    var stallMilliseconds: Int64 { Self.milliseconds(clientStallSeconds) }

    /// Whole milliseconds; 0 for what no valid configuration holds.
    private static func milliseconds(_ seconds: Double) -> Int64 {
        Int64(exactly: (seconds * 1000).rounded()) ?? 0
    }

    /// Refuses values that would make the publisher lose events or never act.
    func validate() throws(PublishError) {
        let day = 86_400.0
        func check(_ holds: Bool, _ name: String, _ range: String) throws(PublishError) {
            guard holds else { throw PublishError(.configuration, "\(name) must be \(range)") }
        }
        try check(mode & ~0o777 == 0, "mode", "permission bits, 0 to 0777 octal")
        try check((1...65_536).contains(maxClients), "maxClients", "1 to 65536")
        try check((1 << 18...1 << 32).contains(ringBytes), "ringBytes", "256 KiB to 4 GiB")
        try check((1 << 16...ringBytes).contains(clientQueueBytes), "clientQueueBytes", "64 KiB to ringBytes")
        try check((0...1 << 32).contains(historyBytes), "historyBytes", "0 to 4 GiB")
        try check((1...day).contains(ringSeconds), "ringSeconds", "1 s to a day")
        try check((1...day).contains(clientStallSeconds), "clientStallSeconds", "1 s to a day")
        try check((1...day).contains(heartbeatSeconds), "heartbeatSeconds", "1 s to a day")
        try check((256...1 << 16).contains(clientLineBytes), "clientLineBytes", "256 B to 64 KiB")
        try check((0...60_000).contains(stopMilliseconds), "stopMilliseconds", "0 to 60000")
    }
}
