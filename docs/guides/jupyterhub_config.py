"""JupyterHub for one class on one computer: every learner has a JupyterLab, and a cloud in it.

    pip install 'cbr-notebook[lab]' jupyterhub
    npm install configurable-http-proxy
    export CBR_CLASS_PASSWORD='the password of the day' PATH=$PWD/node_modules/.bin:$PATH
    jupyterhub -f jupyterhub_config.py

It listens on this computer only. For a room, put a web server with TLS in front of it, and an
authenticator of your organisation in the place of the one below.
"""

import os
import sys
from pathlib import Path

from cbr_notebook.tutorials import copy_notebooks

c = get_config()  # noqa: F821 JupyterHub's

c.JupyterHub.ip = "127.0.0.1"
c.JupyterHub.port = 8000
c.JupyterHub.hub_ip = "127.0.0.1"

# Everybody who knows the one password of the day comes in, by any name.
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["CBR_CLASS_PASSWORD"]
c.Authenticator.allow_all = True

# Processes of the user that runs the hub, each with a home folder of its own. They could read each
# other's files: good for a class of learners, not for people who must be kept apart.
c.JupyterHub.spawner_class = "simple"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]  # of this environment
c.SimpleLocalProcessSpawner.home_dir_template = os.path.abspath("homes/{username}")
c.Spawner.default_url = "/lab"
c.JupyterHub.active_server_limit = 40
if hasattr(os, "geteuid") and os.geteuid() == 0:
    c.Spawner.args = ["--allow-root"]  # in a container


def copy_tutorials(spawner):
    """Copy the tutorials into a learner's home; what was edited there stays."""
    home = c.SimpleLocalProcessSpawner.home_dir_template.format(username=spawner.user.name)
    copy_notebooks(Path(home) / "cbr-notebooks")


c.Spawner.pre_spawn_hook = copy_tutorials
