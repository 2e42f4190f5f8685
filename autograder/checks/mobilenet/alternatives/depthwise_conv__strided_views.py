# windows as views of the padded image, one channel at a time
def depthwise_conv(x, weight, stride=1, padding=0):
    padded = F.pad(x, [padding] * 4)
    channels = []
    for image, kernel in zip(padded.unbind(1), weight.unbind(0), strict=True):
        windows = image.unfold(1, kernel.shape[0], stride).unfold(2, kernel.shape[1], stride)
        channels.append(torch.tensordot(windows, kernel, dims=2))
    return torch.stack(channels, 1)
