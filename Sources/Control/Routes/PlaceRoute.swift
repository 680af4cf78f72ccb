public import ControlAPI
import Hummingbird

/// Who says where calls go, in a fleet.
public protocol PlaceBackend: Sendable {
    /// Where a call goes; the same answer as long as its node is there.
    func place(_ request: PlaceRequest) async throws(Problem) -> PlacedCall
}

/// `/v1/places`: a call is registered before it comes.
enum PlaceRoute {
    static func add(to router: Router<ControlContext>, _ backend: any PlaceBackend, _ bodies: RequestBodies) {
        router.post("/v1/places") { request, context in
            var wanted = try await bodies.decode(PlaceRequest.self, from: request)
            wanted.session = canonicalName(wanted.session)
            guard (1...128).contains(wanted.session.count) else {
                throw Problem(
                    status: 422, type: .invalidRequest, detail: "a session's name has 1 to 128 characters; mend it")
            }
            try context.access.require(session: wanted.session)
            return try respond(await backend.place(wanted))
        }
    }
}
