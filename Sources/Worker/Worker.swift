import CSandbox
import Decode
import Glibc
import Isolation
import MediaTypes

/// What `attuned-worker` does: takes an order from its standard input, gives up what it has no need of, reads the media,
/// and says what is in it, until that ends or its parent goes. Or, in its other role, writes down what it is sent.
public struct Worker: ~Copyable {
    /// How long closing the input may take, once the parent is gone.
    private static let farewellMicroseconds: UInt32 = 250_000

    private let parent = ParentSocket(descriptor: STDIN_FILENO)

    /// A worker of the process that holds the other end of standard input.
    public init() {}

    /// Works until there is nothing to do any more.
    ///
    /// - Returns: the code to exit with, after sysexits.
    public func run() -> Int32 {
        switch parent.receiveOrder() {
        case .read(let order): return run(order)
        case .recognise(let order): return RecogniserRole(parent: parent, order: order).run()
        case nil: return EX_USAGE
        }
    }

    private func run(_ order: WorkerOrder) -> Int32 {
        var state = attune_sandbox_state()
        guard confine(to: order, &state) else { return EX_OSERR }
        parent.send(.started(landlock: Int(state.landlock_version), isFiltered: state.has_filter != 0))
        let cancellation = Cancellation()
        guard watchParent(cancellation) else { return EX_OSERR }
        do throws(MediaError) {
            try read(order, cancellation)
        } catch {
            parent.send(.failed(explained(error)))
        }
        return EX_OK
    }

    private func read(_ order: WorkerOrder, _ cancellation: Cancellation) throws(MediaError) {
        var input = try MediaInput(order.location, options: order.options, cancellation: cancellation)
        parent.send(.opened(tracks: input.tracks, isFinite: input.isFinite))
        var warned = 0
        while true {
            let outcome = try input.read { track, start, samples in
                parent.send(track: track, start: start, samples: samples)
            }
            let warnings = input.warnings
            for warning in warnings[min(warned, warnings.count)...] { parent.send(.warning(warning)) }
            warned = warnings.count
            parent.endRead(outcome, decodeErrors: input.decodeErrors)
            if outcome == .end { return }
        }
    }

    /// Gives up what reading this location takes not.
    private func confine(to order: WorkerOrder, _ state: inout attune_sandbox_state) -> Bool {
        MediaLibraries.limitBuffers(bytes: order.options.bufferBytes)
        let limits = order.limits
        let needs = LocationNeeds(order.location)
        let result = attune_sandbox_limit(
            UInt64(max(16, limits.memoryMebibytes)) << 20, UInt64(max(1, limits.cpuSeconds)),
            UInt64(max(16, limits.descriptors)))
        guard result == 0 else { return false }
        for network in limits.references { attune_gate_allow_network(network) }
        if let host = needs.host { attune_gate_allow_host(host, needs.port) }
        attune_gate_close(needs.guardsDatagrams ? 1 : 0)
        var paths: [UnsafePointer<CChar>?] = needs.readablePaths.map { UnsafePointer(strdup($0)) }
        defer { for path in paths { free(UnsafeMutablePointer(mutating: path)) } }
        return attune_sandbox_enter(&paths, paths.count, 1, &state) == 0
    }

    /// Ends the process once the parent is gone, or has closed the socket because nobody wants to hear of this any more.
    private func watchParent(_ cancellation: Cancellation) -> Bool {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(cancellation)
        let code = pthread_create(
            &thread, nil,
            { argument in
                // Nothing more is sent to a worker: what ends this wait is the end.
                var byte: UInt8 = 0
                while recv(STDIN_FILENO, &byte, 1, 0) > 0 || errno == EINTR {}
                if let argument { Unmanaged<Cancellation>.fromOpaque(argument).takeRetainedValue().cancel() }
                usleep(Worker.farewellMicroseconds)
                _exit(EX_OK)
            }, argument.toOpaque())
        if code != 0 { argument.release() }
        return code == 0
    }

    /// The error with what only this process knows of it.
    private func explained(_ error: MediaError) -> MediaError {
        let refused = String(cString: attune_gate_refused())
        guard !refused.isEmpty, error.kind != .cancelled, error.kind != .noAudio else { return error }
        var error = error
        error.kind = .referenceNotAllowed
        error.detail = refused
        error.code = 0
        return error
    }
}
