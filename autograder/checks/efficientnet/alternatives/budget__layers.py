# a list of layers first, (weights, positions) each, then one sum; the choice by sorting
def efficientnet_macs(depth, width, resolution, num_classes=1000):
    side = (resolution + 1) // 2
    a = round_filters(32, width)
    layers = [(27 * a, side * side)]
    for t, k, s, c, n in STAGES:
        b = round_filters(c, width)
        for _ in range(round_repeats(n, depth)):
            h = t * a
            if t > 1:
                layers.append((a * h, side * side))
            side, s = -(-side // s), 1
            layers.append((k * k * h, side * side))
            layers.append((2 * h * max(1, a // 4), 1))
            layers.append((h * b, side * side))
            a = b
    features = round_filters(1280, width)
    layers += [(a * features, side * side), (features * num_classes, 1)]
    return sum(weights * positions for weights, positions in layers)


def best_under_budget(budget, runs):
    costs = {tuple(run[:3]): efficientnet_macs(*run[:3]) for run in runs}
    for run in sorted(runs, key=lambda run: (-run[3], costs[tuple(run[:3])])):
        if costs[tuple(run[:3])] <= budget:
            return tuple(run[:3])
    return None
