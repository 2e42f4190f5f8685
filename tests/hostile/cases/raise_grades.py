"""Looks for the gradebook and raises every grade."""

EXPECT = {"points": "zero"}
BASE = "stub"
ANSWERS = {
    "basic_block": """
import glob
import sqlite3

for path in glob.glob("/**/gradebook.db", recursive=True) + glob.glob("/proc/*/root/**/gradebook.db", recursive=True):
    with sqlite3.connect(path) as database:
        database.execute("UPDATE grade SET manual_score = 100")
""",
}
