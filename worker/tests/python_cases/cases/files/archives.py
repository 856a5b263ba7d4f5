import io
import tarfile
import zipfile


def handler(event, context):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("a/ü.txt", (2024, 1, 1, 0, 0, 0)), "x" * 1000)
        file.writestr(zipfile.ZipInfo("b.bin"), b"\0" * 10)
    with zipfile.ZipFile(data) as file:
        found = [file.namelist(), file.read("a/ü.txt").decode()[:3], file.getinfo("b.bin").file_size, file.testzip()]
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as file:
        info = tarfile.TarInfo("n/x")
        info.size = 5
        file.addfile(info, io.BytesIO(b"hello"))
    tar.seek(0)
    with tarfile.open(fileobj=tar) as file:
        found += [file.getnames(), file.extractfile("n/x").read().decode()]
    try:
        zipfile.ZipFile(io.BytesIO(b"no zip"))
    except zipfile.BadZipFile as error:
        found.append(str(error))
    return found
