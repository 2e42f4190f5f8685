"""The notebook is a symbolic link to somebody else's."""

EXPECT = {"status": "unreadable", "points": "zero"}


LINKS = {"resnet.ipynb": "../../reference/resnet/resnet.ipynb"}
