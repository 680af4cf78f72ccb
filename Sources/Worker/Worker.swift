import CSandbox
import Decode
import Glibc
import Isolation
import MediaTypes
import Sight
import Synchronization

/// What `attuned-worker` does: takes an order from the socket that is its standard output, gives up what it has no need
/// of, reads the media, and says what is in it, until that ends or its parent goes. Or, in its other role, writes down
/// what it is sent. Its standard input is the same socket, or media that the parent has received.
public struct Worker: ~Copyable {
    /// How long closing the input may take, once the parent is gone.
    private static let farewellMicroseconds: UInt32 = 250_000
    /// For how many milliseconds the parent's first word on pictures is waited for.
    private static let mostWaits = 2_000
    /// The parent has said nothing of pictures yet. It never says this itself: there are 16 tracks at most.
    fileprivate static let nothingSaid: UInt32 = 1 << 31

    private let parent = ParentSocket(descriptor: STDOUT_FILENO)

    /// A worker of the process that holds the other end of the socket.
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
        // Before anything is given up, so that the library is found, and what it takes counts as the program's own.
        let sight = loadSight(order)
        var state = attune_sandbox_state()
        guard confine(to: order, &state) else { return EX_OSERR }
        parent.send(.started(landlock: Int(state.landlock_version), isFiltered: state.has_filter != 0))
        let cancellation = Cancellation()
        guard watchParent(cancellation) else { return EX_OSERR }
        do throws(MediaError) {
            try read(order, sight, cancellation)
        } catch {
            parent.send(.failed(explained(error)))
        }
        return EX_OK
    }

    private func loadSight(_ order: WorkerOrder) -> Result<FaceReporter, NetworkError>? {
        guard order.options.pictureRateHz > 0, let files = order.sight else { return nil }
        do throws(NetworkError) {
            return .success(try FaceReporter(files))
        } catch {
            return .failure(error)
        }
    }

    private func read(
        _ order: WorkerOrder, _ sight: Result<FaceReporter, NetworkError>?, _ cancellation: Cancellation
    ) throws(MediaError) {
        var options = order.options
        switch sight {
        case .success: break
        case .failure(let error):
            parent.send(.warning("pictures are not looked at: \(error)"))
            options.pictureRateHz = 0
        case nil: options.pictureRateHz = 0
        }
        var input = try MediaInput(order.location, options: options, cancellation: cancellation)
        parent.send(.opened(tracks: input.tracks, pictures: input.pictureTracks, isFinite: input.isFinite))
        if case .success(let reporter)? = sight {
            input.viewer = reporter.viewer(
                mayLook: { track in lookedTracks.load(ordering: .relaxed) >> UInt32(track) & 1 == 1 },
                wantsOutline: { track in outlinedTracks.load(ordering: .relaxed) >> UInt32(track) & 1 == 1 },
                tell: { [parent] track, sighting, outline in
                    parent.send(.face(FaceMessage(track: track, sighting: sighting, outline: outline)))
                },
                warn: { [parent] in parent.send(.warning($0)) })
            if !input.pictureTracks.isEmpty { waitForLooks() }
        }
        var warned = 0, told = PictureCounts()
        while true {
            let outcome = try input.read { track, start, samples in
                parent.send(track: track, start: start, samples: samples)
            }
            let warnings = input.warnings
            for warning in warnings[min(warned, warnings.count)...] { parent.send(.warning(warning)) }
            warned = warnings.count
            let counts = input.pictureCounts
            if counts.differs(from: told) {
                told = counts
                parent.send(.pictures(counts))
            }
            parent.endRead(outcome, decodeErrors: input.decodeErrors)
            if outcome == .end { return }
        }
    }

    /// Waits until the parent has said what may be looked at: what is read before that has the first key frame in it, and
    /// the next may be long in coming.
    private func waitForLooks() {
        for _ in 0..<Self.mostWaits where lookedTracks.load(ordering: .relaxed) == Self.nothingSaid {
            usleep(1_000)
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
                // All that is sent to a worker now is what it may look at; what ends this wait is the end.
                let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
                while true {
                    let count = recv(STDOUT_FILENO, room.baseAddress, room.count, 0)
                    guard count > 0 else {
                        if count < 0, errno == EINTR { continue }
                        break
                    }
                    let bytes = UnsafeRawBufferPointer(rebasing: room[..<count])
                    if let order = try? LookOrder(decoding: bytes) {
                        outlinedTracks.store(order.outlines, ordering: .relaxed)
                        lookedTracks.store(order.tracks, ordering: .relaxed)
                    }
                }
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

/// Which tracks of pictures the parent lets be looked at, one bit each; none until it says so. Written by the thread that
/// listens to the parent, read before each packet of pictures.
private let lookedTracks = Atomic<UInt32>(Worker.nothingSaid)
/// Of which of them the contours of the face are asked for.
private let outlinedTracks = Atomic<UInt32>(0)

extension PictureCounts {
    /// Whether enough has changed to be told: the first packets, and then a hundred at a time.
    fileprivate func differs(from told: PictureCounts) -> Bool {
        let all = decodedPackets + droppedPackets + errors,
            before = told.decodedPackets + told.droppedPackets + told.errors
        return all - before >= 100 || (before == 0 && all > 0) || (told.decodedPackets == 0) != (decodedPackets == 0)
    }
}
