import Foundation

/// What a client asks the event socket for.
public struct Subscription: Sendable {
    private let session: String?
    private let types: [String]

    /// Events of one session and of some types; nil and empty mean all.
    ///
    /// - Parameter untilEnd: whether the end of the session is wanted whatever the types.
    public init(session: String?, types: [String], untilEnd: Bool) {
        self.session = session
        self.types = types.isEmpty || !untilEnd ? types : types + ["session.ended"]
    }

    /// The line to send, or nil where everything is wanted.
    public var line: String? {
        var filter: [String: [String]] = [:]
        if let session { filter["sessions"] = [session] }
        if !types.isEmpty { filter["types"] = types }
        guard !filter.isEmpty, let data = try? JSONEncoder().encode(["subscribe": filter]) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
