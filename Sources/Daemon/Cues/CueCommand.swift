import CPlatform
import Glibc
import Isolation
import Kit

/// An executable of the operator's that is started for each cue, with the cue's line on its standard input.
///
/// Nothing that comes from a call is an argument, a name or in the environment. Blocks: not for the cooperative pool.
struct CueCommand {
    /// Bytes of what it says that are kept.
    private static let maxOutputBytes = 4_096

    let folder: String
    let name: String
    let timeoutMilliseconds: Int

    private var path: String { folder + "/" + name }

    /// Why it can't be used; nil where it can.
    var fault: String? {
        switch attune_command_trust(folder, name) {
        case ATTUNE_TRUSTED: nil
        case ATTUNE_OF_OTHERS:
            "\(path) or a folder above it can be changed by others than root and the daemon's user; mend owner and mode"
        default: "\(path) is no executable file; put it into cues.commands_dir, as no link, with mode 0755"
        }
    }

    /// Runs it once, to its end or until it is broken off with all that it has started in its process group.
    func run(_ line: [UInt8], isStopped: @escaping @Sendable () -> Bool) -> (delivery: CueDelivery, output: String) {
        // A command that does not read ends no daemon; the thread keeps it so.
        var brokenPipe = sigset_t()
        sigemptyset(&brokenPipe)
        sigaddset(&brokenPipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &brokenPipe, nil)
        // Each time: it may have been changed since.
        if let fault { return (.failed(fault), "") }
        var input: Int32 = -1
        var output: Int32 = -1
        var pid: pid_t = 0
        let code = attune_command_start(path, name, &input, &output, &pid)
        guard code == 0 else { return (.failed("\(path) can't be started: \(String(cString: strerror(-code)))"), "") }
        var pipes = CuePipes(input: input, output: output, line: line, maxOutputBytes: Self.maxOutputBytes)
        let deadline = CueDeadline(milliseconds: timeoutMilliseconds, isStopped: isStopped)
        var broken: CueDelivery?
        while attune_command_has_ended(pid) == 0 {
            broken = deadline.verdict
            if broken != nil { break }
            pipes.move(deadline)
        }
        var end = attune_worker_end()
        let buried = attune_command_end(pid, &end)
        if buried != 0 { LateProcesses.leave(pid) }
        pipes.close()
        let said = pipes.firstLine
        if let broken { return (broken, said) }
        guard buried == 0 else { return (.failed("\(name) does not die"), said) }
        if end.signal != 0 { return (.failed("\(name) ended by signal \(end.signal)"), said) }
        return end.exit_code == 0 ? (.delivered, said) : (.failed("\(name) ended with \(end.exit_code)"), said)
    }
}

/// The daemon's ends of the pipes of a command.
private struct CuePipes {
    private var input: Int32
    private var output: Int32
    private var line: ArraySlice<UInt8>
    private var said: [UInt8] = []
    private let maxOutputBytes: Int

    init(input: Int32, output: Int32, line: [UInt8], maxOutputBytes: Int) {
        self.input = input
        self.output = output
        self.line = line[...]
        self.maxOutputBytes = maxOutputBytes
    }

    /// Writes and reads what can be without waiting for more than a moment.
    mutating func move(_ deadline: CueDeadline) {
        let ready = deadline.wait([(input, POLLOUT), (output, POLLIN)])
        if ready[0] { write() }
        if ready[1] { read() }
    }

    private mutating func write() {
        let count = line.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
        if count > 0 { line = line.dropFirst(count) }
        // What it does not want to read it need not.
        let isOver = count < 0 && errno != EAGAIN && errno != EINTR
        guard line.isEmpty || isOver else { return }
        Glibc.close(input)
        input = -1
    }

    private mutating func read() {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(output, &buffer, buffer.count)
        if count > 0 {
            // What is beyond is read all the same, so that nobody waits for it to be.
            said += buffer.prefix(min(count, maxOutputBytes - said.count))
        } else if count == 0 || errno != EAGAIN && errno != EINTR {
            Glibc.close(output)
            output = -1
        }
    }

    /// Takes what is left to be read, and closes both.
    mutating func close() {
        for _ in 0..<16 where output >= 0 { read() }
        for descriptor in [input, output] where descriptor >= 0 { Glibc.close(descriptor) }
        (input, output) = (-1, -1)
    }

    /// The first line of what it said, for the log.
    var firstLine: String {
        let line = said.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).first ?? []
        return printable(String(decoding: line.prefix(200), as: UTF8.self))
    }
}
