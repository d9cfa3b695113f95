"""The load: it counts whole answers however they arrive, and stops at the first refusal."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from bench.load import Load, RequestFailed

REQUEST = b"POST / HTTP/1.1\r\n\r\n"


def test_answers_that_arrive_in_pieces_are_counted_once() -> None:
    pieces = [b"HTTP/1.1 200 OK\r\nContent-", b"Length: 10\r\n\r\n123", b"4567", b"890"]

    with answering(pieces) as (port, asked):
        answers = Load(port, [REQUEST], 2).run(0.1)

    assert answers.count == len(asked) > 2
    assert answers.size == 10
    assert all(latency > 0 for latency in answers.latencies)


def test_requests_are_sent_in_turn_and_go_on_where_they_stopped() -> None:
    first, second = REQUEST.replace(b"/", b"/1", 1), REQUEST.replace(b"/", b"/2", 1)

    with answering([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"]) as (port, asked):
        load = Load(port, [first, second], 1)
        load.run(0.02)
        load.run(0.02)

    assert asked == [first if number % 2 == 0 else second for number in range(len(asked))]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 429 Too Many\r\ncontent-length: 2\r\n\r\n{}", id="refusal"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", id="chunks"),
    ],
)
def test_what_is_no_answer_of_a_known_length_ends_the_load(answer: bytes) -> None:
    with answering([answer]) as (port, _), pytest.raises(RequestFailed, match=r"HTTP/1\.1"):
        Load(port, [REQUEST], 1).run(0.1)


@contextmanager
def answering(pieces: Sequence[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Listen, and answer every request with these pieces; give the port and what was asked."""
    asked: list[bytes] = []
    threads = []

    def answer(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while request := connection.recv(1000):
                asked.append(request)
                for piece in pieces:
                    connection.sendall(piece)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=answer, args=[connection]))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(threading.Thread(target=accept))
        threads[0].start()
        yield listener.getsockname()[1], asked
        listener.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
