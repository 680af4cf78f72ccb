import ControlAPI
import Decode
import Glibc
import MediaTypes

/// Reads what a peer sends that connects, sends `bytes` and hangs up.
func play(_ bytes: [UInt8], format: PCMFormat, framing: PCMStream.Framing, splitsChannels: Bool) {
    var pair: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { return }
    // 4 KiB, the longest input, fit into the socket.
    _ = send(pair[1], bytes, bytes.count, 0)
    close(pair[1])
    var options = InputOptions()
    options.splitsChannels = splitsChannels
    var input = MediaInput(
        PCMStream(StreamConnection(owning: pair[0]), format: format, framing: framing), options: options,
        cancellation: Cancellation())
    var ends = Array(repeating: Int64(0), count: input.tracks.count)
    // Samples count the time: no more of it than the bytes hold, and what a resampler has before and after.
    let most = Int64(bytes.count) * 16_000 / Int64(min(format.rateHz, 8_000)) + 4_096
    do throws(MediaError) {
        while true {
            let outcome = try input.read { track, start, samples in
                precondition(start.samples >= ends[track], "media goes back in time")
                ends[track] = start.samples + Int64(samples.count)
                precondition(ends[track] <= most, "more media than was sent")
                for index in samples.indices { precondition(samples[index].isFinite, "no number among the samples") }
            }
            if outcome == .end { return }
        }
    } catch {
        // It may be refused.
    }
}

/// A connection to the PCM socket.
func greet(_ bytes: [UInt8]) {
    let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
    guard let hello = try? PCMHello(parsing: Array(bytes[..<end])) else { return }
    play(
        Array(bytes[min(end + 1, bytes.count)...]), format: hello.format, framing: .none,
        splitsChannels: hello.request.tracks.count > 1)
}

/// A connection of AudioSocket: what is read of it must not depend on the pieces that it comes in.
func call(_ bytes: [UInt8]) {
    var whole = AudioSocketMessages()
    var pieces = AudioSocketMessages()
    precondition(
        audio(of: &whole, in: [bytes[...]]) == audio(of: &pieces, in: bytes.indices.map { bytes[$0...$0] }),
        "pieces say something else than the whole")
    play(bytes, format: PCMFormat(.s16le, rateHz: 8_000), framing: .audioSocket, splitsChannels: false)
}

/// What is said in `pieces` up to the hang-up: identifiers and samples, each sample behind its rate.
private func audio(of messages: inout AudioSocketMessages, in pieces: [ArraySlice<UInt8>]) -> [Int] {
    var said: [Int] = []
    for piece in pieces {
        var piece = piece
        while let part = messages.next(&piece) {
            switch part {
            case .identifier(let bytes): said += bytes.map(Int.init)
            case .audio(let rateHz, let payload): for byte in payload { said += [rateHz, Int(byte)] }
            case .hangUp: return said
            case .other: break
            }
        }
    }
    return said
}
