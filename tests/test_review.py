import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from PIL import Image

from vsodprep.coarse.edits import read_edits
from vsodprep.errors import InputError
from vsodprep.flow.pairs import FramePair
from vsodprep.flow.picture import colour
from vsodprep.flow.store import write_flow
from vsodprep.images import read_frame, write_mask, write_png
from vsodprep.prior.store import write_prior
from vsodprep.review.server import serve
from vsodprep.review.session import Session

FRAMES = ("8", "9", "10")
PICTURE = {"dialect": "flownet2", "maximum": 8.0}


@pytest.fixture
def session(tmp_path):
    label = np.zeros((24, 32), dtype=bool)
    label[4:10, 4:12], label[14:20, 20:28] = True, True
    for name in ("bear", "two words"):
        for frame in FRAMES:
            write_mask(tmp_path / "labels" / name / f"{frame}.png", label)
            write_png(tmp_path / "frames" / name / "frames" / f"{frame}.png", np.full((24, 32, 3), 90, dtype=np.uint8))
    (tmp_path / "labels" / "bear.json").write_text("{}")
    flow = {"forward": np.full((24, 32, 2), 2.0, dtype=np.float32)}
    write_flow(
        tmp_path / "flow" / "bear.h5", [FramePair(0, 1, 0)], [flow], (24, 32), {"picture": PICTURE}, frames=FRAMES
    )
    return Session(tmp_path / "labels", tmp_path / "frames", tmp_path / "edits.txt", tmp_path / "flow")


@pytest.fixture
def server(session):
    server = serve(session, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def requested(server, method, path, body=None, headers=None):
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, None if body is None else json.dumps(body), headers or {})
    response = connection.getresponse()
    content, kind = response.read(), response.headers["Content-Type"]
    connection.close()
    return response.status, json.loads(content) if kind == "application/json" else content, response.headers


@pytest.fixture
def ask(server):
    """Ask as the page does once the browser has the cookie."""
    cookie = {"Cookie": f'a[]={{"b": 1}}; vsodprep-{server.server_port}={server.token}'}

    def request(method, path, body=None, headers=None):
        return requested(server, method, path, body, cookie | (headers or {}))[:2]

    return request


def decoded(content, flags=cv2.IMREAD_GRAYSCALE):
    return cv2.imdecode(np.frombuffer(content, np.uint8), flags)


def overlaid(content):
    """The red, green, blue and opacity of a label that is laid over its frame."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def test_page_is_one_file(ask):
    status, page = ask("GET", "/")
    assert status == 200
    assert b"<canvas" in page
    assert b"http://" not in page.replace(b"http://www.w3.org", b"")
    assert b"src" not in page  # a browser keeps what an image has shown under one address


def test_sequences_and_frames_in_natural_order(ask):
    assert ask("GET", "/api/sequences") == (
        200,
        {
            "sequences": {"bear": list(FRAMES), "two words": list(FRAMES)},
            "reviewed": [],
            "flow": True,
            "suggestions": False,
        },
    )


def test_click_erases_a_component_and_the_label_shows_it(ask, session):
    before = overlaid(ask("GET", "/label/bear/9")[1])
    assert before[6, 6].tolist() == [255, 70, 70, 95]
    assert before[4, 6].tolist() == [255, 70, 70, 255]  # the outline
    assert before[0, 0, 3] == 0
    line = "bear 9 erase component 6,6"
    assert ask("POST", "/api/edits", {"line": line}) == (200, {"added": [line]})
    after = overlaid(ask("GET", "/label/bear/9")[1])[..., 3]
    assert not after[:12].any()
    assert (after[14:20, 20:28] > 0).all()
    assert overlaid(ask("GET", "/label/bear/8")[1])[6, 6, 3] == 95
    assert [edit.line() for edit in read_edits(session.edits)] == [line]
    assert session.edits.read_text().startswith("# sequence frame action shape")


def test_edits_of_a_frame(ask):
    ask("POST", "/api/edits", {"line": "bear * keep polygon 0,0 15,0 15,12"})
    ask("POST", "/api/edits", {"line": "'two words' 9..10 erase all"})
    assert ask("GET", "/api/edits/bear/9")[1] == {
        "edits": ["bear * keep polygon 0,0 15,0 15,12"],
        "total": 2,
    }
    assert ask("GET", f"/api/edits/{quote('two words')}/10")[1]["edits"] == ["'two words' 9..10 erase all"]
    assert ask("GET", f"/api/edits/{quote('two words')}/8")[1]["edits"] == []
    assert ask("GET", "/api/suggestions/bear/9") == (200, [])  # no prior is given


def test_undo_takes_the_last_edit_back_and_keeps_comments(ask, session):
    session.edits.write_text("# mine\nbear 8 erase all\n\n# a note\nbear 9 erase all\n# end\n")
    assert ask("POST", "/api/undo", {}) == (200, {"removed": ["bear 9 erase all"]})
    assert session.edits.read_text() == "# mine\nbear 8 erase all\n\n# a note\n# end\n"
    assert ask("POST", "/api/undo", {})[1] == {"removed": ["bear 8 erase all"]}
    assert ask("POST", "/api/undo", {})[1] == {"removed": []}


def test_file_without_a_last_line_end_is_continued(ask, session):
    session.edits.write_text("bear 8 erase all")
    ask("POST", "/api/edits", {"line": "bear 9 erase all"})
    assert session.edits.read_text() == "bear 8 erase all\nbear 9 erase all\n"


def test_edits_at_the_same_time_are_all_kept(ask, session):
    lines = [f"bear 9 erase component {x},5" for x in range(20)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda line: ask("POST", "/api/edits", {"line": line})[0], lines))
    assert statuses == [200] * 20
    assert sorted(edit.line() for edit in read_edits(session.edits)) == sorted(lines)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"line": "bear 9 remove all"}, "remove all"),
        ({"line": "fox 9 erase all"}, "no sequence 'fox'"),
        ({"line": "bear 11 erase all"}, "no frame '11'"),
        ({"line": "bear 9 erase all\nbear 8 erase all"}, "one line"),
        ({"line": 3}, "one line"),
        ({"row": ""}, "line: None"),
        ([], "no JSON object"),
        ({"line": "bear 9 erase component 6,6", "last": "8"}, "a later frame"),
        ({"line": "bear 9 erase all", "last": "10"}, "a component or polygon"),
        ({"line": "bear 9 erase component 6,6", "last": "10"}, "no flow between frames 9 and 10"),
    ],
)
def test_bad_edit_is_refused(body, found, ask, session):
    status, answer = ask("POST", "/api/edits", body)
    assert status == 400
    assert found in answer["error"]
    assert not session.edits.exists()


def test_frame_and_flow_pictures(ask, session):
    assert np.ptp(decoded(ask("GET", "/frame/bear/9")[1])) == 0
    picture = decoded(ask("GET", "/flow/bear/8")[1], cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(picture, colour(np.full((24, 32, 2), 2.0, dtype=np.float32), 8.0, "flownet2"))
    status, answer = ask("GET", "/flow/bear/9")
    assert (status, "no flow of frame 9" in answer["error"]) == (400, True)


def test_a_frame_is_served_as_its_pixels_and_not_as_a_file_that_a_browser_would_turn(session, ask):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was on its side
    path = session.frames / "bear" / "frames" / "9.png"
    path.unlink()
    Image.fromarray(np.arange(24 * 32 * 3, dtype=np.uint8).reshape(24, 32, 3)).save(path.with_suffix(".jpg"), exif=exif)
    with Image.open(io.BytesIO(ask("GET", "/frame/bear/9")[1])) as served:
        assert (served.size, served.getexif().get(0x0112)) == ((32, 24), None)
        np.testing.assert_allclose(np.asarray(served, float), read_frame(path.with_suffix(".jpg")), atol=40)


@pytest.mark.parametrize(
    "path",
    ["/frame/bear/11", "/label/fox/9", "/label/bear/..%2F..%2Fedits", "/frame/..%2F..%2Fetc/passwd", "/flow/two/8"],
)
def test_nothing_else_is_opened(path, ask):
    status, answer = ask("GET", path)
    assert status == 400
    assert "under review" in answer["error"]


def test_unknown_page(ask):
    assert ask("GET", "/favicon.ico")[0] == 404
    assert ask("POST", "/api/nothing", {})[0] == 404


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_other_pages_may_not_write(headers, ask, session):
    assert ask("POST", "/api/edits", {"line": "bear 9 erase all"}, headers)[0] == 403
    assert not session.edits.exists()


@pytest.mark.parametrize(("error", "lines"), [(BrokenPipeError(), 0), (ConnectionResetError(), 0), (ValueError(), 1)])
def test_a_page_that_did_not_wait_for_its_answer_is_no_error(server, capsys, error, lines):
    try:
        raise error
    except type(error):
        server.handle_error(None, ("127.0.0.1", 1))
    assert capsys.readouterr().err.count("Traceback") == lines


def test_address_carries_the_token_and_the_page_gives_the_cookie(server, session):
    assert len(server.token) >= 32
    path = server.address.removeprefix(f"http://127.0.0.1:{server.server_port}")
    status, page, headers = requested(server, "GET", path)
    assert (status, b"<canvas" in page) == (200, True)
    cookie, *attributes = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(attributes)
    status, _, headers = requested(server, "GET", "/label/bear/9", headers={"Cookie": cookie})
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    other = serve(session, 0)
    other.server_close()
    assert other.token != server.token


@pytest.mark.parametrize("cookie", [{}, {"Cookie": "vsodprep-{port}=guess"}, {"Cookie": "vsodprep-1={token}"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/?token=guess"), ("GET", "/label/bear/9"), ("GET", "/none"), ("POST", "/api/edits")],
)
def test_no_token_is_refused(method, path, cookie, server, session):
    sent = {key: value.format(port=server.server_port, token=server.token) for key, value in cookie.items()}
    status, answer, headers = requested(server, method, path, {"line": "bear 9 erase all"}, sent)
    assert (status, answer) == (403, {"error": "open the address that vsodprep review prints"})
    assert "Set-Cookie" not in headers
    assert not session.edits.exists()


def test_its_own_page_may_write(ask):
    assert ask("POST", "/api/undo", {})[0] == 200


def test_too_long_request_is_refused(ask):
    status, answer = ask("POST", "/api/edits", headers={"Content-Length": str(2 << 20)})
    assert (status, "at most 1048576" in answer["error"]) == (400, True)


def test_taken_port_is_named(session):
    server = serve(session, 0)
    with pytest.raises(InputError, match=f"port {server.server_port}"):
        serve(session, server.server_port)
    server.server_close()


def test_folder_without_labels_is_named(session, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        serve(Session(tmp_path / "none", session.frames, session.edits), 0)
    (tmp_path / "flat").mkdir()
    write_mask(tmp_path / "flat" / "1.png", np.zeros((3, 3), dtype=bool))
    with pytest.raises(InputError, match="flat: no label"):
        serve(Session(tmp_path / "flat", session.frames, session.edits), 0)


def test_redo_makes_again_what_was_undone_until_another_edit(ask, session):
    for frame in (8, 9, 10):
        ask("POST", "/api/edits", {"line": f"bear {frame} erase all"})
    ask("POST", "/api/undo", {})
    ask("POST", "/api/undo", {})
    assert ask("POST", "/api/redo", {})[1] == {"added": ["bear 9 erase all"]}
    assert [edit.frame for edit in read_edits(session.edits)] == ["8", "9"]
    ask("POST", "/api/edits", {"line": "bear 8 keep all"})
    assert ask("POST", "/api/redo", {})[1] == {"added": []}


def test_marks_are_kept_in_a_file_of_their_own(ask, session):
    assert ask("POST", "/api/marks", {"sequence": "two words", "frame": "9", "reviewed": True})[1] == {
        "reviewed": [["two words", "9"]]
    }
    ask("POST", "/api/marks", {"sequence": "bear", "frame": "8", "reviewed": True})
    ask("POST", "/api/marks", {"sequence": "bear", "frame": "8", "refused": "20,14"})
    ask("POST", "/api/marks", {"sequence": "bear", "frame": "8", "reviewed": False})
    lines = session.marks.read_text().splitlines()
    assert session.marks.name == "edits.reviewed.txt"
    assert lines[1:] == ["'two words' 9 reviewed", "bear 8 refused 20,14"]
    assert ask("GET", "/api/sequences")[1]["reviewed"] == [["two words", "9"]]
    assert not session.edits.exists()


def test_a_line_that_is_no_mark_is_named(session):
    session.marks.write_text("bear 8 reviewed\nbear 8 seen\n")
    with pytest.raises(InputError, match=r"edits\.reviewed\.txt:2: 'bear 8 seen'"):
        session.all_marks()
    session.marks.write_text("bear's 8 reviewed\n")
    with pytest.raises(InputError, match=r"edits\.reviewed\.txt:1: .*No closing quotation"):
        session.all_marks()


def test_suggested_is_what_the_prior_does_not_support(session, tmp_path):
    prior = np.zeros((24, 32), dtype=np.uint8)
    prior[4:10, 4:12] = 255  # the first blob moves, the second does not
    write_prior(tmp_path / "prior" / "bear.h5", prior[None], ["9"], {})
    session.prior = tmp_path / "prior"
    assert session.suggestions("bear", "9") == [
        {"edit": "bear 9 erase component 20,14", "point": "20,14", "box": [20, 14, 8, 6]}
    ]
    assert session.suggestions("bear", "10") == []  # of which the prior says nothing
    session.mark("bear", "9", refused="20,14")
    assert session.suggestions("bear", "9") == []


def test_thumbnail_shows_the_label_with_its_edits(ask):
    def red(frame):
        picture = decoded(ask("GET", f"/thumbnail/bear/{frame}")[1], cv2.IMREAD_COLOR)
        assert picture.shape == (72, 96, 3)
        return picture[21, 24, 2] > 110, picture[51, 72, 2] > 110

    ask("POST", "/api/edits", {"line": "bear 9 erase component 6,6"})
    assert red(8) == (True, True)
    assert red(9) == (False, True)


MOVING = tuple("abcdef")


@pytest.fixture
def moving(tmp_path):
    """Return a session on a blob that goes 3 pixels to the right in each frame, beside one that stays."""
    (tmp_path / "flow").mkdir()
    flows, labels = [], tmp_path / "labels" / "bear"
    for index, frame in enumerate(MOVING):
        label = np.zeros((24, 40), dtype=bool)
        label[4:10, 4 + 3 * index : 10 + 3 * index], label[16:20, 4:10] = True, True
        write_mask(labels / f"{frame}.png", label)
        flow = np.zeros((24, 40, 2), dtype=np.float32)
        flow[:14, :, 0] = 3
        flows.append({"forward": flow})
    pairs = [FramePair(index, index + 1, index) for index in range(len(MOVING) - 1)]
    write_flow(tmp_path / "flow" / "bear.h5", pairs, flows[:-1], (24, 40), {"picture": PICTURE}, frames=MOVING)
    return Session(tmp_path / "labels", tmp_path / "frames", tmp_path / "edits.txt", tmp_path / "flow")


def test_a_blob_is_erased_along_the_flow(moving):
    moving.carry("bear a erase component 6,6", "d")
    for index, frame in enumerate(MOVING):
        label = moving.label("bear", frame)
        assert label[16:20, 4:10].all()
        assert label[4:10, 4 + 3 * index : 10 + 3 * index].all() == label[:12].any() == (frame > "d")
    assert [edit.frame for edit in moving.all_edits()] == list("abcd")
    assert moving.undo() == ["bear a erase component 6,6", *_points(moving, "bcd")]
    assert moving.all_edits() == ()
    assert len(moving.redo()) == 4


def _points(session, frames):
    return [f"bear {frame} erase component {4 + 3 * MOVING.index(frame)},4" for frame in frames]


def test_keep_goes_on_with_the_blob_that_moves(moving):
    moving.carry("bear b keep component 8,6", "f")
    for index, frame in enumerate(MOVING[1:], start=1):
        wanted = np.zeros((24, 40), dtype=bool)
        wanted[4:10, 4 + 3 * index : 10 + 3 * index] = True
        np.testing.assert_array_equal(moving.label("bear", frame), wanted)


def test_a_polygon_moves_with_the_flow(moving):
    moving.carry("bear a erase polygon 4,4 6,4 6,9 4,9", "c")
    for index, frame in enumerate("abc"):
        label = moving.label("bear", frame)
        assert not label[4:10, 4 + 3 * index : 7 + 3 * index].any()
        assert label[4:10, 7 + 3 * index : 10 + 3 * index].all()
    assert moving.label("bear", "d")[4:10, 13:19].all()


def test_an_edit_ends_where_its_blob_has_grown_together_with_another(moving, tmp_path):
    whole = np.ones((24, 40), dtype=bool)
    write_mask(tmp_path / "labels" / "bear" / "c.png", whole)
    assert [line.split()[1] for line in moving.carry("bear a erase component 6,6", "f")] == ["a", "b"]
    np.testing.assert_array_equal(moving.label("bear", "c"), whole)
