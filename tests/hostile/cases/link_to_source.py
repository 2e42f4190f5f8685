"""The notebook is a symbolic link to the instructor's source."""

EXPECT = {"status": "unreadable", "points": "zero"}


LINKS = {"resnet.ipynb": "../../../source/resnet/resnet.ipynb"}
