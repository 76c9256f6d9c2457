"""How the open RTL's layers are built, from a file."""

import json
from pathlib import Path

import pytest

from jetflow.checkout import CHECKOUT
from jetflow.errors import InputError
from jetflow.firmware import read_implementations


def test_implementations_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "interface.json"
    content = {"layer_a": {"style": "serial", "clocks": 14, "digit": 1}}
    path.write_text(json.dumps({"top": "t", "implementations": content}))
    assert read_implementations(path) == content
    assert len(read_implementations(CHECKOUT / "models" / "pfjetssd" / "open-rtl.json")) == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON with the key `implementations`"),
        ("[]", "no JSON with the key `implementations`"),
        (
            '{"implementations": {"layer_a": {"style": "magic", "clocks": 1, "digit": 0}}}',
            r"layers.json: layer_a: style: 'magic'",
        ),
        (
            '{"implementations": {"layer_a": {"style": "serial"}}}',
            r"layers.json: layer_a: .*: a style",
        ),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "layers.json"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_implementations(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.json: cannot be read \(No such file"):
        read_implementations(tmp_path / "none.json")
