/// The networks that look at pictures, with their weights: one set serves all tracks of a thread, because they keep
/// nothing between runs.
///
/// They are the short-range and full-range detectors and the face mesh of MediaPipe (Bazarevsky et al., "BlazeFace",
/// 2019; Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019).
public final class FaceNetworks {
    /// The files' contents.
    public struct Weights: Sendable {
        /// Detector of faces that are near.
        public var near: [UInt8]
        /// Detector of faces that are far away.
        public var far: [UInt8]
        /// Mesh of a face.
        public var mesh: [UInt8]

        /// Contents of the three files.
        public init(near: [UInt8], far: [UInt8], mesh: [UInt8]) {
            self.near = near
            self.far = far
            self.mesh = mesh
        }
    }

    let near: FaceDetector
    let far: FaceDetector
    let mesh: FaceMesh

    /// Makes the networks, which takes some 30 ms.
    public init(library: NetworkLibrary, weights: Weights) throws(NetworkError) {
        near = try FaceDetector(.near, library: library, weights: weights.near)
        far = try FaceDetector(.far, library: library, weights: weights.far)
        mesh = try FaceMesh(library: library, weights: weights.mesh)
    }
}
