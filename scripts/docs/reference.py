"""The reference of AttuneClient, made by DocC from the module as it was built, with the types of events and answers."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = ["AttuneClient", "ControlAPI", "Events"]
# Where the pages lie in the site; DocC writes it into them.
PLACE = "reference"


def module_maps(build):
    """What tells the compiler of the modules in C that those modules are built on."""
    made = build.glob("*.build/module.modulemap")
    given = [path for folder in (ROOT / "Sources", *ROOT.glob(".build/checkouts/*/Sources"))
             for path in folder.rglob("module.modulemap")]
    return [part for path in [*made, *given] for part in ("-Xcc", f"-fmodule-map-file={path}")]


def run(*command):
    """Output of a command, which must end well."""
    ended = subprocess.run(command, text=True, capture_output=True)
    if ended.returncode:
        sys.exit(f"{command[0]}: {ended.stdout}{ended.stderr}")
    return ended.stdout + ended.stderr


def write(site):
    """Writes the pages into the site; how many they are."""
    build = ROOT / ".build/release"
    if not (build / "Modules/AttuneClient.swiftmodule").exists():
        sys.exit("reference: there is no built AttuneClient; run 'make build'")
    # The compiler's folder has both programs; what is in PATH may be a link to it.
    tools = pathlib.Path(shutil.which("swift")).resolve().parent
    target = run("swiftc", "-print-target-info").split('"triple": "', 1)[1].split('"', 1)[0]
    with tempfile.TemporaryDirectory() as graphs:
        for module in MODULES:
            run(f"{tools}/swift-symbolgraph-extract", "-module-name", module, "-I", f"{build}/Modules", *module_maps(build),
                "-target", target, "-output-dir", graphs, "-minimum-access-level", "public", "-skip-synthesized-members")
        told = run(f"{tools}/docc", "convert", "--additional-symbol-graph-dir", graphs, "--output-path", f"{site}/{PLACE}",
                   "--fallback-display-name", "AttuneClient", "--fallback-bundle-identifier", "attune.client",
                   "--transform-for-static-hosting", "--hosting-base-path", PLACE)
    # A link in a comment that leads nowhere; a parameter that its sentence explains is no fault.
    lost = [line for line in told.splitlines() if line.startswith("warning:") and "missing documentation" not in line]
    if lost:
        sys.exit("\n".join(lost))
    return len(list((site / PLACE).rglob("index.html")))
