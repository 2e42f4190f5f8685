# a grouped convolution of torch
def depthwise_conv(x, weight, stride=1, padding=0):
    return F.conv2d(x, weight[:, None], None, stride, padding, groups=x.shape[1])
