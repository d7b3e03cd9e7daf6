"""Say in plain words why this Python cannot make the project's environment, or say nothing.

It runs on the very Pythons that it turns away, so it is written in what all of them understand.
"""

import sys

WANTED = (3, 11)


def missing_module():
    """Name the first module of the two that `python -m venv` needs and this Python lacks."""
    for name in ("venv", "ensurepip"):
        try:
            __import__(name)
        except ImportError:
            return name
    return None


def complaint():
    """Explain what is wrong with this Python and what to do, or return None."""
    wanted = "%d.%d" % WANTED
    found = "%d.%d" % sys.version_info[:2]
    remedy = "Then run make again, naming it where it is not `python3`:  make ... PYTHON=python3.12"
    if sys.version_info[:2] < WANTED:
        return "unified-customer needs Python %s or newer, but %s is Python %s.\nInstall a newer one. %s" % (
            wanted,
            sys.executable,
            found,
            remedy,
        )
    module = missing_module()
    if module is not None:
        return (
            "unified-customer makes its own virtual environment, but %s (Python %s) has no module `%s`.\n"
            "On Debian and Ubuntu:  apt install python%s-venv\nElsewhere, use a complete Python. %s"
        ) % (sys.executable, found, module, found, remedy)
    return None


if __name__ == "__main__":
    problem = complaint()
    if problem is not None:
        sys.stderr.write(problem + "\n")
        sys.exit(1)
