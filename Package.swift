// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

// The arrows between the targets are those of docs/architecture.md; a test compares.
let package = Package(
    name: "attune",
    products: [
        .executable(name: "attuned", targets: ["attuned"]),
        .executable(name: "attune", targets: ["attune"]),
        // The analysis, for the benchmarks, which are a package of their own.
        .library(name: "AttuneAnalysis", targets: ["CKernels", "Decode", "Events", "MediaTypes", "Pipeline", "Voice"]),
        .library(name: "ConversationGenerator", targets: ["ConversationGenerator"]),
        // The ways in for media, for the fuzzers, which are a package of their own too.
        .library(name: "AttuneMedia", targets: ["ControlAPI", "Decode", "Events", "MediaTypes", "RTP"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // Media in.
        library("MediaTypes"),
        .systemLibrary(name: "CFFmpeg", pkgConfig: "libavformat"),
        .target(name: "CFFmpegSupport"),
        .systemLibrary(name: "CSndfile", pkgConfig: "sndfile"),
        .systemLibrary(name: "COpus", pkgConfig: "opus"),
        library("Decode", ["CFFmpeg", "CFFmpegSupport", "CSndfile", "MediaTypes"]),
        .systemLibrary(name: "CSRTP", pkgConfig: "libsrtp2"),
        library("RTP", ["COpus", "CSRTP", "MediaTypes"]),

        // Numbers.
        .target(name: "CKernels"),
        library("Voice", ["CKernels", "MediaTypes"]),
        library("Text"),
        library("Events"),
        library("Schema", ["Events"]),
        library("Conversation", ["Events", "MediaTypes", deque]),
        library("Pipeline", ["Conversation", "Decode", "Events", "MediaTypes", "Text", "Voice"]),
        library("Audit", ["Conversation", "Decode", "Events", "MediaTypes", "Pipeline"]),

        // Events out.
        .target(name: "CPlatform"),
        library("Telemetry"),
        library("Publish", ["CPlatform", "Events", "Telemetry", logging, nioCore, nioPosix]),
        library("Store", ["Events", grdb, logging]),

        // Around it.
        library("Settings", ["Conversation", "Text", yams]),
        library("ControlAPI"),
        library("Control", ["ControlAPI", "Events", httpTypes, hummingbird, lifecycle, logging, nioCore, nioPosix]),
        library(
            "Daemon",
            [
                "Control", "ControlAPI", "Conversation", "CPlatform", "Decode", "Events", "MediaTypes", "Pipeline",
                "Publish", "RTP", "Settings", "Store", "Telemetry", "Text", lifecycle, logging, nioCore, nioPosix,
                signals,
            ]),
        library("Client", ["ControlAPI", "Events", nioCore, nioHTTP1, nioPosix]),
        command("attuned", ["ControlAPI", "Daemon", "Settings", argumentParser]),
        command(
            "attune",
            [
                "Audit", "Client", "ControlAPI", "Conversation", "Decode", "Events", "Pipeline", "Schema", "Settings",
                "Text",
                argumentParser,
            ]),

        // Tests.
        .target(name: "CMallocCounter", path: "Tests/CMallocCounter"),
        tests("ArchitectureTests", []),
        // Conversations made of clips at known times, for tests and benchmarks.
        .target(
            name: "ConversationGenerator",
            dependencies: ["CKernels", "COpus", "Conversation", "Events", "MediaTypes", "Pipeline", "RTP"],
            path: "Tests/ConversationGenerator", swiftSettings: strict),
        tests(
            "ConversationAudioTests",
            ["Conversation", "ConversationGenerator", "Events", "MediaTypes", "Pipeline"]),
        tests("AuditTests", ["Audit", "Conversation", "MediaTypes", "Pipeline"]),
        tests("ConversationTests", ["Conversation", "Events", "MediaTypes", "Schema"]),
        tests("ControlTests", ["Control", "ControlAPI", "Events", hummingbird]),
        tests("EventsTests", ["Events"]),
        tests(
            "DaemonTests",
            ["ControlAPI", "Conversation", "Daemon", "Decode", "Events", "Pipeline", "RTP", "Settings", nioPosix]),
        tests("DecodeTests", ["Decode", "MediaTypes"]),
        tests("EndToEndTests", ["CSRTP", "RTP", "Schema", "attune", "attuned"]),
        tests("PipelineTests", ["Conversation", "MediaTypes", "Pipeline", "Text"]),
        tests("PublishTests", ["CPlatform", "Events", "Publish", "Schema", "Telemetry", logging, nioCore, nioPosix]),
        tests("RTPTests", ["CMallocCounter", "COpus", "CSRTP", "MediaTypes", "RTP"]),
        tests("SchemaTests", ["Client", "Events", "Schema"]),
        tests("SettingsTests", ["Conversation", "Settings"]),
        tests("StoreTests", ["Client", "Events", "Store", grdb, logging]),
        tests("TextTests", ["Text"]),
        tests("TelemetryTests", ["Telemetry"]),
        tests("VoiceTests", ["CKernels", "CMallocCounter", "MediaTypes", "Voice"]),
    ]
)
