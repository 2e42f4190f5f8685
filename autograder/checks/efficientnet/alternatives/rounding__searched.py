# the nearest multiple found by comparing distances, repeats counted up one by one
def round_filters(channels, width, divisor=8):
    target = channels * width
    candidates = range(divisor, int(target) + 2 * divisor + 1, divisor)
    nearest = min(candidates, key=lambda m: (abs(m - target), -m))
    return next(m for m in candidates if m >= nearest and m >= 0.9 * target)


def round_repeats(repeats, depth):
    blocks = 0
    while blocks < repeats * depth:
        blocks += 1
    return blocks
