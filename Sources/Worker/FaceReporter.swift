import Decode
import Glibc
import Isolation
import MediaTypes
import Sight

/// Looks at the pictures of an input and tells the parent what they show. The pictures stay here.
final class FaceReporter {
    private let networks: FaceNetworks
    private var watchers: [Int: FaceWatcher] = [:]
    private static let mostFileBytes = 32 << 20

    /// Loads what the order names, before anything is given up: a library can be mapped later, but not found.
    init(_ files: SightFiles) throws(NetworkError) {
        let library = try NetworkLibrary(path: files.library)
        networks = try FaceNetworks(
            library: library,
            weights: FaceNetworks.Weights(
                near: try Self.contents(of: files.near), far: try Self.contents(of: files.far),
                mesh: try Self.contents(of: files.mesh)))
    }

    /// Who looks at the pictures of an input, as far as the parent allows it and asks for it.
    func viewer(
        mayLook: @escaping (Int) -> Bool, wantsOutline: @escaping (Int) -> Bool,
        tell: @escaping (Int, FaceSighting, FaceOutline?) -> Void
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
            },
            miss: { [self] track, time in tell(track, watcher(track).missing(at: time), nil) })
    }

    private func watcher(_ track: Int) -> FaceWatcher {
        if let watcher = watchers[track] { return watcher }
        let watcher = FaceWatcher(networks: networks)
        watchers[track] = watcher
        return watcher
    }

    private static func contents(of path: String) throws(NetworkError) -> [UInt8] {
        guard let file = fopen(path, "re") else { throw NetworkError(description: "\(path) cannot be read") }
        defer { fclose(file) }
        var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < mostFileBytes {
            let count = fread(&piece, 1, piece.count, file)
            guard count > 0 else { break }
            bytes += piece.prefix(count)
        }
        return bytes
    }
}
