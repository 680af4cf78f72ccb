import Isolation
import Logging
import Pipeline
import Sight
import Synchronization

/// Finds what looks at pictures when it is first needed, and says what there is: who never asks for pictures pays
/// nothing.
final class SightFinder: Sendable {
    private let logger: Logger
    private let found = Mutex<FaceDetection??>(nil)

    init(logger: Logger) {
        self.logger = logger
    }

    /// What looks at pictures; nil where it is not there or can't be used.
    func detection() -> FaceDetection? {
        found.withLock { found in
            if let found { return found }
            var detection: FaceDetection?
            do throws(FaceDetectionError) {
                detection = try FaceDetection.standard()
                if detection == nil { logger.warning("\(FaceDetection.missingNote)") }
            } catch {
                logger.warning("pictures are not looked at: \(error.description)")
            }
            found = .some(detection)
            return detection
        }
    }

    /// Its files, for a worker.
    func files() -> SightFiles? {
        guard let detection = detection(), detection.networkFiles.count == 3 else { return nil }
        let files = detection.networkFiles
        return SightFiles(library: detection.library, near: files[0], far: files[1], mesh: files[2])
    }

    /// Networks of the calling thread.
    func networks() -> FaceNetworks? {
        do throws(FaceDetectionError) {
            return try detection()?.networks()
        } catch {
            logger.warning("pictures are not looked at: \(error.description)")
            return nil
        }
    }
}
