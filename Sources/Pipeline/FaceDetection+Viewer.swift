public import Decode
public import MediaTypes
public import Sight

extension FaceDetection {
    /// Somebody who looks at the pictures of an input on the thread that reads it.
    ///
    /// - Parameters:
    ///   - networks: those of that thread.
    ///   - mayLook: whether a track may be looked at.
    ///   - wantsOutline: whether the contours of the face on a track are asked for.
    ///   - tell: takes what was seen, and the contours where they were asked for.
    public static func viewer(
        _ networks: FaceNetworks, mayLook: @escaping (Int) -> Bool,
        wantsOutline: @escaping (Int) -> Bool = { _ in false },
        tell: @escaping (Int, FaceSighting, FaceOutline?) -> Void
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
            },
            look: { track, time, picture in
                let watcher = watcher(track)
                let sighting = watcher.look(at: picture, time: time)
                tell(track, sighting, wantsOutline(track) ? watcher.outline : nil)
            },
            miss: { track, time in tell(track, watcher(track).missing(at: time), nil) }, wantsOutline: wantsOutline,
            sighted: tell)
    }
}
