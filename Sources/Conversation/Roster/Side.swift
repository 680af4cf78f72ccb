/// On which side of the conversation a role stands: those who run it, or those it is run for.
///
/// Somebody without a role, or with one that is not known, stands on neither.
public enum Side: String, Sendable, CaseIterable {
    /// `rep`, `host`, `teacher`, `employee`, `agent`, `self`.
    case host
    /// `customer`, `guest`, `student`.
    case guest

    /// The side of a role.
    public init?(role: String?) {
        switch role?.lowercased() {
        case "rep", "host", "teacher", "employee", "agent", "self": self = .host
        case "customer", "guest", "student": self = .guest
        default: return nil
        }
    }
}
