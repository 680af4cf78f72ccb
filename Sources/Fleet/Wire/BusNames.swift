import Foundation

/// How things are called on the bus (docs/fleet.md).
public enum BusNames {
    /// Into how many parts the sessions are split, so that several consumers can share the facts.
    public static let partitions = 16
    /// The stream that keeps the facts.
    public static let factStream = "ATTUNE_FACTS"
    /// What the stream takes.
    public static let allFacts = "attune.fact.>"
    /// Where the ticks of all nodes come.
    public static let allTicks = "attune.tick.*"
    /// Buckets of the key-value store: nodes, places of sessions, state of sessions.
    public static let nodeBucket = "attune_node", placeBucket = "attune_place", stateBucket = "attune_state"

    /// Where the facts of a session come.
    public static func facts(of session: String) -> String {
        "attune.fact.\(partition(of: session)).\(token(session))"
    }

    /// All facts of a partition.
    public static func facts(ofPartition partition: Int) -> String { "attune.fact.\(partition).*" }

    /// Where the ticks of a node come.
    public static func ticks(of node: String) -> String { "attune.tick.\(node)" }

    /// Where a node is asked to take calls over.
    public static func moves(to node: String) -> String { "attune.move.\(node)" }

    /// The partition of a session.
    public static func partition(of session: String) -> Int {
        Int(stableHash(session) % UInt64(partitions))
    }

    /// Whether a node may be called so: it is part of a subject and a key.
    public static func isNodeName(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count) && name.utf8.allSatisfy(isPlain)
    }

    /// A session's name as a token of a subject, and a key of a bucket. A name of letters, digits, `-` and `_` stays as
    /// it is; any other is base64url after `=`, which no such name begins with.
    public static func token(_ session: String) -> String {
        if !session.isEmpty, session.utf8.allSatisfy(isPlain) { return session }
        return "="
            + Data(session.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .trimmingCharacters(in: ["="])
    }

    /// The name behind a token; nil where it is none.
    public static func session(ofToken token: some StringProtocol) -> String? {
        guard token.hasPrefix("=") else { return token.isEmpty ? nil : String(token) }
        var base64 = String(token.dropFirst()).replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return Data(base64Encoded: base64).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// The same for the same texts on every machine and in every version: FNV-1a (Fowler, Noll, Vo, 1991), then the
/// finaliser of SplitMix64 (Steele, Lea, Flood, 2014), so that texts that are alike do not lie side by side.
func stableHash(_ texts: String...) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for text in texts {
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        // No text has this byte, so that "ab", "c" is not "a", "bc".
        hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
    return hash ^ (hash >> 31)
}
