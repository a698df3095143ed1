"""The prompt, as every tool relies on it."""

from tests.hardware.repl import Repl


def test_it_answers(repl: Repl) -> None:
    assert repl.ask("6 * 7") == "42"
    assert repl.ask("print('a'); print('b')").split() == ["a", "b"]
    assert "ZeroDivisionError" in repl.ask("1/0")


def test_it_is_micropython_new_enough(repl: Repl) -> None:
    name, version = repl.evaluate(
        "[__import__('sys').implementation.name, __import__('sys').implementation.version[:3]]"
    )
    assert name == "micropython"
    assert version >= [1, 26, 0], "boards need MicroPython 1.26; see firmware/README.md"


def test_ctrl_c_ends_an_endless_loop(repl: Repl) -> None:
    repl.type(b"while True: pass\r\r\r")
    repl.expect(rb"while True: pass\r?\n")
    repl.expect(rb"\.\.\. ")
    # Typed again until it is noticed: the board says nothing when the loop begins.
    repl.type(b"\r")
    repl.interrupt()
    assert repl.ask("1 + 1") == "2"


def test_the_raw_repl_runs_a_program_and_stays_over_a_soft_reset(repl: Repl) -> None:
    repl.type(b"\r\x01")
    repl.expect(rb"raw REPL; CTRL-B to exit\r\n>")
    repl.type(b"print('r' + 'aw')\x04")
    repl.expect(rb"OKraw\r?\n\x04\x04>")
    repl.type(b"\x04")
    repl.expect(rb"MPY: soft reboot\r\n")
    repl.expect(rb"raw REPL; CTRL-B to exit\r\n>")
    repl.type(b"\x02")
    repl.expect(rb'Type "help\(\)"')


def test_raw_paste_is_understood(repl: Repl) -> None:
    repl.type(b"\r\x01")
    repl.expect(rb"raw REPL; CTRL-B to exit\r\n>")
    repl.type(b"\x05A\x01")
    repl.expect(rb"R\x01")
    repl.type(b"print('pas' + 'ted')\x04")
    repl.expect(rb"pasted\r?\n\x04\x04>")
    repl.type(b"\x02")
    repl.expect(rb">>> ")


def test_a_soft_reset_forgets_and_a_file_stays(repl: Repl) -> None:
    repl.ask("gone = 1; f = open('/hardware.tmp', 'w'); f.write('kept'); f.close()")
    repl.soft_reset()
    repl.interrupt()
    assert "NameError" in repl.ask("gone")
    assert repl.ask("print(open('/hardware.tmp').read())") == "kept"
    repl.ask("import os; os.remove('/hardware.tmp')")
    assert not repl.has("/hardware.tmp")
