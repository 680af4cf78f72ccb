// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that building and testing Attune does not build its benchmarks.
let package = Package(
    name: "attune-benchmarks",
    dependencies: [.package(name: "attune", path: "..")],
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
    ]
)
