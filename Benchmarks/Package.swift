// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that building and testing Attune does not build its benchmarks.
let package = Package(
    name: "attune-benchmarks",
    dependencies: [
        .package(name: "attune", path: ".."),
        // As the daemon has them.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        // A link to the tests' counter: allocations are counted the same way here and there.
        .target(name: "CMallocCounter"),
        .target(name: "Reports", swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "bench",
            dependencies: ["CMallocCounter", "Reports", .product(name: "AttuneAnalysis", package: "attune")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "conversations",
            dependencies: [
                "Reports", .product(name: "AttuneAnalysis", package: "attune"),
                .product(name: "ConversationGenerator", package: "attune"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .target(name: "CStreams", linkerSettings: [.linkedLibrary("opus")]),
        .executableTarget(
            name: "streams",
            dependencies: ["CStreams", "Reports", .product(name: "AttuneAnalysis", package: "attune")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "soak",
            dependencies: [
                "Reports", .product(name: "AttuneAnalysis", package: "attune"),
                .product(name: "ConversationGenerator", package: "attune"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "evidence", dependencies: [.product(name: "AttuneAnalysis", package: "attune")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "simulate", dependencies: [.product(name: "Simulation", package: "attune")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .systemLibrary(name: "CEpoll"),
        .executableTarget(
            name: "subscribers",
            dependencies: [
                "CEpoll", "Reports", .product(name: "AttuneAnalysis", package: "attune"),
                .product(name: "AttunePublish", package: "attune"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
