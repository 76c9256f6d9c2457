"""One Yosys run in a process of its own: `python -m jetflow.rtl.yosys LOG COMMAND ...` runs the commands in order.

libyosys prints to its standard output and ends the process on an error, so it is never loaded into jetflow itself.
"""

import os
import sys

__all__ = ["main"]


def main(log: str, commands: list[str]) -> None:
    """Run `commands`; everything that Yosys prints goes to the file `log`."""
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(target, stream)
    from pyosys import libyosys

    design = libyosys.Design()
    for command in commands:
        design.run_pass(command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
