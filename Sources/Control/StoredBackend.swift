public import ControlAPI

/// What the control socket commands of the store.
public protocol StoredBackend: Sendable {
    /// Whether something is stored, and how that goes, in a few words.
    var health: StoreHealth { get }
    /// Stored sessions, the newest first.
    func stored() async throws(Problem) -> [StoredSummary]
    /// What a report on a stored session needs, as a JSON object.
    func stored(id: String) async throws(Problem) -> [UInt8]
    /// Deletes a stored session.
    func forget(id: String) async throws(Problem) -> Forgotten
    /// Deletes everything that is stored of speakers of this name.
    func forget(speaker: String) async throws(Problem) -> Forgotten
}
