/// What the bus keeps, and for how long. All of it is in the memory of the servers.
public enum BusLimits {
    /// Facts, for who comes back: as the ring of a node.
    public static let factSeconds = 300, factBytes = 512 << 20
    /// Leases: a node that has not renewed its own is gone from the bucket.
    public static let nodeSeconds = Int(NodeBook.leaseMilliseconds / 1_000), nodeBytes = 16 << 20
    /// Places and states of sessions: no call goes on for longer.
    public static let sessionSeconds = 86_400, sessionBytes = 256 << 20
}
