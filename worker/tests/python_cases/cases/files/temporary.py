import os
import pathlib
import shutil
import tempfile


def handler(event, context):
    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp", prefix="case-"))
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "ü.txt").write_text("zeile\nzwei\r\n", encoding="utf-8", newline="")
    (folder / "bin").write_bytes(bytes(range(10)))
    with open(folder / "bin", "r+b") as file:
        file.seek(-2, os.SEEK_END)
        file.write(b"xy")
        file.truncate(9)
        position = file.tell()
    with tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".log") as file:
        file.write("kept")
        file.flush()
        size = os.stat(file.name).st_size
    found = [sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*")), (folder / "bin").read_bytes().hex(), position, size, (folder / "deep/ü.txt").read_text("utf-8"), os.path.isdir(folder), (folder / "bin").stat().st_size]
    os.rename(folder / "bin", folder / "moved")
    for action in (lambda: (folder / "gone").read_text(), lambda: os.mkdir(folder), lambda: os.rmdir(folder), lambda: open(folder)):
        try:
            action()
        except OSError as error:
            found.append([type(error).__name__, error.errno, error.strerror])
    shutil.rmtree(folder)
    return found + [folder.exists()]
