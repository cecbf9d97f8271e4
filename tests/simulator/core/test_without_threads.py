"""A cloud in the kernel needs nothing that a browser's Python lacks."""

from __future__ import annotations

import os
import subprocess
import sys

_SCRIPT = """
import os, socket, subprocess, threading

def refuse(*_, **__):
    raise RuntimeError("WebAssembly has no threads, sockets or processes")

threading.Thread.start = socket.socket.__init__ = subprocess.Popen.__init__ = refuse
socket.create_connection = socket.getaddrinfo = refuse
os.fork = os.posix_spawn = refuse

import httpx
from cbr_notebook.simulator import Cloud

cloud = Cloud.open("empty")
server = cloud.create_server("one")
server.disk("vda").write_file("/etc/motd", b"hello")
cloud.advance(days=1)
cloud.scenario("ransomware", "one")
cloud.undo_scenario("ransomware")
assert server.disk("vda").read_file("/etc/motd") == b"hello"
with httpx.Client(transport=cloud.transport(), base_url="https://cloud.simulated") as http:
    assert http.get("/openapi.json").status_code == 200
print(len(cloud.copy().fingerprint()))
"""


def test_a_cloud_lives_without_threads_sockets_and_processes() -> None:
    command = [sys.executable, "-c", _SCRIPT]
    anew = {name: value for name, value in os.environ.items() if name != "CBR_ESTATE_FOLDER"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=anew
    )
    assert (done.stdout.strip(), done.returncode) == ("64", 0), done.stderr
