import CFuzz
import Glibc
import MediaTypes
import Pipeline
import Sight

/// What the first bytes of an input say of its pictures.
struct Shape {
    static let bytes = 6
    let width: Int, height: Int, shiftX: Int, shiftY: Int, step: Int, depth: Int, hasColour: Bool, isFullRange: Bool
    let matrix: Picture.Matrix

    init(_ bytes: ArraySlice<UInt8>) {
        let first = bytes.startIndex
        width = 1 + Int(bytes[first]) % 96
        height = 1 + Int(bytes[first + 1]) % 96
        (shiftX, shiftY) = (Int(bytes[first + 2] & 3) % 3, Int(bytes[first + 2] >> 2 & 3) % 3)
        step = bytes[first + 2] >> 4 & 1 == 0 ? 1 : 2
        depth = [8, 8, 8, 10, 12, 16][Int(bytes[first + 3]) % 6]
        hasColour = bytes[first + 4] & 1 == 0
        isFullRange = bytes[first + 4] & 2 == 0
        matrix = [.bt601, .bt709, .bt2020][Int(bytes[first + 5]) % 3]
    }

    var bytesPerValue: Int { depth > 8 ? 2 : 1 }
    var chromaWidth: Int { (width + (1 << shiftX) - 1) >> shiftX }
    var chromaHeight: Int { (height + (1 << shiftY) - 1) >> shiftY }
    var lumaStride: Int { width * bytesPerValue }
    var chromaStride: Int { chromaWidth * step * bytesPerValue }
    /// Both differences, where they share a plane the second one a value on.
    var chromaBytes: Int { chromaStride * chromaHeight }

    /// Hands over a picture whose values are those of `bytes`, again and again. What lies behind the planes is not its own:
    /// AddressSanitizer sees who reads it.
    func with(_ bytes: ArraySlice<UInt8>, _ body: (borrowing Picture) -> Void) {
        func plane(_ count: Int, from start: Int) -> UnsafeMutableBufferPointer<UInt8> {
            let plane = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
            for index in 0..<count {
                let place = bytes.isEmpty ? 0 : bytes.startIndex + (start + index) % bytes.count
                plane.initializeElement(at: index, to: bytes.isEmpty ? 128 : bytes[place])
            }
            return plane
        }
        let luma = plane(lumaStride * height, from: 0)
        defer { luma.deallocate() }
        let blue = plane(max(1, chromaBytes), from: luma.count), red = plane(max(1, chromaBytes), from: luma.count / 2)
        defer {
            blue.deallocate()
            red.deallocate()
        }
        guard let lumaBase = luma.baseAddress, let blueBase = blue.baseAddress, let redBase = red.baseAddress else {
            return
        }
        let second = step == 2 ? blueBase + bytesPerValue : redBase
        body(
            Picture(
                width: width, height: height,
                planes: (
                    UnsafePointer(lumaBase), hasColour ? UnsafePointer(blueBase) : nil,
                    hasColour ? UnsafePointer(second) : nil
                ),
                strides: (lumaStride, chromaStride, chromaStride), chromaShiftX: shiftX, chromaShiftY: shiftY,
                chromaStep: step, bitDepth: depth, isFullRange: isFullRange, matrix: matrix))
    }
}

let networks: FaceNetworks? = (try? FaceDetection.standard(seesEyes: true)).flatMap { try? $0?.networks() }
if networks == nil { print("faces: \(FaceDetection.missingNote); nothing is thrown at anything") }

/// Pictures of changing shapes, and pauses.
func look(_ bytes: [UInt8], _ networks: FaceNetworks) {
    let watcher = FaceWatcher(networks: networks)
    var rest = bytes[...]
    var samples: Int64 = 0
    for _ in 0..<4 where rest.count > Shape.bytes {
        let shape = Shape(rest)
        samples += Int64(rest[rest.startIndex + 3]) * 160
        rest = rest.dropFirst(Shape.bytes)
        let part = rest.prefix(shape.lumaStride * shape.height)
        rest = rest.dropFirst(part.count)
        let time = MediaTime(samples: samples)
        shape.with(part) { check(watcher.look(at: $0, time: time), watcher, time) }
    }
    check(watcher.missing(at: MediaTime(samples: samples)), watcher, MediaTime(samples: samples))
}

func check(_ sighting: FaceSighting, _ watcher: FaceWatcher, _ time: MediaTime) {
    precondition(sighting.time == time, "a sighting of another time")
    let numbers = [
        sighting.presence, sighting.widthRatio, sighting.eyeDistancePx, sighting.centreX, sighting.centreY,
        sighting.yawDeg, sighting.pitchDeg, sighting.rollDeg, sighting.rawYawDeg, sighting.rawPitchDeg,
        sighting.mouthOpening, sighting.bodyMotion,
    ]
    precondition(numbers.allSatisfy(\.isFinite), "no number")
    precondition((0...1).contains(sighting.presence) && (0...1).contains(sighting.bodyMotion), "a share beyond 0…1")
    precondition(!sighting.hasFace || sighting.faceCount == 1, "a face of nobody, or of several")
    precondition(watcher.outline == nil || sighting.hasFace, "contours of no face")
    guard let eyes = watcher.eyes else { return }
    precondition(sighting.hasFace, "eyes of no face")
    let ofEyes = [eyes.gazeX ?? 0, eyes.gazeY ?? 0, eyes.opening, eyes.irisPx]
    precondition(ofEyes.allSatisfy(\.isFinite), "no number of the eyes")
}

let status = attune_fuzz(CommandLine.argc, CommandLine.unsafeArgv) { data, size in
    guard let networks else { return 0 }
    look(Array(UnsafeBufferPointer(start: data, count: size)), networks)
    return 0
}
exit(status)
