"""The largest integers that native functions take and give; for any MicroPython, on their twins.

Used by test_handed.py: what a small integer of a board does not hold, it hands over in the heap.
"""

import sys

import answers

from agent import masking_viper, motion
from agent.thumbnail import Thumbnailer

largest: "dict[str, int]" = {}


def _recorded(name, function):
    def called(*args):
        result = function(*args)
        handed = [value for value in args if isinstance(value, int)] + [largest.get(name, 0)]
        if isinstance(result, int):
            handed.append(result)
        largest[name] = max([abs(value) for value in handed])
        return result

    return called


def record(natives) -> None:
    """From now on, notice what the functions of these names ("module.function") are handed."""
    modules = [sys.modules[name] for name in sys.modules if name.startswith("agent.")]
    for native in natives:
        where, _, name = native.rpartition(".")
        function = getattr(sys.modules["agent." + where], name)
        recorded = _recorded(native, function)
        for module in modules:
            for other in dir(module):
                if getattr(module, other) is function:
                    setattr(module, other, recorded)


def see(path, natives) -> None:
    """Look at every picture of a file; a line for each function: its name and its largest."""
    record(natives)
    thumbnailer, model = Thumbnailer(), motion.MotionModel(50, ["#."])
    for jpeg in answers.pictures(path):
        if not thumbnailer.read(jpeg):
            for _ in range(2):
                model.judge(thumbnailer.pixels, thumbnailer.cols, thumbnailer.rows)
        masking_viper.xor_native(bytearray(jpeg), 0, len(jpeg), b"\xff\x80\x01\0", 3)
    for name in sorted(largest):
        print(name, largest[name])
