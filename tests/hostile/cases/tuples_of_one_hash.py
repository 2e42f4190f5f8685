"""Returns a dict whose keys all have one hash: whoever puts it together again takes minutes.

Python's hash of a tuple of numbers is no secret, and can be solved for the last of them.
"""

EXPECT = {"loses": "gradient_profile", "seconds": 20.0}
BASE = "reference"
ANSWERS = {
    "gradient_profile": """
BITS = 2**64
FIRST, SECOND, START = 11400714785074694791, 14029467366897019727, 2870177450012600261


def after(state, lane):
    state = (state + lane * SECOND) % BITS
    return (((state << 31) | (state >> 33)) % BITS) * FIRST % BITS


SAME = (1,) * 35  # in front of what differs: compared again for every pair of keys


def last(state, target):
    wanted = (target - ((len(SAME) + 2) ^ START ^ 3527539)) * pow(FIRST, -1, BITS) % BITS
    wanted = ((wanted >> 31) | (wanted << 33)) % BITS
    lane = (wanted - state) * pow(SECOND, -1, BITS) % BITS
    return lane if lane < BITS // 2 else lane - BITS


class Keys(dict):
    def __len__(self):
        return 1

    def __iter__(self):
        return iter(())

    def items(self):
        start, target = START, hash((*SAME, 0, 0)) % BITS
        for number in SAME:
            start = after(start, number)
        number, found = 0, []
        while len(found) < 20_000:
            number += 1
            other = last(after(start, number), target)
            if abs(other) < 2**61 - 1:
                found.append(((*SAME, number, other), 0))
        assert len({hash(key) for key, _ in found}) == 1
        return found


def gradient_profile(net, images, labels):
    return Keys()
""",
}
