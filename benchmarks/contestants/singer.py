"""Singer's SDK: our tap, its SQL target, and a pipe between them, each a process of its own."""

import subprocess
import sys
from pathlib import Path

from target import finished

here = Path(__file__).parent
tap = subprocess.Popen([sys.executable, str(here / "singer_tap.py")], stdout=subprocess.PIPE)
load = subprocess.Popen([sys.executable, str(here / "singer_target.py")], stdin=tap.stdout, stdout=subprocess.DEVNULL)
assert tap.stdout
tap.stdout.close()
if load.wait() or tap.wait():
    sys.exit("a side of the pipe failed")
finished()
