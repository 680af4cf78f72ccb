// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that building and testing Attune does not build its benchmarks.
let package = Package(
    name: "attune-benchmarks",
    dependencies: [.package(name: "attune", path: "..")],
    targets: [
        // A link to the tests' counter: allocations are counted the same way here and there.
        .target(name: "CMallocCounter"),
        .executableTarget(
            name: "bench",
            dependencies: ["CMallocCounter", .product(name: "AttuneAnalysis", package: "attune")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
