# a table of its own with functions, built with defaults where they agree
_SIZES = [(1.0, 1.0), (1.1, 1.0), (1.2, 1.1), (1.4, 1.2), (1.8, 1.4), (2.2, 1.6), (2.6, 1.8)]


def efficientnet(variant, num_classes=1000, slim=1.0):
    number = int(variant.removeprefix("b"))
    depth, width = [*_SIZES, (3.1, 2.0)][number]
    dropout = (2 + number // 2) / 10
    return scaled_efficientnet(depth, width * slim, num_classes, dropout)
