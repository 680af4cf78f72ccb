/// A table that can't be audited.
public struct AuditError: Error, CustomStringConvertible {
    /// One line naming the place and the remedy.
    public let description: String
    /// Whether the table is not there at all.
    public var isMissingFile = false
}
