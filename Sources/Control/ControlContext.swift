import Hummingbird

/// What is known of a request beside itself.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// What whoever asks may see and do: on the Unix socket everything, as its mode and its lists have decided.
    var access = Access.everything
    /// Whether events go out as messages of a WebSocket.
    var isSocket = false

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }
}
