"""What sees on a board, and what leaves it, put together: sensor, queue, sender, light."""

import gc

import machine

from agent import board as pins
from agent import sensor as camera
from agent.compose import Composer
from agent.filming import Filming
from agent.frames import FrameQueue
from agent.light import Light
from agent.motion import MotionModel
from agent.report import Report
from agent.rolls import Rolls
from agent.room import Room, rooms
from agent.sender import Sender
from agent.sight import Sight
from agent.thumbnail import Thumbnailer, best_reader
from agent.usage import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.board import Board
    from agent.core import Core
    from agent.elapsed import Elapsed
    from agent.log import Log
    from agent.store import Store


class Eyes:
    """From now on the core's consent darkens the sensor."""

    def __init__(
        self, core: "Core", board: "Board", store: "Store", elapsed: "Elapsed", log: "Log"
    ) -> None:
        self.sensor = camera.Sensor(
            camera.load_driver(),
            board,
            cut_power=pins.switch(machine, board.power_down),
            elapsed_ms=elapsed.ms,
            pause=elapsed.pause,
        )
        light = Light(pins.switch(machine, board.light))
        gc.collect()
        room, roll_room = rooms(gc.mem_free())
        queue = FrameQueue(room, roll_room)
        report = Report(
            gate=core.gate,
            sensor=self.sensor,
            clock=core.clock,
            light=light,
            queue=queue,
            elapsed_ms=elapsed.ms,
        )
        self.sender = Sender(core.gate, queue, report, light)
        self.filming = Filming(
            core.gate,
            self.sensor,
            queue,
            compose=_composer(core, roll_room, report, elapsed, log),
            report=report,
            elapsed=elapsed,
        )
        self.filming.tell = lambda text: log("sensor", text)
        self.filming.filmed = Usage(core.days, core.gate, core.clock, core.book, store).filmed
        core.consent.obey = self.filming.obey


def _composer(core: "Core", room: Room, report: Report, elapsed: "Elapsed", log: "Log") -> Composer:
    motion = core.motion
    rolls = Rolls(
        room,
        pre_ms=motion.pre_roll_ms,
        post_ms=motion.post_roll_ms,
        kept_back=report.keep_back,
    )
    rolls.cramped = lambda pictures: log(
        "rolls", "memory holds %d pictures of pre-roll, not %d ms" % (pictures, motion.pre_roll_ms)
    )
    thumbnailer = Thumbnailer(best_reader(elapsed.ms))
    sight = Sight(thumbnailer, MotionModel(motion.sensitivity, motion.zones))
    return Composer(core.gate, core.clock, sight=sight, rolls=rolls, boot=core.identity.boot)
