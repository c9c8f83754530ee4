import pytest
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from realtime.frames import Frame


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_frame_is_on_the_wire_what_the_server_would_have_made_of_it(length: int) -> None:
    text = "é" * (length // 2) + "x" * (length % 2)
    server = ServerProtocol(state=OPEN)
    server.send_text(text.encode())

    assert Frame("board", text).wire == b"".join(server.data_to_send())
