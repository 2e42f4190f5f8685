"""Leaves folders a thousand deep, and closed ones, for whoever tidies up.

Deeper than PATH_MAX and than a recursion in Python goes. Not deeper than that: Landlock walks up
to the root at each step, and 3,000 levels cost half a second of the cell's three.
"""

from autograder.build.answers import load_answers
from autograder.config import load_assignment

EXPECT = {"points": "full"}
BASE = "reference"
LEAVE = """
import os

os.makedirs("/tmp/a/b/c")
open("/tmp/a/b/c/file", "w").close()
os.mkfifo("/tmp/a/pipe")
os.symlink("/usr", "/tmp/a/link")
for path in ("/tmp/a/b/c", "/tmp/a/b", "/tmp/a"):
    os.chmod(path, 0)
here = os.getcwd()
os.chdir("/dev/shm")
for _ in range(1200):
    os.mkdir("deeper")
    os.chdir("deeper")
os.chdir(here)
"""
ANSWERS = {"basic_block": load_answers(load_assignment("resnet")).cells["basic_block"] + LEAVE}
