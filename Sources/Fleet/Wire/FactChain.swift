/// What a node says with each fact, so that whoever gets it knows whether one before it is missing: the number up to
/// which there is nothing of the session that it has not been told.
public struct FactChain: Sendable {
    private var last: [String: Int] = [:]
    /// Nothing up to here is told any more, of any session.
    private var floor = 0

    /// Nothing was told yet.
    public init() {}

    /// A fact is told.
    ///
    /// - Returns: the number of the fact before it of the same session, or up to which facts are gone for good.
    public mutating func tell(_ sequence: Int, of session: String) -> Int {
        max(last.updateValue(sequence, forKey: session) ?? 0, floor)
    }

    /// A fact of a session was taken back before it was told.
    public mutating func skip(_ sequence: Int, of session: String) { last[session] = max(sequence, last[session] ?? 0) }

    /// Everything up to a number is gone, whatever it was.
    public mutating func lose(upTo sequence: Int) { floor = max(floor, sequence) }

    /// A session is over.
    public mutating func end(_ session: String) { last[session] = nil }
}
