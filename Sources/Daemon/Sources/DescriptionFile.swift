import CPlatform
import Decode
import Foundation
import Glibc
import NIOCore
import RTP

/// Reads an SDP file that somebody named, which may be anything: so never on an actor or an event loop, and nothing but
/// a regular file.
enum DescriptionFile {
    /// How long a file system may take.
    private static let patienceMilliseconds: Int64 = 10_000

    /// The path of the SDP file that a location names; nil where it names something else.
    static func path(of location: String) -> String? {
        let path = location.hasPrefix("file:") ? String(location.dropFirst(5)) : location
        return path.lowercased().hasSuffix(".sdp") && !path.contains("://") ? path : nil
    }

    /// The streams that a file describes.
    ///
    /// - Throws: `SourceFailure` where it can't be read in time, is no regular file, or describes none.
    static func description(
        at path: String, eventLoop: any EventLoop
    ) async throws(SourceFailure) -> SessionDescription {
        let url = redactedLocation(path)
        let late = SourceFailure(
            kind: .unavailable, message: "\(url) could not be read in time; check the file system it lies on")
        let text = eventLoop.makePromise(of: Result<String, SourceFailure>.self)
        let patience = eventLoop.scheduleTask(in: .milliseconds(patienceMilliseconds)) { text.succeed(.failure(late)) }
        let isStarted = BlockingThread.start(name: "sdp") {
            text.succeed(Result { () throws(SourceFailure) in try read(path) })
        }
        if !isStarted { text.succeed(.failure(BlockingThread.failure(for: url))) }
        let result = (try? await text.futureResult.get()) ?? .failure(late)
        patience.cancel()
        let description = try result.get()
        do throws(SDPError) {
            return try SessionDescription(parsing: description)
        } catch {
            throw SourceFailure(kind: .badInput, message: "\(url): \(error)")
        }
    }

    private static func read(_ path: String) throws(SourceFailure) -> String {
        let url = redactedLocation(path)
        // A FIFO without a writer must not be waited for.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw SourceFailure(kind: .notFound, message: "cannot read \(url); check that the SDP file exists")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard attune_is_regular_file(descriptor) else {
            throw SourceFailure(kind: .badInput, message: "\(url) is no regular file; give an SDP file")
        }
        guard let data = try? file.read(upToCount: SessionDescription.maxBytes + 1) else {
            throw SourceFailure(kind: .notFound, message: "cannot read \(url); check the file system it lies on")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
