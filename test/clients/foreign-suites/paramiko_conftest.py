"""Stands in for the conftest.py of paramiko's tests: the fixture `sftp` is of the server that the environment names."""

import os

import paramiko
import pytest


def remove_tree(sftp, folder):
    for entry in sftp.listdir_attr(folder):
        path = f"{folder}/{entry.filename}"
        remove_tree(sftp, path) if entry.longname.startswith("d") else sftp.remove(path)
    sftp.rmdir(folder)


@pytest.fixture
def sftp():
    environment = os.environ
    transport = paramiko.Transport((environment["SUITE_HOST"], int(environment["SUITE_PORT"])))
    key = paramiko.Ed25519Key.from_private_key_file(environment["SUITE_KEY"])
    transport.connect(username=environment["SUITE_USER"], pkey=key)
    client = paramiko.SFTPClient.from_transport(transport)
    client.FOLDER = "paramiko-test-target"
    client.mkdir(client.FOLDER)
    yield client
    # Some tests close the client.
    cleaner = paramiko.SFTPClient.from_transport(transport)
    remove_tree(cleaner, cleaner.normalize("paramiko-test-target"))
    transport.close()
