import CPlatform
import Events
import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import Programs
import Testing

@testable import Publish

@Suite(.serialized) struct UnixListenerTests {
    private func attributes(_ path: String) throws -> stat {
        var info = stat()
        try #require(lstat(path, &info) == 0)
        return info
    }

    private func code(_ body: () throws -> Void) -> PublishError? {
        do {
            try body()
            return nil
        } catch {
            return error as? PublishError
        }
    }

    @Test(arguments: [0o600, 0o660, 0o666, 0o777] as [UInt32])
    func modeDoesNotDependOnTheUmask(_ mode: UInt32) async throws {
        try await withFolder { folder in
            let listener = try UnixListener.open(path: folder + "/a", mode: mode, group: getegid())
            defer { close(listener.descriptor) }
            let info = try attributes(folder + "/a")
            #expect(info.st_mode & 0o7777 == mode)
            #expect(info.st_mode & S_IFMT == S_IFSOCK)
            #expect(info.st_gid == getegid())
            #expect(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK != 0)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files to any group")) func setsTheGroup()
        async throws
    {
        try await withFolder { folder in
            let listener = try UnixListener.open(path: folder + "/a", mode: 0o660, group: 4242)
            defer { close(listener.descriptor) }
            #expect(try attributes(folder + "/a").st_gid == 4242)
        }
    }

    @Test func replacesWhatACrashLeftBehind() async throws {
        try await withFolder { folder in
            let path = folder + "/a"
            close(try UnixListener.open(path: path, mode: 0o600, group: nil).descriptor)
            #expect(try attributes(path).st_mode & S_IFMT == S_IFSOCK)
            let second = try UnixListener.open(path: path, mode: 0o660, group: nil)
            defer { close(second.descriptor) }
            #expect(try attributes(path).st_mode & 0o7777 == 0o660)
            try second.removeFile()
            #expect(!FileManager.default.fileExists(atPath: path))
            try second.removeFile()
        }
    }

    /// Whoever may read the folder may lock it.
    @Test func aForeignLockOnTheFolderKeepsNobodyFromStarting() async throws {
        try await withFolder { folder in
            let foreign = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(foreign) }
            try #require(flock(foreign, LOCK_EX) == 0)
            let listener = try UnixListener.open(path: folder + "/a", mode: 0o600, group: nil)
            defer { close(listener.descriptor) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"], "no lock is left")
        }
    }

    @Test func aLockThatACrashLeftBehindIsNone() async throws {
        try await withFolder { folder in
            close(open(folder + "/a.lock", O_RDWR | O_CREAT, 0o600))
            let listener = try UnixListener.open(path: folder + "/a", mode: 0o600, group: nil)
            defer { close(listener.descriptor) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        }
    }

    @Test func whoStartsAtTheSameTimeIsWaitedFor() async throws {
        try await withFolder { folder in
            let other = open(folder + "/a.lock", O_RDWR | O_CREAT, 0o600)
            try #require(flock(other, LOCK_EX) == 0)
            let error = code { _ = try UnixListener.open(path: folder + "/a", mode: 0o600, group: nil) }
            #expect(error?.code == .inUse && error?.message.contains("a.lock") == true)
            close(other)
            close(try UnixListener.open(path: folder + "/a", mode: 0o600, group: nil).descriptor)
        }
    }

    @Test func leavesALiveOneAlone() async throws {
        try await withPublisher { publisher, path in
            let error = code { _ = try UnixListener.open(path: path, mode: 0o600, group: nil) }
            #expect(error?.code == .inUse)
            #expect(error?.message.contains(path) == true)
            let first = try TestClient(path).next()
            #expect(first.type == "hello")
        }
    }

    @Test func aLiveOneWithAFullBacklogIsLiveToo() async throws {
        try await withFolder { folder in
            let path = folder + "/a"
            let listener = try UnixListener.open(path: path, mode: 0o600, group: nil)
            defer { close(listener.descriptor) }
            // Nobody accepts: waiting connections pile up in the kernel.
            let waiting = try (0..<200).map { _ in
                let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
                try #require(descriptor >= 0)
                return descriptor
            }
            defer { for descriptor in waiting { close(descriptor) } }
            for descriptor in waiting { _ = connectOnce(descriptor, path) }
            #expect(code { _ = try UnixListener.open(path: path, mode: 0o600, group: nil) }?.code == .inUse)
        }
    }

    private func connectOnce(_ descriptor: CInt, _ path: String) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    @Test func removesOnlyItsOwnFile() async throws {
        try await withFolder { folder in
            let path = folder + "/a"
            let first = try UnixListener.open(path: path, mode: 0o600, group: nil)
            unlink(path)
            let second = try UnixListener.open(path: path, mode: 0o600, group: nil)
            defer {
                close(first.descriptor)
                close(second.descriptor)
            }
            try first.removeFile()
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func saysWhatIsInTheWay() async throws {
        try await withFolder { folder in
            let file = folder + "/file"
            #expect(FileManager.default.createFile(atPath: file, contents: Data("x".utf8)))
            let notASocket = code { _ = try UnixListener.open(path: file, mode: 0o600, group: nil) }
            #expect(notASocket?.code == .notASocket)
            let content = try String(contentsOfFile: file, encoding: .utf8)
            #expect(content == "x")
            let missing = code { _ = try UnixListener.open(path: folder + "/no/a", mode: 0o600, group: nil) }
            #expect(missing?.code == .missingFolder)
            #expect(missing?.message.contains("create it") == true)
            for path in ["", folder + "/a\0b", folder + "/" + String(repeating: "x", count: 108)] {
                #expect(
                    code { _ = try UnixListener.open(path: path, mode: 0o600, group: nil) }?.code
                        == .configuration)
            }
        }
    }

    /// A process that another test has just forked holds all descriptors until it executes its program, so that a
    /// socket closed here may answer for a moment longer.
    private func openOnceFree(_ path: String) async throws -> CInt {
        while true {
            let opened = Result { try UnixListener.open(path: path, mode: 0o600, group: nil).descriptor }
            if case .failure(let error as PublishError) = opened, error.code == .inUse {
                try await Task.sleep(for: .milliseconds(5))
            } else {
                return try opened.get()
            }
        }
    }

    @Test func twoThatStartTogetherDoNotReplaceEachOther() async throws {
        try await withFolder { folder in
            let path = folder + "/a"
            for _ in 0..<20 {
                close(try await openOnceFree(path))
                let opened = await withTaskGroup(of: CInt?.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            try? UnixListener.open(path: path, mode: 0o600, group: nil).descriptor
                        }
                    }
                    return await group.reduce(into: [CInt]()) {
                        if let descriptor = $1 { $0.append(descriptor) }
                    }
                }
                #expect(opened.count == 1)
                for descriptor in opened { close(descriptor) }
            }
        }
    }

    @Test func adoptsASocketOfASupervisor() async throws {
        try await withFolder { folder in
            let path = folder + "/activated"
            let supervisor = try UnixListener.open(path: path, mode: 0o600, group: nil)
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let configuration = PublisherConfiguration(
                socketPath: folder + "/unused", daemonVersion: "0", policy: "standard", epoch: "e")
            let publisher = Publisher(
                configuration: configuration, eventLoopGroup: group,
                logger: Logger(label: "test") { _ in LogMemory() },
                adoptedDescriptor: supervisor.descriptor)
            try await publisher.start()
            #expect(try TestClient(path).next().type == "hello")
            await publisher.stop()
            // The file is the supervisor's.
            #expect(FileManager.default.fileExists(atPath: path))
            try await group.shutdownGracefully()
        }
    }

    @Test func adoptsNothingElse() throws {
        let datagram = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        let unbound = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        let internet = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let file = open("/dev/null", O_RDONLY)
        for descriptor in [datagram, unbound, internet, file, -1] {
            #expect(code { _ = try UnixListener.adopt(descriptor: descriptor) }?.code == .notAListener)
        }
        for descriptor in [datagram, unbound, internet, file] { close(descriptor) }
    }

    @Test func readsThePeersIdentity() throws {
        var pair: [CInt] = [0, 0]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        let peer = try #require(PeerIdentity(descriptor: pair[0]))
        #expect(peer.uid == geteuid())
        #expect(peer.gids.contains(getegid()))
        #expect(PeerIdentity(descriptor: -1) == nil)
    }

    @Test func allowList() {
        let stranger = PeerIdentity(uid: 61_234, gids: [100, 61_234])
        #expect(!stranger.isAllowed(uids: [], gids: []))
        #expect(!stranger.isAllowed(uids: [61_233], gids: [101]))
        #expect(stranger.isAllowed(uids: [61_234], gids: []))
        #expect(stranger.isAllowed(uids: [], gids: [100]))
        #expect(PeerIdentity(uid: 0, gids: []).isAllowed(uids: [], gids: []))
        #expect(PeerIdentity(uid: geteuid(), gids: []).isAllowed(uids: [], gids: []))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can start a process of another user"))
    func aStrangerIsTurnedAway() async throws {
        let log = LogMemory()
        let manual = ManualClock()
        try await withPublisher(
            clock: manual.clock, log: log,
            configure: {
                $0.mode = 0o666
                $0.allowedUIDs = [61_233]
            }
        ) { publisher, path in
            chmod((path as NSString).deletingLastPathComponent, 0o755)
            let refused = try receive(from: path, asUser: 61_234)
            #expect(refused.contains(#""code":"forbidden""#))
            #expect(!refused.contains("hello"))
            // socat leaves half a second after the end of its input.
            #expect(try receive(from: path, asUser: 61_233).contains("hello"))
            #expect(publisher.statistics.refusedPeers == 1)
            try await eventually("it is logged with the uid") {
                manual.advance(seconds: 1)
                return log.text.contains { $0.contains("61234") }
            }
        }
    }

    /// What a process of another user and group gets until it leaves or is closed.
    private func receive(from path: String, asUser user: Int) throws -> String {
        let socat = try Program(
            "/usr/bin/setpriv",
            [
                "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "/usr/bin/socat", "-", "UNIX-CONNECT:\(path)",
            ], output: .pipe)
        return String(decoding: try socat.readToEnd(), as: UTF8.self)
    }

    @Test func configurationIsChecked() async throws {
        let wrong: [(inout PublisherConfiguration) -> Void] = [
            { $0.ringBytes = 1 }, { $0.clientQueueBytes = $0.ringBytes + 1 }, { $0.maxClients = 0 },
            { $0.mode = 0o1777 },
            { $0.heartbeatSeconds = .nan }, { $0.clientStallSeconds = 0 }, { $0.ringSeconds = .infinity },
            { $0.clientLineBytes = 0 }, { $0.stopMilliseconds = -1 },
        ]
        for change in wrong {
            var configuration = PublisherConfiguration(
                socketPath: "/nonexistent/a", daemonVersion: "0", policy: "standard", epoch: "e")
            change(&configuration)
            let group = MultiThreadedEventLoopGroup.singleton
            let publisher = Publisher(
                configuration: configuration, eventLoopGroup: group,
                logger: Logger(label: "test") { _ in LogMemory() })
            let error = await #expect(throws: PublishError.self) { try await publisher.start() }
            #expect(error?.code == .configuration)
        }
    }
}
