"""Points AsyncSSH's tests of its SFTP and SCP clients at the server that the environment names.

Each of their classes starts a server of AsyncSSH's in its own process, in the folder that it works in. Left out are the
classes whose server is a changed one, the tests that change the server while they run, and those of the versions 4 to 6
of SFTP.
"""

import asyncio
import inspect
import os
import shutil
from types import SimpleNamespace

import pytest

from .server import ServerTestCase
from .util import TempDirTestCase

CLASSES = ("_TestSFTP", "_TestSCP")
PARTS_OF_THE_SERVER = ("SFTPServer", "sftp_version=", "sftp_test_v", "FXRP_", "MIN_SFTP_VERSION")
PATIENCE_SECONDS = 30


def is_for_any_server(item):
    source = inspect.getsource(item.function)
    return item.cls.__name__ in CLASSES and not any(part in source for part in PARTS_OF_THE_SERVER)


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if is_for_any_server(item)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Gives a test up whose request is never answered, as OpenSSH does with an unknown one."""
    loop = item.cls.loop
    timer = loop.call_later(PATIENCE_SECONDS, lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
    yield
    timer.cancel()


class RunningServer:
    """What the tests do with the server that they believe to have started."""

    def __init__(self):
        address = (os.environ["SUITE_HOST"], int(os.environ["SUITE_PORT"]))
        self.sockets = [SimpleNamespace(getsockname=lambda: address)]

    def close(self):
        pass

    async def wait_closed(self):
        pass


async def create_server(_cls, **_options):
    shutil.copy(os.environ["SUITE_HOST_KEY"], "skey.pub")
    with open(".ssh/config", "w") as config:
        # The keys of the agent that they start would be tried first, and OpenSSH counts the tries.
        config.write(f"User {os.environ['SUITE_USER']}\nIdentityFile {os.environ['SUITE_KEY']}\nIdentitiesOnly yes\n")
    return RunningServer()


def enter_home(_cls):
    os.chdir(os.environ["SUITE_HOME"])


def empty_home(_cls):
    home = os.environ["SUITE_HOME"]
    for name in os.listdir(home):
        path = os.path.join(home, name)
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)


ServerTestCase.create_server = classmethod(create_server)
TempDirTestCase.setUpClass = classmethod(enter_home)
TempDirTestCase.tearDownClass = classmethod(empty_home)
