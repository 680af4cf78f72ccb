// swift-tools-version: 6.1
import PackageDescription

// A package of its own, because everything in it is built with coverage counters for libFuzzer (make fuzz).
let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "attune", path: "..")],
    targets: [
        .target(name: "CFuzz"),
        .executableTarget(
            name: "fuzz", dependencies: ["CFuzz", .product(name: "AttuneRTP", package: "attune")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
