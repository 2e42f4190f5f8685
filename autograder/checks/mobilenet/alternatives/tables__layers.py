# rows unrolled into single convolutions, which one formula charges
def table_macs(rows, image_size):
    def layers():
        channels = 3
        for row in rows:
            if row[0] == "conv":
                yield 9 * channels * row[1], row[2]
                channels = row[1]
            elif row[0] == "separable":
                yield 9 * channels, row[2]
                yield channels * row[1], 1
                channels = row[1]
            elif row[0] == "bottleneck":
                for number in range(row[3]):
                    wide = row[1] * channels
                    if row[1] > 1:
                        yield channels * wide, 1
                    yield 9 * wide, row[4] if number == 0 else 1
                    yield wide * row[2], 1
                    channels = row[2]
            elif row[0] == "pointwise":
                yield channels * row[1], 1
                channels = row[1]
            elif row[0] == "linear":
                yield channels * row[1], None
                channels = row[1]

    total, side = 0, image_size
    for weights, stride in layers():
        side = 1 if stride is None else math.ceil(side / stride)
        total += side**2 * weights
    return total


def verdict():
    found = {}
    for name, tables, printed in (
        ("mobilenet_v1", V1_TABLES, 569e6),
        ("mobilenet_v2", V2_TABLES, 300e6),
    ):
        found[name] = min(tables, key=lambda key: abs(table_macs(tables[key], 224) - printed))
    return found
