/// The networks that look at pictures, with their weights: one set serves all tracks of a thread, because they keep
/// nothing between runs.
///
/// They are the short-range and full-range detectors and the face mesh of MediaPipe (Bazarevsky et al., "BlazeFace",
/// 2019; Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019). A network
/// takes four to eleven megabytes, so those that need not be there are made when they are first asked: the mesh with the
/// first face, the detector of distant faces where there is none near, the mesh of the irises where somebody wants it.
public final class FaceNetworks {
    /// The files' contents.
    public struct Weights: Sendable {
        /// Detector of faces that are near.
        public var near: NetworkFile
        /// Detector of faces that are far away.
        public var far: NetworkFile
        /// Mesh of a face.
        public var mesh: NetworkFile
        /// Mesh of lids and irises; nil where nobody wants it.
        public var iris: NetworkFile?

        /// Contents of the files.
        public init(near: NetworkFile, far: NetworkFile, mesh: NetworkFile, iris: NetworkFile? = nil) {
            self.near = near
            self.far = far
            self.mesh = mesh
            self.iris = iris
        }
    }

    let near: FaceDetector
    private let library: NetworkLibrary
    private let weights: Weights
    private var madeFar: FaceDetector?
    private var madeMesh: FaceMesh?
    private var madeIris: IrisMesh?
    /// Why one of these can't be made; nil where all can, as far as is known.
    public private(set) var failure: NetworkError?

    /// Makes what finds faces that are near, which takes some 10 ms.
    public init(library: NetworkLibrary, weights: Weights) throws(NetworkError) {
        near = try FaceDetector(.near, library: library, weights: weights.near)
        self.library = library
        self.weights = weights
    }

    /// What finds faces that are far away; nil where it can't be made, which is tried again the next time.
    var far: FaceDetector? {
        if madeFar == nil {
            madeFar = made { () throws(NetworkError) in
                try FaceDetector(.far, library: library, weights: weights.far)
            }
        }
        return madeFar
    }

    /// What lays the mesh; nil where it can't be made, which is tried again the next time.
    var mesh: FaceMesh? {
        if madeMesh == nil {
            madeMesh = made { () throws(NetworkError) in try FaceMesh(library: library, weights: weights.mesh) }
        }
        return madeMesh
    }

    /// What lays points over lids and irises; nil where nobody wants it or it can't be made.
    var iris: IrisMesh? {
        if madeIris == nil, let file = weights.iris {
            madeIris = made { () throws(NetworkError) in try IrisMesh(library: library, weights: file) }
        }
        return madeIris
    }

    private func made<Network>(_ make: () throws(NetworkError) -> Network) -> Network? {
        do throws(NetworkError) { return try make() } catch {
            failure = error
            return nil
        }
    }

    /// Somebody sits near: what finds distant faces is not needed until nobody does.
    func forgetFar() { madeFar = nil }
}
