// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// A package of its own, because everything in it is built with coverage counters for libFuzzer (make fuzz).
let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "attune", path: "..")],
    targets: [
        .target(name: "CFuzz"),
        .executableTarget(
            name: "media", dependencies: ["CFuzz", .product(name: "AttuneMedia", package: "attune")],
            swiftSettings: strict),
    ]
)
