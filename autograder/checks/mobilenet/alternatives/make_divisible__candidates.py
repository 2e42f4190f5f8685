# the multiples below and above, chosen between
def make_divisible(value, divisor=8):
    below = int(value // divisor) * divisor
    above = below + divisor
    nearest = below if value - below < above - value else above
    if nearest < divisor:
        return divisor
    return above if nearest < value * 0.9 else nearest
