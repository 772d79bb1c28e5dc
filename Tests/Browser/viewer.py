"""A result to curate, a server for it and a browser, for the tests of the page."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

EXECUTABLE = os.environ.get("SPIKESORT_EXECUTABLE")
CHROMIUM = os.environ.get("SPIKESORT_CHROMIUM") or shutil.which("chromium")


def run(*arguments):
    """Runs spikesort to its end."""
    return subprocess.run([EXECUTABLE, *map(str, arguments)], check=True, capture_output=True, text=True)


def sealed(content):
    """A line of the journal with its checksum: the 64-bit FNV-1a of what stands before it."""
    body = json.dumps(content, separators=(",", ":"))[:-1]
    value = 0xCBF29CE484222325
    for byte in body.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f'{body},"checksum":"{value:016x}"}}'


class Server:
    """`spikesort view` on a folder."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [EXECUTABLE, "view", str(folder), "--no-open", *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise RuntimeError(f"spikesort view ended with {self.process.wait()}")

    def stop(self, kill=False):
        if self.process.poll() is None:
            (self.process.kill if kill else self.process.terminate)()
        self.process.wait()
        self.process.stdout.close()


@unittest.skipUnless(EXECUTABLE, "SPIKESORT_EXECUTABLE names no spikesort")
@unittest.skipUnless(sync_playwright, "playwright is not installed")
@unittest.skipUnless(CHROMIUM, "there is no chromium")
class PageTestCase(unittest.TestCase):
    """Tests in one browser; every test has a copy of the same result of its own."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="spikesort-page-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, True)
        cls.pictures = Path(os.environ.get("SPIKESORT_SCREENSHOTS") or cls.scratch / "pictures")
        cls.pictures.mkdir(parents=True, exist_ok=True)
        run("simulate", "-o", cls.scratch / "recording", "--seconds", 60, "--units", 6, "--seed", 4, "--quiet")
        run("sort", cls.scratch / "recording", "-o", cls.scratch / "result", "--no-merge", "--quiet")
        play = sync_playwright().start()
        cls.addClassCleanup(play.stop)
        cls.browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.folder = self.copy("session")
        self.trouble = []

    def tearDown(self):
        self.assertEqual(self.trouble, [], "the page complained")

    def copy(self, name):
        """A fresh copy of the result."""
        folder = self.scratch / self.id().split(".")[-1] / name
        shutil.copytree(self.scratch / "result", folder)
        return folder

    def serve(self, folder=None, *options):
        server = Server(folder or self.folder, *options)
        self.addCleanup(server.stop)
        return server

    def open(self, server, width=1600, height=1350, dark=False, scale=1):
        """A new page of its own browser profile, ready for use."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale,
            color_scheme="dark" if dark else "light", accept_downloads=True)
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", self.note)
        page.goto(server.address)
        self.ready(page)
        return page

    def note(self, message):
        # A refused action answers 409 and a server that is gone nothing: the browser logs both.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.trouble.append(message.text)

    def ready(self, page):
        page.wait_for_selector("html[data-ready]")
        self.settle(page)

    def settle(self, page):
        """Waits until what was asked for is drawn."""
        page.wait_for_load_state("networkidle")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def picture(self, page, name):
        self.settle(page)
        page.screenshot(path=self.pictures / f"{name}.png")

    # What a person sees and does.

    def units(self, page):
        """The table: spikes by unit."""
        rows = page.locator("#units tbody tr").evaluate_all(
            "rows => rows.map(row => [row.dataset.unit, row.querySelector('.spikes').textContent])")
        return {int(unit): int(count.replace(",", "")) for unit, count in rows}

    def selection(self, page):
        return sorted(int(unit) for unit in page.locator("#units tbody tr[aria-selected=true]").evaluate_all(
            "rows => rows.map(row => row.dataset.unit)"))

    def choose(self, page, *units):
        for place, unit in enumerate(units):
            page.click(f'[data-unit="{unit}"] td.unit', modifiers=["Control"] if place else [])
        self.settle(page)

    def cell(self, page, unit, column):
        return page.locator(f'[data-unit="{unit}"] td.{column}')

    def told(self, page, text):
        """Waits for a message that holds a text, and closes it."""
        message = page.locator(".message", has_text=text).first
        expect(message).to_be_visible()
        words = message.locator("p").text_content()
        message.get_by_role("button", name="Close").click()
        self.settle(page)
        return words

    def lasso(self, page, panel=0, share=0.5):
        """Drags around one side of the first panels' ellipse: a half of the points, more or less."""
        box = page.locator("#features svg g > rect").nth(panel).bounding_box()
        mean = page.locator("#features svg circle[r='4']").nth(panel).bounding_box()
        x = mean["x"] + mean["width"] / 2
        corners = [(box["x"] + 2, box["y"] + 2), (x, box["y"] + 2), (x, box["y"] + box["height"] - 2),
                   (box["x"] + 2, box["y"] + box["height"] - 2)]
        page.mouse.move(*corners[0])
        page.mouse.down()
        for corner in corners[1:] + corners[:1]:
            page.mouse.move(*corner, steps=6)
        page.mouse.up()
        self.settle(page)

    def journal(self, folder=None):
        path = (folder or self.folder) / "curation.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
