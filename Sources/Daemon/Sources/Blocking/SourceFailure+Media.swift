import Decode

extension SourceFailure {
    /// Why media could not be opened, as attach answers it.
    init(_ error: MediaError) {
        let kind: Kind =
            switch error.kind {
            case .notFound: .notFound
            case .unreachable, .timedOut: .unavailable
            default: .badInput
            }
        self.init(kind: kind, message: error.description)
    }
}
