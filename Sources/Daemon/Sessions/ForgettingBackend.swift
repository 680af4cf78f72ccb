import Control
import ControlAPI
import Publish

/// What is stored, for the control socket: whoever is forgotten there goes from the history in memory, too.
struct ForgettingBackend: StoredBackend {
    let store: StoredSessions
    let publisher: Publisher

    var health: StoreHealth { store.health }

    func stored() async throws(Problem) -> [StoredSummary] { try await store.stored() }

    func stored(id: String) async throws(Problem) -> [UInt8] { try await store.stored(id: id) }

    func forget(id: String) async throws(Problem) -> Forgotten { try await store.forget(id: id) }

    func forget(speaker: String) async throws(Problem) -> Forgotten {
        publisher.forgetHistory(of: speaker)
        return try await store.forget(speaker: speaker)
    }
}
