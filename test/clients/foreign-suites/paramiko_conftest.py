"""Stands in for the conftest.py of paramiko's tests: the fixture `sftp` talks to the program SSHOME_SFTP_SERVER."""

import os
import shutil
import socket
import subprocess
import tempfile

import paramiko
import pytest


@pytest.fixture
def sftp():
    mine, theirs = socket.socketpair()
    server = subprocess.Popen([os.environ["SSHOME_SFTP_SERVER"]], stdin=theirs, stdout=theirs)
    theirs.close()
    client = paramiko.SFTPClient(mine)
    client.FOLDER = tempfile.mkdtemp(prefix="paramiko-")
    yield client
    client.close()
    mine.close()
    server.wait()
    shutil.rmtree(client.FOLDER, ignore_errors=True)
