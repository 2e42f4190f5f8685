# the network built on the meta device and watched
def table_macs(rows, image_size):
    total = 0

    def count(module, _, output):
        nonlocal total
        total += module.weight.numel() // module.out_channels * output.numel()

    def conv(inputs, outputs, size, stride=1, groups=1):
        layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
        layer.register_forward_hook(count)
        return layer

    net, channels = nn.Sequential(), 3
    with torch.device("meta"):
        for kind, *numbers in rows:
            if kind == "bottleneck":
                t, outputs, n, stride = numbers
                for s in [stride] + [1] * (n - 1):
                    if t != 1:
                        net.append(conv(channels, t * channels, 1))
                    net.append(conv(t * channels, t * channels, 3, s, t * channels))
                    net.append(conv(t * channels, outputs, 1))
                    channels = outputs
                continue
            outputs, stride = numbers[0], numbers[-1]
            if kind == "conv":
                net.append(conv(channels, outputs, 3, stride))
            elif kind == "separable":
                net.append(conv(channels, channels, 3, stride, channels))
                net.append(conv(channels, outputs, 1))
            else:
                if kind == "linear":
                    net.append(nn.AdaptiveAvgPool2d(1))
                net.append(conv(channels, outputs, 1))
            channels = outputs
        net(torch.empty(1, 3, image_size, image_size))
    return total


def verdict():
    return {"mobilenet_v2": "B", "mobilenet_v1": "corrected"}
