"""Paramiko's SFTPClient under the requests of README.md. Paths go to paramiko as bytes."""

import os
import stat
import sys

import paramiko

from lines import serve

client = paramiko.SSHClient()
sftp = None


def connect(host, port, user, method, secret, known_hosts, rekey_bytes):
    global sftp
    client.load_host_keys(os.fsdecode(known_hosts))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    login = {"password": secret.decode()} if method == b"password" else {"key_filename": os.fsdecode(secret)}
    client.connect(host.decode(), int(port), user.decode(), allow_agent=False, look_for_keys=False, **login)
    if int(rekey_bytes):
        client.get_transport().packetizer.REKEY_BYTES = int(rekey_bytes)
    sftp = client.open_sftp()


def list_folder(remote):
    return [("d" if stat.S_ISDIR(entry.st_mode) else "f") + entry.filename for entry in sftp.listdir_attr(remote)]


def resume_upload(local, remote):
    with open(local, "rb") as source, sftp.open(remote, "r+b") as target:
        source.seek(target.stat().st_size)
        target.seek(0, target.SEEK_END)
        target.set_pipelined(True)
        while block := source.read(32768):
            target.write(block)


def resume_download(remote, local):
    with sftp.open(remote, "rb") as source, open(local, "ab") as target:
        source.seek(target.tell())
        source.prefetch()
        while block := source.read(32768):
            target.write(block)


def delete_tree(remote):
    for entry in sftp.listdir_attr(remote):
        path = remote + b"/" + entry.filename.encode()
        delete_tree(path) if stat.S_ISDIR(entry.st_mode) else sftp.remove(path)
    sftp.rmdir(remote)


def append(remote, text):
    with sftp.open(remote, "ab") as target:
        target.write(text)
        return [target.tell()]


def readv(remote):
    """Reads ranges out of order in one prefetch, as paramiko's readv does."""
    with sftp.open(remote, "rb") as source:
        return list(source.readv([(23, 8), (100_000, 5), (3, 4), (65_530, 12)]))


def check(remote, algorithm, offset, length, block):
    with sftp.open(remote, "rb") as source:
        return [source.check(algorithm.decode(), int(offset), int(length), int(block)).hex()]


def stats(remote):
    sftp.truncate(remote, 5)
    sftp.utime(remote, (1_000_000_000, 1_234_567_890))
    found = sftp.stat(remote)
    return [found.st_size, found.st_atime, found.st_mtime, oct(found.st_mode)]


def where(folder):
    """chdir() and relative paths, which paramiko joins itself after a REALPATH."""
    sftp.chdir(folder)
    try:
        return [sftp.getcwd(), sftp.normalize("."), *sorted(sftp.listdir())]
    finally:
        sftp.chdir(None)


def exclusive(remote):
    with sftp.open(remote, "x"):
        pass


def run(command):
    _, output, errors = client.exec_command(command.decode())
    return [output.channel.recv_exit_status(), output.read(), errors.read()]


serve(
    {
        "version": lambda: [f"paramiko {paramiko.__version__}, Python {sys.version.split()[0]}"],
        "connect": connect,
        "upload": lambda local, remote: sftp.put(os.fsdecode(local), remote) and None,
        "download": lambda remote, local: sftp.get(remote, os.fsdecode(local)),
        "list": list_folder,
        "delete": lambda remote: sftp.remove(remote),
        "delete-tree": delete_tree,
        "resume-upload": resume_upload,
        "resume-download": resume_download,
        "rename": lambda old, new: sftp.posix_rename(old, new),
        "plain-rename": lambda old, new: sftp.rename(old, new),
        "mkdir": lambda remote: sftp.mkdir(remote),
        "chmod": lambda remote, mode: sftp.chmod(remote, int(mode, 8)),
        "link": lambda target, remote: sftp.symlink(target, remote),
        "readlink": lambda remote: [sftp.readlink(remote)],
        "append": append,
        "readv": readv,
        "check": check,
        "stats": stats,
        "where": where,
        "exclusive": exclusive,
        "run": run,
    }
)
