import CKernels
import Testing

@testable import Sight

/// The pose of a face whose points were turned by a known angle.
@Suite struct PoseTests {
    /// The usual face, turned: R = Rx(pitch) Ry(-yaw) Rz(roll) with x to the right, y down, z to the camera.
    private func points(yaw: Double, pitch: Double, roll: Double) -> FacePoints {
        let unit = Double.pi / 180
        let (p, y, r) = (pitch * unit, -yaw * unit, roll * unit)
        var points = FacePoints()
        points.presence = 1
        for point in CanonicalFace.rigid {
            var v = (x: point.x, y: -point.y, z: point.z)
            v = (ck_cos(r) * v.x - ck_sin(r) * v.y, ck_sin(r) * v.x + ck_cos(r) * v.y, v.z)
            v = (ck_cos(y) * v.x + ck_sin(y) * v.z, v.y, -ck_sin(y) * v.x + ck_cos(y) * v.z)
            v = (v.x, ck_cos(p) * v.y - ck_sin(p) * v.z, ck_sin(p) * v.y + ck_cos(p) * v.z)
            points.x[point.index] = 300 + 8 * v.x
            points.y[point.index] = 200 + 8 * v.y
            // The mesh draws faces that much flatter.
            points.z[point.index] = -8 * v.z / 1.1
        }
        return points
    }

    @Test(arguments: [(0, 0, 0), (30, 0, 0), (-50, 10, 5), (0, 25, 0), (0, -25, -20), (0, 0, 40), (20, -15, 10)])
    func aTurnIsFound(yaw: Int, pitch: Int, roll: Int) throws {
        let pose = try #require(HeadPose(points(yaw: Double(yaw), pitch: Double(pitch), roll: Double(roll))))
        #expect(abs(pose.yawDeg - Double(yaw)) < 0.01)
        #expect(abs(pose.pitchDeg - Double(pitch)) < 0.01)
        #expect(abs(pose.rollDeg - Double(roll)) < 0.01)
    }

    @Test func pointsWithoutAnExtentHaveNoPose() {
        #expect(HeadPose(FacePoints()) == nil)
    }
}
