import Decode
import Glibc
import Isolation
import MediaTypes
import NIOCore
import Synchronization

/// A process that decodes the pictures of one camera and looks at them, and the thread that listens to it.
final class PictureWorker: Sendable {
    /// Starts the process, which reads the descriptor; nil where nobody can look at pictures.
    typealias Open = @Sendable (_ inlet: Int32, Cancellation) throws(MediaError) -> WorkerInput?

    /// What is heard of it.
    enum News: Sendable {
        /// A picture was looked at; its time is that of the stream.
        case seen(FaceSighting, FaceOutline?)
        /// What its pictures have come to, its CPU time, and what is odd about them.
        case counted(PictureCounts, nanoseconds: Int64, warnings: [String])
        /// There is nobody who can look at pictures.
        case unavailable
        /// It is gone: of itself, because that was asked for, or for that reason.
        case ended(MediaError?)
    }

    /// Fulfilled once process and thread are gone.
    let finished: EventLoopFuture<Void>
    private let wantsOutline = Atomic<Bool>(false)
    private let cancellation = Cancellation()

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - inlet: descriptor that the process reads; closed here.
    ///   - tell: is called on the event loop, which the thread waits for: whatever the process says, nothing piles up.
    init(
        _ inlet: Int32, on eventLoop: any EventLoop, open: @escaping Open,
        tell: @escaping @Sendable (PictureWorker, News) -> Void
    ) {
        let promise = eventLoop.makePromise(of: Void.self)
        finished = promise.futureResult
        let started = BlockingThread.start(name: "pictures") { [self] in
            listen(inlet, open) { [self] news in _ = try? eventLoop.submit { tell(self, news) }.wait() }
            promise.succeed()
        }
        guard !started else { return }
        close(inlet)
        // Only once the caller knows whom this is said of.
        eventLoop.execute { [self] in tell(self, .ended(Self.noThread)) }
        promise.succeed()
    }

    /// Ends the process: within a moment, and without another word.
    func stop() { cancellation.cancel() }

    /// Says whether the contours of the face are asked for.
    func setOutline(_ isWanted: Bool) { wantsOutline.store(isWanted, ordering: .relaxed) }

    private static let noThread = MediaError(
        kind: .workerFailed, operation: .open, code: 0, location: "", detail: "no thread could be started")

    private func listen(_ inlet: Int32, _ open: Open, _ tell: @escaping (News) -> Void) {
        do throws(MediaError) {
            let opened = Result { () throws(MediaError) in try open(inlet, cancellation) }
            // The process has its own; that it is the only one tells it when nothing more comes.
            close(inlet)
            guard let worker = try opened.get() else { return tell(.unavailable) }
            try listen(to: worker, tell)
            tell(.ended(nil))
        } catch {
            tell(.ended(cancellation.isCancelled ? nil : error))
        }
    }

    private func listen(to worker: WorkerInput, _ tell: @escaping (News) -> Void) throws(MediaError) {
        worker.viewer = PictureViewer(
            mayLook: { $0 == 0 }, look: { _, _, _ in }, miss: { _, _ in },
            wantsOutline: { [self] _ in wantsOutline.load(ordering: .relaxed) },
            sighted: { _, sighting, outline in tell(.seen(sighting, outline)) })
        var told: (counts: PictureCounts, warnings: Int)?
        func count() {
            told = (worker.pictureCounts, worker.warnings.count)
            tell(
                .counted(
                    worker.pictureCounts, nanoseconds: worker.remoteNanoseconds, warnings: worker.warnings))
        }
        defer { count() }
        while !cancellation.isCancelled {
            if try worker.read({ _, _, _ in }) == .end { return }
            if told.map({ $0 != (worker.pictureCounts, worker.warnings.count) }) ?? true { count() }
        }
    }
}
