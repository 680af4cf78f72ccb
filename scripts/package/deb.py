#!/usr/bin/env python3
"""Makes the Debian packages attune and attune-models.

usage: deb.py BUILD_FOLDER OUTPUT_FOLDER

Libraries that the programs need are found by dpkg-shlibdeps in the programs themselves. The maintainer scripts are those
beside this file.
"""
import gzip
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import staging

HERE = pathlib.Path(__file__).resolve().parent
# Whoever makes packages for others says who that is, as Debian's own tools have it.
MAINTAINER = (f"{os.environ.get('DEBFULLNAME', 'The Attune developers')} "
              f"<{os.environ.get('DEBEMAIL', 'attune@attune.example')}>")
ARCHITECTURE = subprocess.run(["dpkg", "--print-architecture"], check=True, text=True,
                              capture_output=True).stdout.strip()
SYNOPSES = {
    "attune": ("measures live conversations and publishes what it finds", """\
 A daemon that attaches to the media of a call, finds who speaks when and how,
 and publishes ticks with scores per speaker on a Unix socket, and a command for
 it. Scores are made of measured behaviour compared with the person's own usual;
 whoever has not consented is not measured. Nothing leaves the machine."""),
    "attune-models": ("weights and lexicon for attune", """\
 Weights of the speech detector, the lexicon for captions, the recogniser and
 what tells voices apart, each under its own licence. Without them the built-in
 detector is used, captions are counted only, nothing is written down, and a
 mixed track is one voice."""),
}


def shared_libraries(tree):
    """The packages with the libraries that the programs are linked with."""
    with tempfile.TemporaryDirectory() as temporary:
        debian = pathlib.Path(temporary, "debian")
        debian.mkdir()
        (debian / "control").write_text("Source: attune\n\nPackage: attune\nArchitecture: any\n")
        programs = [f"-e{tree}/usr/{program}" for program in staging.PROGRAMS]
        told = subprocess.run(["dpkg-shlibdeps", "-O", "--ignore-missing-info", *programs], cwd=temporary, check=True,
                              text=True, capture_output=True).stdout
    return told.strip().removeprefix("shlibs:Depends=")


def yaml_page(tree):
    """attune.yaml(5): the file explains itself, so the page is the file."""
    text = (staging.ROOT / "config/attune.yaml").read_text().replace("\\", "\\e").replace("-", "\\-")
    lines = ["\\&" + line if line[:1] in (".", "'") else line for line in text.splitlines()]
    page = ('.TH ATTUNE.YAML 5\n.SH NAME\nattune.yaml \\- configuration of attuned\n.SH DESCRIPTION\n'
            'YAML. What is left out has the value that stands here. After a change\n.B systemctl reload attuned\n'
            'says what holds at once and what needs a restart;\n.B attuned \\-\\-check\\-config\nlooks without changing '
            'anything.\n.SH THE FILE\n.nf\n' + "\n".join(lines) + '\n.fi\n.SH SEE ALSO\n.BR attuned (8),\n'
            '.BR attune (1)\n')
    folder = tree / "usr/share/man/man5"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "attune.yaml.5").write_text(page)


def documents(tree, package):
    """What Debian wants to know of every package."""
    folder = tree / f"usr/share/doc/{package}"
    folder.mkdir(parents=True, exist_ok=True)
    notice = (staging.ROOT / "NOTICE").read_text()
    (folder / "copyright").write_text(
        notice + "\nAttune is licensed under the Apache License, Version 2.0; on Debian systems its full text is in\n"
        "/usr/share/common-licenses/Apache-2.0. What lies in /usr/share/attune has its licence beside it.\n")
    for name in ("LICENSE", "NOTICE"):
        (folder / name).unlink(missing_ok=True)
    overrides = tree / "usr/share/lintian/overrides"
    overrides.mkdir(parents=True)
    # The Swift package for YAML carries its own copy, which cannot be exchanged. The libraries among the models are checked
    # against the SHA-256 of what their makers gave out, so that nothing is taken out of them.
    (overrides / package).write_text({
        "attune": "attune: embedded-library libyaml *\n",
        "attune-models": "attune-models: unstripped-binary-or-object *\n"}[package])
    date = subprocess.run(["date", "-Ru", "-d", f"@{staging.source_date()}"], check=True, text=True,
                          capture_output=True).stdout.strip()
    change = (f"{package} ({staging.version()}) unstable; urgency=medium\n\n  * See CHANGELOG.md of the sources.\n\n"
              f" -- {MAINTAINER}  {date}\n")
    # Without a dash in the version it is Debian's own, whose file has this name.
    packed(folder / "changelog.gz", change.encode())


def packed(path, content):
    path.write_bytes(gzip.compress(content, 9, mtime=0))
    os.chmod(path, 0o644)


def package(name, tree, output, fields, scripts=()):
    """Builds one package of what lies in `tree`."""
    documents(tree, name)
    for page in tree.glob("usr/share/man/man*/*"):
        packed(page.with_name(page.name + ".gz"), page.read_bytes())
        page.unlink()
    control = tree / "DEBIAN"
    control.mkdir()
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    synopsis, description = SYNOPSES[name]
    fields = {"Package": name, "Version": staging.version(), "Section": "sound", "Priority": "optional",
              "Maintainer": MAINTAINER, "Installed-Size": str(size // 1024), **fields}
    (control / "control").write_text("".join(f"{key}: {value}\n" for key, value in fields.items())
                                     + f"Description: {synopsis}\n{description}\n")
    for script in scripts:
        shutil.copy(HERE / "maintainer" / script, control / script)
        os.chmod(control / script, 0o755)
    etc = sorted(str(path.relative_to(tree)) for path in (tree / "etc").rglob("*") if path.is_file())
    if etc:
        (control / "conffiles").write_text("".join(f"/{path}\n" for path in etc))
    for path in [tree, *tree.rglob("*")]:
        if path.is_dir():
            os.chmod(path, 0o755)
    sums = subprocess.run("find usr lib etc -type f -print0 2>/dev/null | sort -z | xargs -0 md5sum", shell=True,
                          cwd=tree, check=True, text=True, capture_output=True).stdout
    (control / "md5sums").write_text(sums)
    file = output / f"{name}_{staging.version()}_{fields['Architecture']}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": staging.source_date()}
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, file], check=True, env=environment,
                   stdout=subprocess.DEVNULL)
    print(f"{file}: {file.stat().st_size / 2**20:.1f} MB, {size / 2**20:.0f} MB installed")


def main():
    build, output = sys.argv[1], pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        tree, models = pathlib.Path(temporary, "attune"), pathlib.Path(temporary, "models")
        staging.install(build, tree, "/usr", "/lib/systemd/system")
        # What has a licence of its own goes into a package of its own.
        (models / "usr/share/attune").mkdir(parents=True)
        for path in (tree / "usr/share/attune").iterdir():
            if path.name not in ("demo", "monitoring"):
                shutil.move(path, models / "usr/share/attune")
        # Libraries, and what lies in a folder with one.
        if (tree / "usr/lib/attune").exists():
            (models / "usr/lib").mkdir()
            shutil.move(tree / "usr/lib/attune", models / "usr/lib")
        yaml_page(tree)
        # The runtime folder is the unit's; this one is for those who start the daemon by hand.
        (tree / "usr/lib/tmpfiles.d").mkdir(parents=True)
        (tree / "usr/lib/tmpfiles.d/attune.conf").write_text("d /run/attune 0755 attune attune -\n")
        package("attune", tree, output, {
            "Architecture": ARCHITECTURE, "Depends": shared_libraries(tree) + ", systemd | systemd-standalone-sysusers",
            "Recommends": f"attune-models (= {staging.version()})",
        }, scripts=["postinst", "prerm", "postrm"])
        # The runtime of the recogniser is a library.
        package("attune-models", models, output, {
            "Architecture": ARCHITECTURE, "Depends": "libc6, libgcc-s1, libstdc++6"})


main()
