// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// A package of its own, because everything in it is built with coverage counters for libFuzzer (make fuzz).
let package = Package(
    name: "fuzz",
    dependencies: [
        .package(name: "attune", path: ".."),
        // As the daemon has them.
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    ],
    targets: [
        .target(name: "CFuzz"),
        .executableTarget(
            name: "media", dependencies: ["CFuzz", .product(name: "AttuneMedia", package: "attune")],
            swiftSettings: strict),
        .executableTarget(
            name: "containers", dependencies: ["CFuzz", .product(name: "AttuneMedia", package: "attune")],
            swiftSettings: strict),
        .executableTarget(
            name: "faces", dependencies: ["CFuzz", .product(name: "AttuneSight", package: "attune")],
            swiftSettings: strict),
        .executableTarget(
            name: "wire",
            dependencies: [
                "CFuzz", .product(name: "AttuneAnalysis", package: "attune"),
                .product(name: "AttuneControl", package: "attune"),
                .product(name: "AttuneMedia", package: "attune"),
                .product(name: "AttuneWire", package: "attune"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "clients",
            dependencies: [
                "CFuzz", .product(name: "AttuneControl", package: "attune"),
                .product(name: "AttunePublish", package: "attune"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ],
            swiftSettings: strict),
    ]
)
