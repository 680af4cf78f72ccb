import Foundation
import Kit
public import Sight

/// What looks at pictures: a library and networks, which need not be there.
public struct FaceDetection: Sendable {
    /// The library's path.
    public let library: String
    /// Paths of the networks: near, far, mesh.
    public let networkFiles: [String]
    /// What the networks are made of.
    private let weights: FaceNetworks.Weights

    /// What to tell where it is not there.
    public static let missingNote =
        "nothing found that looks at pictures; 'make models-sight' or scripts/models/fetch-sight.py gets it"

    /// Files with their SHA-256, which scripts/models/fetch-sight.py checks, too.
    static let files = (
        library: ("litert-2.3.0.so", "eec47eb35e2924b3166015887e652a58edc9af823ae38e02bf83bef2548300bb"),
        near: (
            "face-near-0.10.21.tflite", "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
        ),
        far: ("face-far-0.10.21.tflite", "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1"),
        mesh: ("face-mesh-0.10.21.tflite", "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"),
        iris: ("face-iris-0.10.21.tflite", "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f")
    )
    private static let mostBytes = 32 << 20

    /// What is installed beside the program or fetched into its checkout; nil where anything of it is missing.
    ///
    /// - Parameter seesEyes: whether the eyes are looked at, too. Only tables of a recording ask for that.
    /// - Throws: `FaceDetectionError` where a file is there that can't be used, or all but the one for eyes are there.
    public static func standard(seesEyes: Bool = false) throws(FaceDetectionError) -> FaceDetection? {
        var paths: [String] = []
        for name in [files.library.0, files.near.0, files.far.0, files.mesh.0] {
            guard let path = InstalledFile.path(of: name) else { return nil }
            paths.append(path)
        }
        var iris: NetworkFile?
        if seesEyes {
            guard let path = InstalledFile.path(of: files.iris.0) else {
                throw FaceDetectionError(file: files.iris.0, reason: "is not there, which looks at eyes")
            }
            iris = NetworkFile(try contents(of: path, files.iris.1))
        }
        // A library is code: another one than is expected is not run.
        _ = try contents(of: paths[0], files.library.1)
        return FaceDetection(
            library: paths[0], networkFiles: Array(paths.dropFirst()),
            weights: FaceNetworks.Weights(
                near: NetworkFile(try contents(of: paths[1], files.near.1)),
                far: NetworkFile(try contents(of: paths[2], files.far.1)),
                mesh: NetworkFile(try contents(of: paths[3], files.mesh.1)), iris: iris))
    }

    /// Networks of the calling thread.
    public func networks() throws(FaceDetectionError) -> FaceNetworks {
        do throws(NetworkError) {
            return try FaceNetworks(library: NetworkLibrary(path: library), weights: weights)
        } catch {
            throw FaceDetectionError(file: library, reason: error.description)
        }
    }

    private static func contents(of path: String, _ digest: String) throws(FaceDetectionError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: mostBytes) else {
            throw FaceDetectionError(file: path, reason: "can't be read")
        }
        let bytes = Array(data)
        guard sha256(bytes) == digest else { throw FaceDetectionError(file: path, reason: "has another SHA-256") }
        return bytes
    }
}

/// What looks at pictures can't be used.
public struct FaceDetectionError: Error, CustomStringConvertible {
    let file: String
    let reason: String

    /// One line naming the file and the remedy.
    public var description: String { "\(file): \(reason); fetch it anew with scripts/models/fetch-sight.py" }
}
