"""Takes all the memory it can get."""

EXPECT = {"loses": "bottleneck"}
BASE = "reference"
ANSWERS = {
    "bottleneck": """
kept = []
while True:
    kept.append(bytearray(50_000_000))
    for place in range(0, 50_000_000, 4096):
        kept[-1][place] = 1
""",
}
