"""The command ``jupyter-book``, started in half the time.

Below it jsonschema builds a parser for international addresses, which takes seconds; nothing in a
book's configuration is one. jsonschema does without where that package is not installed.
"""

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

from jupyter_book.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
