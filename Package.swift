// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// What hours of calls go through in tests is optimised in debug builds too, with its assertions: the tests would take
// several times as long.
let optimised = strict + [.unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func optimisedLibrary(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: optimised)
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
        .executable(name: "attuned-worker", targets: ["attuned-worker"]),
        .library(name: "AttuneClient", targets: ["AttuneClient"]),
        // The analysis, for the benchmarks, which are a package of their own.
        .library(
            name: "AttuneAnalysis",
            targets: [
                "CKernels", "Decode", "Events", "MediaTypes", "Pipeline", "Statistics", "Voice",
            ]),
        .library(name: "ConversationGenerator", targets: ["ConversationGenerator"]),
        // Sessions in simulated time, for `make simulate`.
        .library(name: "Simulation", targets: ["Simulation"]),
        // The ways in for media and both sockets, for the fuzzers, which are a package of their own too.
        .library(
            name: "AttuneMedia",
            targets: [
                "ControlAPI", "Conversation", "Decode", "Dialects", "Events", "Isolation", "MediaTypes", "RTP",
                "Timing",
            ]),
        .library(name: "AttuneSight", targets: ["MediaTypes", "Pipeline", "Sight"]),
        .library(name: "AttunePublish", targets: ["Events", "Publish", "Telemetry"]),
        .library(name: "AttuneControl", targets: ["Control", "ControlAPI", "Kit", "Text"]),
        .library(name: "AttuneWire", targets: ["Daemon", "Dialects"]),
        // Loaded before other libraries by a test, so that their calls fail.
        .library(name: "CallFaults", type: .dynamic, targets: ["CallFaults"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // Media in.
        library("Kit", ["CPlatform"]),
        optimisedLibrary("MediaTypes"),
        optimisedLibrary("Statistics"),
        optimisedLibrary("Timing", ["Kit", "MediaTypes"]),
        .systemLibrary(name: "CFFmpeg", pkgConfig: "libavformat"),
        .target(name: "CFFmpegSupport"),
        .systemLibrary(name: "CSndfile", pkgConfig: "sndfile"),
        .systemLibrary(name: "COpus", pkgConfig: "opus"),
        optimisedLibrary("Decode", ["CFFmpeg", "CFFmpegSupport", "CSndfile", "Kit", "MediaTypes"]),
        .systemLibrary(name: "CSRTP", pkgConfig: "libsrtp2"),
        // What reads media of strangers does so in a process of its own.
        .target(name: "CSandbox", dependencies: ["CPlatform"]),
        library("Isolation", ["CPlatform", "Decode", "Kit", "MediaTypes"]),
        // The runtime of the recogniser is opened where it is there.
        .target(name: "CSherpa"),
        library("Words", ["CPlatform", "CSherpa", "Kit", "MediaTypes"]),
        // What tells voices apart; its runtime is opened where it is there.
        .target(name: "COnnxRuntime"),
        optimisedLibrary("Diarisation", ["CKernels", "COnnxRuntime", "MediaTypes"]),
        library("Worker", ["CPlatform", "CSandbox", "Decode", "Isolation", "MediaTypes", "Sight", "Words"]),
        optimisedLibrary("RTP", ["COpus", "CSRTP", "Kit", "MediaTypes", "Timing"]),
        library("Dialects"),

        // Numbers.
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
        optimisedLibrary("Voice", ["CKernels", "MediaTypes"]),
        // Declares what it uses of a library that is opened at run time.
        .target(name: "CLiteRT"),
        optimisedLibrary("Sight", ["CKernels", "CLiteRT", "MediaTypes"]),
        // For words of scripts that have no spaces.
        .target(name: "Text", swiftSettings: optimised, linkerSettings: [.linkedLibrary("_FoundationICU")]),
        optimisedLibrary("Events"),
        library("Schema", ["Events"]),
        optimisedLibrary("Conversation", ["Events", "MediaTypes", "Statistics", deque]),
        optimisedLibrary(
            "Pipeline",
            [
                "Conversation", "Decode", "Diarisation", "Events", "Isolation", "Kit", "MediaTypes", "Sight", "Text",
                "Voice", "Words",
            ]),
        library("Audit", ["Conversation", "Decode", "Events", "Kit", "MediaTypes", "Pipeline", "Statistics"]),

        // Events out.
        .target(name: "CPlatform"),
        library("Telemetry", ["Statistics"]),
        library("Publish", ["CPlatform", "Events", "Kit", "Telemetry", logging, nioCore, nioPosix]),
        library("Store", ["Events", grdb, logging]),

        // Several machines.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        library("Fleet", ["CZlib", "Events", deque]),
        .target(name: "CEd25519", dependencies: [nioSSL]),
        library("Bus", ["CEd25519", "Fleet", "Kit", "Settings", nioCore, nioPosix, nioSSL]),

        // Around it.
        library("Settings", ["Conversation", "CPlatform", "Kit", "Text", yams]),
        library("ControlAPI"),
        // The page for browsers lies in the program itself.
        .target(
            name: "Overlay", dependencies: ["Kit"], resources: [.embedInCode("Page")],
            swiftSettings: strict),
        library(
            "Control",
            [
                "ControlAPI", "Events", "Kit", "Overlay", httpTypes, hummingbird, hummingbirdCore, lifecycle, logging,
                nioCore, nioHTTP1, nioHTTPTypesHTTP1, nioPosix, nioSSL, nioWebSocket,
            ]),
        library(
            "Gateway",
            [
                "Bus", "Control", "ControlAPI", "Events", "Fleet", "Kit", "Settings", "Telemetry", lifecycle, logging,
                nioCore, nioPosix, signals,
            ]),
        library(
            "Daemon",
            [
                "Bus", "Control", "ControlAPI", "Conversation", "CPlatform", "Decode", "Dialects", "Diarisation",
                "Events",
                "Fleet",
                "Isolation", "Kit", "MediaTypes", "Pipeline", "Publish", "RTP", "Settings", "Sight", "Store",
                "Telemetry", "Text",
                "Timing", "Words", lifecycle, logging, nioCore, nioHTTP1, nioPosix, nioSSL, nioWebSocket, signals,
            ]),
        library("AttuneClient", ["ControlAPI", "Events", "Kit", nioCore, nioHTTP1, nioPosix]),
        command("attuned", ["ControlAPI", "Daemon", "Kit", "Settings", argumentParser]),
        command("attuned-worker", ["Worker"]),
        .systemLibrary(name: "CNcurses"),
        .executableTarget(
            name: "attune",
            dependencies: [
                "AttuneClient", "Audit", "CNcurses", "ControlAPI", "Conversation", "Decode", "Diarisation", "Events",
                "Fleet", "Gateway", "Kit", "Pipeline", "Schema", "Settings", "Statistics", "Text", "Words",
                argumentParser, mustache,
            ],
            resources: [.embedInCode("Templates")], swiftSettings: strict),
        // The client of docs/clients.md.
        .executableTarget(
            name: "ticks", dependencies: ["AttuneClient"], path: "docs/clients",
            exclude: ["ticks.go", "ticks.html", "ticks.mjs", "ticks.py", "ticks.sh"], swiftSettings: strict),

        // Tests.
        .target(name: "CMallocCounter", path: "Tests/CMallocCounter"),
        .target(name: "SeededNumbers", path: "Tests/SeededNumbers", swiftSettings: strict),
        .target(name: "TestSupport", dependencies: ["Kit", logging], path: "Tests/TestSupport", swiftSettings: strict),
        // Programs that tests run.
        .target(name: "Programs", dependencies: ["CPlatform"], path: "Tests/Programs", swiftSettings: strict),
        tests("ArchitectureTests", ["Programs"]),
        // Whole sessions in simulated time, for tests and `make simulate`.
        .target(
            name: "Simulation",
            dependencies: [
                "Conversation", "Daemon", "Diarisation", "Events", "Fleet", "Kit", "MediaTypes", "Pipeline", "Publish",
                "RTP", "SeededNumbers", "Store", "Timing", logging, nioCore, nioEmbedded,
            ],
            path: "Tests/Simulation", swiftSettings: strict),
        tests("SimulationTests", ["Simulation"]),
        // Conversations made of clips at known times, for tests and benchmarks.
        .target(
            name: "ConversationGenerator",
            dependencies: [
                "CKernels", "COpus", "Conversation", "Events", "MediaTypes", "Pipeline", "Programs", "RTP",
                "SeededNumbers", "Statistics",
            ],
            path: "Tests/ConversationGenerator", swiftSettings: strict),
        tests(
            "ConversationAudioTests",
            ["Conversation", "ConversationGenerator", "Events", "MediaTypes", "Pipeline"]),
        tests("AttuneClientTests", ["AttuneClient", "Publish", logging, nioCore, nioPosix]),
        tests(
            "AttuneTests", ["AttuneClient", "ControlAPI", "Events", "TestSupport", "Text", "attune", argumentParser]),
        tests("AuditTests", ["Audit", "Conversation", "MediaTypes", "Pipeline", "TestSupport"]),
        tests("ConversationTests", ["Conversation", "Events", "MediaTypes", "Schema", "SeededNumbers"]),
        tests(
            "ControlTests",
            ["Control", "ControlAPI", "Events", "Kit", "Overlay", httpTypes, hummingbird, logging, nioEmbedded]),
        tests("EventsTests", ["Events", "SeededNumbers"]),
        tests("FleetTests", ["Events", "Fleet", "SeededNumbers"]),
        tests("GatewayTests", ["Control", "ControlAPI", "Events", "Fleet", "Gateway", "Telemetry"]),
        tests("BusTests", ["Bus", "Fleet", "Programs", "SeededNumbers", "TestSupport", nioCore, nioPosix]),
        tests("KitTests", ["Kit", "SeededNumbers", "TestSupport"]),
        tests(
            "DaemonTests",
            [
                "Control", "ControlAPI", "Conversation", "Daemon", "Decode", "Dialects", "Events", "Kit", "MediaTypes",
                "Overlay", "Pipeline", "Programs", "Publish", "RTP", "SeededNumbers", "Settings", "Simulation",
                "TestSupport", "Text", "Timing", "Words", "faulty-worker", lifecycle, logging, nioCore, nioEmbedded,
                nioPosix,
            ]),
        tests("DiarisationTests", ["CKernels", "Diarisation", "MediaTypes", "SeededNumbers"]),
        tests("DialectsTests", ["Dialects", "SeededNumbers"]),
        tests("DecodeTests", ["Decode", "MediaTypes", "Programs", "SeededNumbers", "TestSupport"]),
        tests(
            "EndToEndTests",
            [
                "CSRTP", "CallFaults", "Programs", "RTP", "Schema", "SeededNumbers", "TestSupport", "attune", "attuned",
                "attuned-worker", "ticks",
            ]),
        .target(name: "CallFaults", path: "Tests/CallFaults"),
        // A worker that fails, and a program that tries what a worker may not do.
        .executableTarget(name: "faulty-worker", path: "Tests/FaultyWorker"),
        .executableTarget(name: "confined-probe", dependencies: ["CSandbox"], path: "Tests/ConfinedProbe"),
        tests(
            "IsolationTests",
            [
                "CPlatform", "Decode", "Isolation", "MediaTypes", "Programs", "SeededNumbers", "TestSupport", "Words",
                "Worker", "attuned-worker", "confined-probe", "faulty-worker",
            ]),
        tests("PipelineTests", ["Conversation", "Diarisation", "MediaTypes", "Pipeline", "Text"]),
        tests(
            "PublishTests",
            [
                "CPlatform", "Events", "Programs", "Publish", "Schema", "SeededNumbers", "Telemetry", logging, nioCore,
                nioEmbedded, nioPosix,
            ]),
        tests(
            "RTPTests",
            ["CMallocCounter", "COpus", "CSRTP", "Kit", "MediaTypes", "Programs", "RTP", "SeededNumbers", "Timing"]),
        tests("SchemaTests", ["Events", "Schema", "attune"]),
        tests("SettingsTests", ["Conversation", "Settings"]),
        tests("SightTests", ["CKernels", "MediaTypes", "SeededNumbers", "Sight"]),
        tests("StatisticsTests", ["SeededNumbers", "Statistics"]),
        tests("StoreTests", ["AttuneClient", "Events", "Store", "attune", grdb, logging]),
        tests("TimingTests", ["MediaTypes", "SeededNumbers", "Timing"]),
        tests("TextTests", ["SeededNumbers", "Text"]),
        tests("WordsTests", ["MediaTypes", "Words"]),
        tests("TelemetryTests", ["Telemetry"]),
        tests("VoiceTests", ["CKernels", "CMallocCounter", "MediaTypes", "Programs", "Voice"]),
    ]
)
