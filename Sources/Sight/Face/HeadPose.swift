import CKernels

/// How a head is turned, in degrees, in the convention of 300W-LP and AFLW2000 (Zhu et al., CVPR 2016): yaw above 0 is
/// towards the left of the picture, pitch above 0 upwards, roll above 0 clockwise as the picture shows it.
struct HeadPose: Equatable {
    /// The mesh draws faces a little too flat: found by rendered faces of known pose (scripts/sight), where it makes
    /// turns up to 45° right to 1.4° instead of 1.5°, and those beyond less short.
    private static let depthFactor = 1.1

    var yawDeg = 0.0, pitchDeg = 0.0, rollDeg = 0.0

    /// The turn that lays the points of a face which don't move with its muscles over those of the usual face with the
    /// least squared error (Horn, "Closed-form solution of absolute orientation using unit quaternions", 1987).
    init?(_ points: FacePoints) {
        let rigid = CanonicalFace.rigid
        var from = (x: 0.0, y: 0.0, z: 0.0), to = (x: 0.0, y: 0.0, z: 0.0)
        for point in rigid {
            from = (from.x + point.x, from.y + point.y, from.z + point.z)
            to = (
                to.x + points.x[point.index], to.y - points.y[point.index],
                to.z - Self.depthFactor * points.z[point.index]
            )
        }
        let count = Double(rigid.count)
        from = (from.x / count, from.y / count, from.z / count)
        to = (to.x / count, to.y / count, to.z / count)
        // Sums of products: usual face (first letter) with this one (second), x to the right, y up, z to the camera.
        var xx = 0.0, xy = 0.0, xz = 0.0, yx = 0.0, yy = 0.0, yz = 0.0, zx = 0.0, zy = 0.0, zz = 0.0
        for point in rigid {
            let a = (x: point.x - from.x, y: point.y - from.y, z: point.z - from.z)
            let b = (
                x: points.x[point.index] - to.x, y: -points.y[point.index] - to.y,
                z: -Self.depthFactor * points.z[point.index] - to.z
            )
            xx += a.x * b.x
            xy += a.x * b.y
            xz += a.x * b.z
            yx += a.y * b.x
            yy += a.y * b.y
            yz += a.y * b.z
            zx += a.z * b.x
            zy += a.z * b.y
            zz += a.z * b.z
        }
        let matrix = [
            [xx + yy + zz, yz - zy, zx - xz, xy - yx],
            [yz - zy, xx - yy - zz, xy + yx, zx + xz],
            [zx - xz, xy + yx, yy - xx - zz, yz + zy],
            [xy - yx, zx + xz, yz + zy, zz - xx - yy],
        ]
        guard let turn = Self.greatestEigenvector(matrix) else { return nil }
        let (w, x, y, z) = (turn[0], turn[1], turn[2], turn[3])
        // Where the nose points to, and the parts of the first line that tell roll.
        let nose = (
            x: 2 * (x * z + w * y), y: 2 * (y * z - w * x), z: 1 - 2 * (x * x + y * y)
        )
        let degrees = 180 / Double.pi
        yawDeg = -ck_atan2(nose.x, (nose.y * nose.y + nose.z * nose.z).squareRoot()) * degrees
        pitchDeg = ck_atan2(nose.y, nose.z) * degrees
        rollDeg = ck_atan2(2 * (x * y - w * z), 1 - 2 * (y * y + z * z)) * degrees
        guard yawDeg.isFinite, pitchDeg.isFinite, rollDeg.isFinite else { return nil }
    }

    /// The unit eigenvector of a symmetric matrix that belongs to its greatest eigenvalue: repeated multiplication with
    /// the matrix, moved so that all its eigenvalues are positive.
    private static func greatestEigenvector(_ matrix: [[Double]]) -> [Double]? {
        let shift = matrix.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 0
        guard shift > 0, shift.isFinite else { return nil }
        var power = matrix
        for index in power.indices { power[index][index] += shift }
        // Squared so often the greatest one is all that is left, whatever the start.
        for _ in 0..<12 {
            let largest = power.joined().reduce(0) { max($0, abs($1)) }
            guard largest > 0 else { return nil }
            var square = power
            for row in 0..<4 {
                for column in 0..<4 {
                    square[row][column] = (0..<4).reduce(0) {
                        $0 + power[row][$1] / largest * power[$1][column] / largest
                    }
                }
            }
            power = square
        }
        guard let line = power.max(by: { norm($0) < norm($1) }) else { return nil }
        let length = norm(line)
        return length > 0 ? line.map { $0 / length } : nil
    }

    private static func norm(_ vector: [Double]) -> Double {
        vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}

/// Points of the usual face.
enum CanonicalFace {
    /// Those that muscles hardly move: forehead, temples, eye corners, bridge of the nose, cheekbones. Centimetres; x
    /// to the right of the picture, y up, z to the camera. From MediaPipe's canonical face model (Apache-2.0).
    static let rigid: [(index: Int, x: Double, y: Double, z: Double)] = [
        (4, 0.000, -0.463, 7.587), (5, 0.000, 0.366, 7.243), (6, 0.000, 2.473, 5.789), (8, 0.000, 4.019, 5.285),
        (9, 0.000, 4.886, 5.385), (10, 0.000, 8.262, 4.482), (21, -7.088, 5.435, 0.100), (33, -4.446, 2.664, 3.173),
        (50, -4.766, -0.702, 3.535), (54, -6.279, 6.615, 1.426), (67, -3.524, 8.006, 3.729),
        (98, -1.406, -1.714, 5.241),
        (103, -5.133, 7.486, 2.660), (109, -1.891, 8.236, 4.275), (116, -6.465, 0.937, 1.690),
        (117, -5.259, 0.946, 2.974),
        (122, -0.563, 2.308, 5.567), (123, -6.338, -0.529, 1.881), (127, -7.743, 2.365, -2.005),
        (133, -1.856, 2.585, 3.758),
        (151, 0.000, 6.545, 5.027), (162, -7.556, 4.107, -0.992), (168, 0.000, 3.271, 5.236),
        (193, -0.766, 3.182, 4.861),
        (195, 0.000, 1.059, 6.775), (197, 0.000, 1.728, 6.317), (234, -7.664, 0.673, -2.436),
        (251, 7.088, 5.435, 0.100),
        (263, 4.446, 2.664, 3.173), (280, 4.766, -0.702, 3.535), (284, 6.279, 6.615, 1.426), (297, 3.524, 8.006, 3.729),
        (327, 1.406, -1.714, 5.241), (332, 5.133, 7.486, 2.660), (338, 1.891, 8.236, 4.275), (345, 6.465, 0.937, 1.690),
        (346, 5.259, 0.946, 2.974), (351, 0.563, 2.308, 5.567), (352, 6.338, -0.529, 1.881),
        (356, 7.743, 2.365, -2.005),
        (362, 1.856, 2.585, 3.758), (389, 7.556, 4.107, -0.992), (417, 0.766, 3.182, 4.861),
        (454, 7.664, 0.673, -2.436),
    ]
}
