# a stage as a function; the best run kept in a loop
def _conv(a, b, k, side, groups=1):
    return a * b * k * k // groups * side**2


def _block(a, b, k, t, before, after):
    h = a * t
    expansion = _conv(a, h, 1, before) if t != 1 else 0
    squeeze = _conv(h, max(1, a // 4), 1, 1) + _conv(max(1, a // 4), h, 1, 1)
    return expansion + _conv(h, h, k, after, groups=h) + squeeze + _conv(h, b, 1, after)


def efficientnet_macs(depth, width, resolution, num_classes=1000):
    side, a = math.ceil(resolution / 2), round_filters(32, width)
    total = _conv(3, a, 3, side)
    for t, k, stride, channels, repeats in STAGES:
        b, after = round_filters(channels, width), math.ceil(side / stride)
        total += _block(a, b, k, t, side, after)
        total += (round_repeats(repeats, depth) - 1) * _block(b, b, k, t, after, after)
        a, side = b, after
    features = round_filters(1280, width)
    return total + _conv(a, features, 1, side) + features * num_classes


def best_under_budget(budget, runs):
    best, best_accuracy, best_cost = None, -math.inf, math.inf
    for d, w, r, accuracy in runs:
        cost = efficientnet_macs(d, w, r)
        if cost > budget:
            continue
        if accuracy > best_accuracy or (accuracy == best_accuracy and cost < best_cost):
            best, best_accuracy, best_cost = [d, w, r], accuracy, cost
    return best
