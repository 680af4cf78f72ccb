public import Decode

/// What a worker is told to read, and what it may take for that. The first message to it, and the only one.
public struct WorkerOrder: Sendable {
    /// Version of the messages; a worker of another one ends at once, and says so.
    package static let version: UInt16 = 4

    /// File or URL, as given.
    public var location: String
    /// How it is opened and read.
    public var options: InputOptions
    /// What may be taken of the machine.
    public var limits: WorkerLimits
    /// What it looks at pictures with; nil where it does not.
    public var sight: SightFiles?

    /// An order to read `location`.
    public init(_ location: String, options: InputOptions, limits: WorkerLimits) {
        self.location = location
        self.options = options
        self.limits = limits
    }
}

/// Where what looks at pictures lies.
public struct SightFiles: Sendable, Hashable {
    /// The library, and the networks' files.
    public var library: String, near: String, far: String, mesh: String

    /// Paths of the four files.
    public init(library: String, near: String, far: String, mesh: String) {
        self.library = library
        self.near = near
        self.far = far
        self.mesh = mesh
    }
}

/// What one worker may take of the machine, and where it may go.
public struct WorkerLimits: Sendable {
    /// Address space beyond that of the program, MiB.
    public var memoryMebibytes = 384
    /// CPU time that it may be ahead of the media, seconds.
    public var cpuSeconds = 20
    /// Files and sockets at a time.
    public var descriptors = 64
    /// How much longer than the input may take the worker may be silent: on a busy machine it has to wait, too.
    public var silenceMilliseconds = 10_000
    /// Networks and addresses that are not public and that a source may lead to all the same, such as `10.0.0.0/8`.
    public var references: [String] = []

    /// Limits, each with a default that any meeting keeps.
    public init() {}
}

extension WorkerOrder {
    private static let maxTexts = 256

    /// The order as a message.
    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.put(Self.version)
        writer.put(location)
        writer.put(options.allowedProtocols)
        writer.put(options.readsDescriptors)
        writer.put(Int64(options.openTimeoutMilliseconds))
        writer.put(Int64(options.readTimeoutMilliseconds))
        writer.put(Int64(options.bufferBytes))
        writer.put(options.splitsChannels)
        writer.put(Int32(clamping: Int((min(1_000, max(0, options.pictureRateHz)) * 1_000).rounded())))
        writer.put(sight.map { [$0.library, $0.near, $0.far, $0.mesh] } ?? [])
        let pairs = options.demuxerOptions.sorted { $0.key < $1.key }
        writer.put(pairs.map(\.key))
        writer.put(pairs.map(\.value))
        writer.put(Int64(limits.memoryMebibytes))
        writer.put(Int64(limits.cpuSeconds))
        writer.put(Int64(limits.descriptors))
        writer.put(limits.references)
        return writer.bytes
    }

    /// The order that a message is.
    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes[...])
        guard try reader.number(UInt16.self) == Self.version else { throw WireError() }
        location = try reader.text()
        options = InputOptions(allowedProtocols: try reader.texts(most: Self.maxTexts))
        options.readsDescriptors = try reader.flag()
        options.openTimeoutMilliseconds = Int(clamping: try reader.number(Int64.self))
        options.readTimeoutMilliseconds = Int(clamping: try reader.number(Int64.self))
        options.bufferBytes = Int(clamping: try reader.number(Int64.self))
        options.splitsChannels = try reader.flag()
        options.pictureRateHz = Double(try reader.number(Int32.self)) / 1_000
        let files = try reader.texts(most: 4)
        guard files.isEmpty || files.count == 4 else { throw WireError() }
        if files.count == 4 {
            sight = SightFiles(library: files[0], near: files[1], far: files[2], mesh: files[3])
        }
        let names = try reader.texts(most: Self.maxTexts)
        let values = try reader.texts(most: Self.maxTexts)
        options.demuxerOptions = Dictionary(zip(names, values)) { _, last in last }
        limits = WorkerLimits()
        limits.memoryMebibytes = Int(clamping: try reader.number(Int64.self))
        limits.cpuSeconds = Int(clamping: try reader.number(Int64.self))
        limits.descriptors = Int(clamping: try reader.number(Int64.self))
        limits.references = try reader.texts(most: Self.maxTexts)
        try reader.end()
    }
}
