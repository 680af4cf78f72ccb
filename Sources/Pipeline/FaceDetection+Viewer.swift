public import Decode
public import MediaTypes
public import Sight

extension FaceDetection {
    /// Somebody who looks at the pictures of an input on the thread that reads it.
    ///
    /// - Parameters:
    ///   - networks: those of that thread.
    ///   - mayLook: whether a track may be looked at.
    ///   - tell: takes what was seen.
    public static func viewer(
        _ networks: FaceNetworks, mayLook: @escaping (Int) -> Bool, tell: @escaping (Int, FaceSighting) -> Void
    ) -> PictureViewer {
        var watchers: [Int: FaceWatcher] = [:]
        func watcher(_ track: Int) -> FaceWatcher {
            let watcher = watchers[track] ?? FaceWatcher(networks: networks)
            watchers[track] = watcher
            return watcher
        }
        return PictureViewer(
            mayLook: { track in
                let may = mayLook(track)
                // What was seen before does not go on after a no.
                if !may { watchers[track] = nil }
                return may
            }, look: { track, time, picture in tell(track, watcher(track).look(at: picture, time: time)) },
            miss: { track, time in tell(track, watcher(track).missing(at: time)) }, sighted: tell)
    }
}
