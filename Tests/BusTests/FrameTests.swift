import Foundation
import NIOCore
import SeededNumbers
import Testing

@testable import Bus

@Suite struct FrameTests {
    private func frames(_ text: String, pieces: Int = 1) throws -> [BusFrame] {
        var parser = BusParser()
        var frames: [BusFrame] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: max(1, bytes.count / pieces)) {
            var piece = ByteBuffer(bytes: bytes[start..<min(bytes.count, start + max(1, bytes.count / pieces))])
            parser.append(&piece)
            while let frame = try parser.next() { frames.append(frame) }
        }
        return frames
    }

    private static let talk =
        "INFO {\"headers\":true}\r\nPING\r\n+OK\r\nMSG a.b 7 5\r\nhe\r\no\r\nMSG a.b 7 _INBOX.x 0\r\n\r\n"
        + "HMSG s 9 r.1 30 33\r\nNATS/1.0\r\nA: 1\r\nB:  two \r\n\r\n\r\nxyz\r\nHMSG s 9 28 28\r\n"
        + "NATS/1.0 404 No Messages\r\n\r\n\r\nPONG\r\n-ERR 'Slow Consumer'\r\n"

    @Test(arguments: [1, 2, 7, 300])
    func whatAServerSaysIsReadInWhateverPieces(pieces: Int) throws {
        let frames = try frames(Self.talk, pieces: pieces)
        let messages = frames.compactMap { if case .message(let message) = $0 { message } else { nil } }
        #expect(frames.count == 9 && messages.count == 4)
        #expect(messages.map(\.subject) == ["a.b", "a.b", "s", "s"] && messages.map(\.subscription) == [7, 7, 9, 9])
        #expect(messages.map(\.reply) == [nil, "_INBOX.x", "r.1", nil])
        #expect(String(buffer: messages[0].payload) == "he\r\no" && String(buffer: messages[2].payload) == "xyz")
        #expect(messages[2].header("A") == "1" && messages[2].header("B") == "two" && messages[2].status == nil)
        #expect(messages[3].status == 404 && messages[3].payload.readableBytes == 0)
        guard case .error(let text) = frames[8] else { throw BusError(.connection, "no error") }
        #expect(text == "Slow Consumer")
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "MSG a\r\n", "MSG a 1 -5\r\n", "MSG a 1 99999999999\r\n", "HMSG a 1 9 3\r\n",
        "MSG a x 3\r\n", "MSG a 1 2\r\nabcd", String(repeating: "x", count: 70_000),
    ])
    func whatIsNoServerIsRefused(text: String) {
        #expect(throws: BusError.self) { try frames(text) }
    }

    @Test func nothingThatComesTraps() {
        var numbers = SeededRandom(seed: 11)
        for _ in 0..<2_000 {
            var bytes = Array(Self.talk.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &numbers) {
                bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            var parser = BusParser()
            var buffer = ByteBuffer(bytes: bytes)
            parser.append(&buffer)
            while let frame = try? parser.next() { _ = frame }
        }
    }
}

@Suite struct CredentialsTests {
    /// A seed as nkeys writes it: prefixes of a seed and a user, 32 bytes, CRC-16, in base 32.
    private static func encoded(_ seed: [UInt8]) -> String {
        var raw: [UInt8] = [149, 0] + seed
        var crc: UInt16 = 0
        for byte in raw {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        raw += [UInt8(crc & 255), UInt8(crc >> 8)]
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bits, count, text) = (0, 0, "")
        for byte in raw {
            (bits, count) = (bits << 8 | Int(byte), count + 8)
            while count >= 5 {
                count -= 5
                text.append(digits[bits >> count & 31])
            }
            bits &= (1 << count) - 1
        }
        return count > 0 ? text + String(digits[bits << (5 - count) & 31]) : text
    }

    private func file(_ text: String, mode: Int = 0o600) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/creds-\(UInt32.random(in: 0 ... .max))"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private static func text(_ seed: String) -> String {
        """
        -----BEGIN NATS USER JWT-----
        eyJ0eXAi.x.y
        ------END NATS USER JWT------

        -----BEGIN USER NKEY SEED-----
        \(seed)
        ------END USER NKEY SEED------
        """
    }

    /// Test 1 of RFC 8032, section 7.1.
    @Test func whatTheServerSaysIsSigned() throws {
        let hex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        let seed = stride(from: 0, to: 64, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
        let encoded = Self.encoded(seed)
        #expect(encoded.hasPrefix("SU") && Credentials.seed(encoded) == seed)
        let path = try file(Self.text(encoded))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let credentials = try Credentials(file: path)
        #expect(credentials.jwt == "eyJ0eXAi.x.y")
        let expected =
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        let bytes = stride(from: 0, to: 128, by: 2).compactMap { UInt8(expected.dropFirst($0).prefix(2), radix: 16) }
        let text = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        #expect(credentials.signature(of: "") == text)
    }

    @Test func whatCannotBeUsedIsNamed() throws {
        let good = Self.encoded(Array(repeating: 7, count: 32))
        var damaged = good
        damaged.replaceSubrange(
            damaged.index(damaged.startIndex, offsetBy: 9)...damaged.index(damaged.startIndex, offsetBy: 9), with: "2")
        for (text, mode, word) in [
            ("nothing", 0o600, "no JWT"), (Self.text(damaged), 0o600, "seed"), (Self.text(good), 0o644, "chmod"),
        ] {
            let path = try file(text, mode: mode)
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect { try Credentials(file: path) } throws: { error in
                "\(error)".contains(word) && "\(error)".hasPrefix("bus.credentials: \(path)")
            }
        }
    }
}
