"""AsyncSSH's SFTP client under the requests of README.md, with names as bytes."""

import asyncio
import os
import shlex
import sys

import asyncssh

from lines import serve

loop = asyncio.new_event_loop()
connection = None
sftp = None


def waits(work):
    """A request whose work is a coroutine."""
    return lambda *words: loop.run_until_complete(work(*words))


async def connect(host, port, user, method, secret, known_hosts, rekey_bytes):
    global connection, sftp
    login = {"password": secret.decode()} if method == b"password" else {"client_keys": [os.fsdecode(secret)]}
    connection = await asyncssh.connect(
        host.decode(),
        int(port),
        username=user.decode(),
        known_hosts=os.fsdecode(known_hosts),
        config=None,
        agent_path=None,
        rekey_bytes=int(rekey_bytes) or 1 << 30,
        **({"client_keys": None} | login),
    )
    sftp = await connection.start_sftp_client(path_encoding=None)


async def list_folder(remote):
    entries = await sftp.readdir(remote)
    kinds = {asyncssh.FILEXFER_TYPE_DIRECTORY: b"d"}
    return [kinds.get(entry.attrs.type, b"f") + entry.filename for entry in entries if entry.filename not in (b".", b"..")]


async def resume_upload(local, remote):
    async with sftp.open(remote, "r+b") as target:
        at = await target.seek(0, os.SEEK_END)
        with open(local, "rb") as source:
            source.seek(at)
            while block := source.read(65536):
                await target.write(block)


async def resume_download(remote, local):
    async with sftp.open(remote, "rb") as source:
        with open(local, "ab") as target:
            await source.seek(target.tell())
            while block := await source.read(65536):
                target.write(block)


async def no_answer(work):
    await work


async def statvfs(remote):
    found = await sftp.statvfs(remote)
    return [found.bsize, found.blocks, found.namemax]


async def glob(pattern):
    return sorted(await sftp.glob(pattern))


async def copy(old, new):
    await sftp.copy(old, new)


async def run(command):
    done = await connection.run(command.decode(), encoding=None)
    return [done.exit_status, done.stdout, done.stderr]


async def scp(local, remote, back):
    # AsyncSSH leaves the quoting of remote names to its caller.
    quoted = (connection, shlex.quote(os.fsdecode(remote)))
    await asyncssh.scp(os.fsdecode(local), quoted, preserve=True)
    await asyncssh.scp(quoted, os.fsdecode(back), preserve=True)


async def at_once(remote, count):
    """Many sessions of one connection, each with a file of its own."""

    async def one(number):
        async with connection.start_sftp_client() as own:
            path = f"{os.fsdecode(remote)}-{number}"
            async with own.open(path, "wb") as target:
                await target.write(bytes([number]) * 100_000)
            async with own.open(path, "rb") as source:
                return await source.read() == bytes([number]) * 100_000

    return [all(await asyncio.gather(*(one(number) for number in range(int(count)))))]


async def link_facts(folder):
    """Hard link, symbolic link and where they lead, as the library says."""
    await sftp.link(folder + b"/file", folder + b"/hard")
    await sftp.symlink(b"file", folder + b"/soft")
    same = await sftp.stat(folder + b"/hard")
    return [await sftp.readlink(folder + b"/soft"), await sftp.realpath(folder + b"/soft"), same.nlink or 0]


serve(
    {
        "version": lambda: [f"asyncssh {asyncssh.__version__}, Python {sys.version.split()[0]}"],
        "connect": waits(connect),
        "upload": waits(lambda local, remote: no_answer(sftp.put(local, remote, preserve=True))),
        "download": waits(lambda remote, local: no_answer(sftp.get(remote, local, preserve=True, follow_symlinks=True))),
        "upload-tree": waits(lambda local, remote: no_answer(sftp.put(local, remote, preserve=True, recurse=True))),
        "download-tree": waits(lambda remote, local: no_answer(sftp.get(remote, local, preserve=True, recurse=True))),
        "list": waits(list_folder),
        "delete": waits(lambda remote: no_answer(sftp.remove(remote))),
        "delete-tree": waits(lambda remote: no_answer(sftp.rmtree(remote))),
        "resume-upload": waits(resume_upload),
        "resume-download": waits(resume_download),
        "rename": waits(lambda old, new: no_answer(sftp.posix_rename(old, new))),
        "plain-rename": waits(lambda old, new: no_answer(sftp.rename(old, new))),
        "mkdir": waits(lambda remote: no_answer(sftp.mkdir(remote))),
        "chmod": waits(lambda remote, mode: no_answer(sftp.chmod(remote, int(mode, 8)))),
        "link": waits(lambda target, remote: no_answer(sftp.symlink(target, remote))),
        "truncate": waits(lambda remote, size: no_answer(sftp.truncate(remote, int(size)))),
        "statvfs": waits(statvfs),
        "glob": waits(glob),
        "copy": waits(copy),
        "run": waits(run),
        "scp": waits(scp),
        "at-once": waits(at_once),
        "links": waits(link_facts),
    }
)
