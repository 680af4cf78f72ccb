import Decode
import Isolation
import MediaTypes
import Sight

/// Looks at the pictures of an input and tells the parent what they show. The pictures stay here.
final class FaceReporter {
    private let networks: FaceNetworks
    private var watchers: [Int: FaceWatcher] = [:]
    private var hasWarned = false

    /// Opens what the order names, before anything is given up: a confined process opens no files.
    init(_ files: SightFiles) throws(NetworkError) {
        let library = try NetworkLibrary(path: files.library)
        networks = try FaceNetworks(
            library: library,
            weights: FaceNetworks.Weights(
                near: try NetworkFile(mapping: files.near), far: try NetworkFile(mapping: files.far),
                mesh: try NetworkFile(mapping: files.mesh)))
    }

    /// Who looks at the pictures of an input, as far as the parent allows it and asks for it.
    ///
    /// - Parameter warn: told once that not all that looks can be made, and why: no face is found then, or none afar.
    func viewer(
        mayLook: @escaping (Int) -> Bool, wantsOutline: @escaping (Int) -> Bool,
        tell: @escaping (Int, FaceSighting, FaceOutline?) -> Void, warn: @escaping (String) -> Void
    ) -> PictureViewer {
        PictureViewer(
            mayLook: { [self] track in
                let may = mayLook(track)
                // What was seen before does not go on after a no.
                if !may { watchers[track] = nil }
                return may
            },
            look: { [self] track, time, picture in
                let watcher = watcher(track)
                let sighting = watcher.look(at: picture, time: time)
                tell(track, sighting, wantsOutline(track) ? watcher.outline : nil)
                guard !hasWarned, let failure = networks.failure else { return }
                hasWarned = true
                warn("not every face is found: \(failure)")
            },
            miss: { [self] track, time in tell(track, watcher(track).missing(at: time), nil) })
    }

    private func watcher(_ track: Int) -> FaceWatcher {
        if let watcher = watchers[track] { return watcher }
        let watcher = FaceWatcher(networks: networks)
        watchers[track] = watcher
        return watcher
    }
}
