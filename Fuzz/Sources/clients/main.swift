import CFuzz
import Glibc

// What the first byte of an input chooses: what a client of the event socket sends and what happens meanwhile, a
// request to the control socket, a text that should be JSON, or captions.
let status = attune_fuzz(CommandLine.argc, CommandLine.unsafeArgv) { data, size in
    let bytes = UnsafeBufferPointer(start: data, count: size)
    guard let first = bytes.first else { return 0 }
    let rest = [UInt8](bytes.dropFirst())
    switch first & 3 {
    case 0: Conversation().play(rest, comesLate: first & 4 != 0)
    case 1: Requests.shared.answer(rest)
    case 2: Texts.readJSON(rest)
    default: Texts.readCaptions(rest)
    }
    return 0
}
exit(status)
