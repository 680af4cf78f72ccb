import CKernels
import Glibc

/// What voices of one session sounded like: directions of length 1, and how alike each two of them are. Bounded; memory
/// of its own, in which a direction is overwritten as soon as it is not needed any more.
///
/// Of windows of the last time every piece is kept. Where there is no room for another one, of older windows every
/// second is left out, later every fourth, and so on, so that all of the session counts alike.
final class VoiceMemory {
    /// A stretch of one voice alone.
    struct Piece {
        /// Number of the window in the session, and the speaker within it.
        let window: Int, speaker: Int
        /// Speech that the direction was made of, in seconds.
        let seconds: Float
        /// Whose voice it is taken for; nil where nobody has said.
        var voice: Int?
        fileprivate let place: Int
    }

    /// Numbers of a direction, and pieces at most.
    let width: Int, capacity: Int
    /// By window and speaker.
    private(set) var pieces: [Piece] = []
    private let vectors: UnsafeMutablePointer<Float>
    /// Of two places, cosine distance.
    private var distances: [Float]
    private var free: [Int]
    /// Windows before this one are old; of these every so many is kept.
    private var firstRecent = 0, stride = 1

    /// An empty memory.
    init(width: Int, capacity: Int) {
        (self.width, self.capacity) = (width, capacity)
        vectors = .allocate(capacity: width * capacity)
        vectors.initialize(repeating: 0, count: width * capacity)
        distances = Array(repeating: 0, count: capacity * capacity)
        free = Array((0..<capacity).reversed())
    }

    deinit {
        explicit_bzero(vectors, width * capacity * MemoryLayout<Float>.size)
        vectors.deallocate()
    }

    /// A direction; valid until the memory changes.
    private func vector(at place: Int) -> UnsafePointer<Float> {
        UnsafePointer(vectors + place * width)
    }

    /// How well a piece fits a direction.
    func gain(of piece: Piece, _ direction: [Float]) -> Float {
        ck_dot(vector(at: piece.place), direction, min(width, direction.count))
    }

    /// The mean direction of some pieces, which whoever asks has to wipe.
    func direction(of members: [Int]) -> [Float] {
        var sum = [Float](repeating: 0, count: width)
        for member in members { ck_add_scaled(&sum, vector(at: pieces[member].place), 1, width) }
        sum.normalise(from: 0, count: width)
        return sum
    }

    /// Windows for which a piece stands.
    func weight(of piece: Piece) -> Float { piece.window < firstRecent ? Float(stride) : 1 }

    /// Keeps what a speaker of the newest window sounds like, and overwrites it where it came from.
    func keep(_ vector: inout [Float], window: Int, speaker: Int, seconds: Float) {
        defer { vector.wipe() }
        guard vector.count == width else { return }
        if free.isEmpty { thin() }
        guard let place = free.popLast() else { return }
        for (index, value) in vector.enumerated() { vectors[place * width + index] = value }
        for piece in pieces {
            let distance = max(0, 1 - ck_dot(self.vector(at: piece.place), self.vector(at: place), width))
            distances[piece.place * capacity + place] = distance
            distances[place * capacity + piece.place] = distance
        }
        pieces.append(Piece(window: window, speaker: speaker, seconds: seconds, place: place))
    }

    /// Windows before this one are old.
    func age(before window: Int) {
        firstRecent = window
        let stride = stride
        if stride > 1 { remove { $0.window < window && $0.window % stride != 0 } }
    }

    private func thin() {
        // Where nothing is old the newest piece finds no room.
        while free.isEmpty, stride <= firstRecent {
            stride *= 2
            age(before: firstRecent)
        }
    }

    /// Forgets pieces.
    func remove(where isMeant: (Piece) -> Bool) {
        pieces.removeAll { piece in
            guard isMeant(piece) else { return false }
            explicit_bzero(vectors + piece.place * width, width * MemoryLayout<Float>.size)
            free.append(piece.place)
            return true
        }
    }

    /// Says whose voice some pieces are.
    func assign(_ members: [Int], to voice: Int) {
        for member in members { pieces[member].voice = voice }
    }

    /// How the pieces, in their order, cluster.
    func linkage() -> AverageLinkage {
        var own = [Float](repeating: 0, count: pieces.count * pieces.count)
        for (row, left) in pieces.enumerated() {
            for (column, right) in pieces.enumerated() where row != column {
                own[row * pieces.count + column] = distances[left.place * capacity + right.place]
            }
        }
        return AverageLinkage(distances: own, count: pieces.count)
    }
}

extension [Float] {
    /// Overwrites the values and leaves none.
    mutating func wipe() {
        withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        }
        self = []
    }
}
