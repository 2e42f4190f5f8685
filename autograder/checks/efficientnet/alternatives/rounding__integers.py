# counted in multiples, with negated floor division as ceiling, and the tenth as a loop
def round_filters(channels, width, divisor=8):
    wanted = channels * width
    multiples = int(wanted // divisor)
    if wanted - multiples * divisor >= divisor / 2:
        multiples += 1
    multiples = max(multiples, 1)
    while multiples * divisor < 0.9 * wanted:
        multiples += 1
    return multiples * divisor


def round_repeats(repeats, depth):
    return int(-(-(repeats * depth) // 1))
