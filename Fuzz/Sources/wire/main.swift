import CFuzz
import Glibc

let status = attune_fuzz(CommandLine.argc, CommandLine.unsafeArgv) { data, size in
    Call(UnsafeBufferPointer(start: data, count: size))?.run()
    return 0
}
exit(status)
