import CPlatform
import Glibc

/// Who is at the other end of a connection, as the kernel knows it.
struct PeerIdentity {
    let uid: UInt32
    let gids: Set<UInt32>

    /// Supplementary groups that a process can have on Linux (NGROUPS_MAX).
    private static let maxGroups: CInt = 65_536

    init(uid: UInt32, gids: Set<UInt32>) {
        self.uid = uid
        self.gids = gids
    }

    /// Reads the identity; nil if the kernel doesn't tell.
    init?(descriptor: CInt) {
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        guard attune_peer_credentials(descriptor, &uid, &gid) == 0 else { return nil }
        let supplementary = [UInt32](unsafeUninitializedCapacity: Int(Self.maxGroups)) { buffer, count in
            // The kernel writes at most as many groups as it is told there is room for, and says how many.
            count = max(0, Int(attune_peer_groups(descriptor, buffer.baseAddress, Self.maxGroups)))
        }
        self.init(uid: uid, gids: Set(supplementary).union([gid]))
    }

    /// Root and the daemon's own user always may.
    func isAllowed(uids: Set<UInt32>, gids allowed: Set<UInt32>) -> Bool {
        uid == 0 || uid == geteuid() || uids.contains(uid) || !gids.isDisjoint(with: allowed)
    }
}
