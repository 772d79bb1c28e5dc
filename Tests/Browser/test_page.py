"""The page in a real browser: what a person does, and what is left of it after a reload, a crash, a second page."""
import json
import os
import subprocess
import unittest
import xml.etree.ElementTree as tree

from viewer import PageTestCase, expect, run, sealed


class PageTests(PageTestCase):
    def test_shows_every_view(self):
        server = self.serve()
        page = self.open(server)
        units = list(self.units(page))
        self.assertGreaterEqual(len(units), 5)
        self.choose(page, *units[:3])
        for view in ["features", "waveforms", "amplitudes", "correlograms", "trace"]:
            self.assertGreater(page.locator(f"#{view} .figure svg text").count(), 5, view)
        painted = page.locator("#features canvas").evaluate(
            "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; "
            "for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }")
        self.assertGreater(painted, 1000)
        self.picture(page, "open-light")
        for tab in ["similar", "mixture", "history", "suggestions"]:
            page.click(f"#tab-{tab}")
            self.picture(page, f"tab-{tab}")
        page.get_by_role("button", name="Light/dark").click()
        self.picture(page, "open-dark")
        page.keyboard.press("?")
        self.picture(page, "keys")
        page.keyboard.press("Escape")
        # 200 %: half the width in the page's own pixels. Nothing is cut off sideways.
        large = self.open(server, width=800, height=700, scale=2)
        self.choose(large, *units[:2])
        self.assertLessEqual(large.evaluate("document.documentElement.scrollWidth"), 800)
        large.screenshot(path=self.pictures / "zoomed.png", full_page=True)

    def test_merge_label_note_undo_and_reload(self):
        server = self.serve()
        page = self.open(server)
        before = self.units(page)
        first, second = list(before)[:2]
        self.choose(page, first, second)
        page.keyboard.press("g")
        self.told(page, "Merged")
        after = self.units(page)
        (merged,) = set(after) - set(before)
        self.assertEqual(after[merged], before[first] + before[second])
        self.assertNotIn(first, after)
        self.assertEqual(self.selection(page), [merged])
        self.picture(page, "merged")

        page.keyboard.press("Alt+g")
        expect(self.cell(page, merged, "label")).to_have_text("good")
        page.keyboard.press("n")
        page.get_by_role("textbox", name="Note").fill("looks <b>fine</b>")
        self.picture(page, "note")
        page.get_by_role("button", name="Keep").click()
        expect(self.cell(page, merged, "note")).to_have_text("looks <b>fine</b>")

        page.reload()
        self.ready(page)
        self.assertEqual(self.units(page), after)
        expect(self.cell(page, merged, "label")).to_have_text("good")

        for _ in range(3):
            page.keyboard.press("Control+z")
            self.told(page, "Undone")
        self.assertEqual(self.units(page), before)
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
        self.picture(page, "undone")
        page.keyboard.press("Control+Shift+Z")
        self.told(page, "Done again")
        self.assertEqual(self.units(page), after)
        page.click("#tab-history")
        self.picture(page, "history")
        self.assertEqual([line["action"]["do"] for line in self.journal()],
                         ["begin", "merge", "label", "note", "undo", "undo", "undo", "redo"])

    def test_splits_by_lasso(self):
        page = self.open(self.serve())
        before = self.units(page)
        unit = max(before, key=before.get)
        self.choose(page, unit)
        self.lasso(page)
        expect(page.locator("#features .caption")).to_contain_text("inside the lasso")
        inside = int(page.locator("#features .caption").text_content().split()[0].replace(",", ""))
        self.assertTrue(0.2 * before[unit] < inside < 0.8 * before[unit], inside)
        self.picture(page, "lasso")
        page.keyboard.press("k")
        self.told(page, "Split")
        after = self.units(page)
        made = set(after) - set(before)
        self.assertEqual(sorted(after[unit] for unit in made), sorted([inside, before[unit] - inside]))
        self.assertEqual(sum(after.values()), sum(before.values()))
        self.picture(page, "lasso-split")

    def test_splits_by_mixture_and_accepts_and_rejects_suggestions(self):
        page = self.open(self.serve())
        before = self.units(page)
        unit = max(before, key=before.get)
        self.choose(page, unit)
        page.keyboard.press("Shift+K")
        self.picture(page, "split-by-mixture")
        page.keyboard.press("Enter")
        self.told(page, "The mixture split")
        halves = set(self.units(page)) - set(before)
        self.assertEqual(len(halves), 2)
        self.assertEqual(sum(self.units(page)[half] for half in halves), before[unit])
        # Halves of one neuron share its refractory period and its shape, and the page says so.
        page.click("#tab-suggestions")
        pair = page.get_by_role("article", name="Units {} and {}".format(*sorted(halves)))
        expect(pair).to_contain_text("short lags")
        self.picture(page, "suggestion")
        pair.get_by_role("button", name="Reject").click()
        self.told(page, "Rejected")
        expect(pair).to_have_count(0)
        page.keyboard.press("Control+z")
        self.told(page, "Undone")
        pair.get_by_role("button", name="Look").click()
        self.assertEqual(self.selection(page), sorted(halves))
        page.keyboard.press("a")
        self.told(page, "Accepted")
        self.assertEqual(sorted(self.units(page).values()), sorted(before.values()))
        self.picture(page, "accepted")

    def test_keyboard_alone_suffices(self):
        page = self.open(self.serve())
        units = list(self.units(page))
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")
        self.assertEqual(self.selection(page), [units[1]])
        page.keyboard.press("Shift+ArrowDown")
        self.assertEqual(self.selection(page), sorted(units[1:3]))
        page.keyboard.press("Backspace")
        self.assertEqual(self.selection(page), [units[1]])
        page.keyboard.press("Space")
        self.assertEqual(len(self.selection(page)), 2)
        page.keyboard.press("Backspace")
        page.keyboard.press("f")
        page.keyboard.type(f"spikes>{max(self.units(page).values()) - 1}")
        self.assertEqual(len(self.units(page)), 1)
        page.keyboard.press("Escape")
        self.assertEqual(list(self.units(page)), units)

        # A lasso by keys: to the points of the features by Tab, corners around the upper half of the unit.
        for _ in range(60):
            if page.evaluate("document.activeElement.closest('#features .figure') !== null"):
                break
            page.keyboard.press("Tab")
        outline = page.locator("#features .figure").evaluate("e => getComputedStyle(e).outlineStyle")
        self.assertEqual(outline, "solid")
        page.keyboard.press("ArrowUp")
        box = page.locator("#features svg g > rect").first.bounding_box()
        mean = page.locator("#features svg circle[r='4']").first.bounding_box()
        down = round((mean["y"] + mean["height"] / 2 - box["y"]) / 16)
        for key, count in [("ArrowUp", 30), ("ArrowLeft", 20), ("Enter", 1), ("ArrowRight", 40), ("Enter", 1),
                           ("ArrowDown", down), ("Enter", 1), ("ArrowLeft", 40), ("Enter", 1)]:
            for _ in range(count):
                page.keyboard.press(key)
        expect(page.locator("#features .caption")).to_contain_text("inside the lasso")
        self.picture(page, "keyboard-lasso")
        page.keyboard.press("k")
        self.told(page, "Split")
        self.assertGreater(len(self.units(page)), len(units))
        page.keyboard.press("l")
        page.keyboard.press("m")
        self.told(page, "mua")
        # Every control has a name.
        unnamed = page.evaluate(
            "[...document.querySelectorAll('button, select, input')].filter(e => !(e.textContent.trim() || e.ariaLabel)).length")
        self.assertEqual(unnamed, 0)

    def test_a_killed_server_loses_nothing(self):
        server = self.serve()
        page = self.open(server)
        first, second = list(self.units(page))[:2]
        self.choose(page, first, second)
        page.keyboard.press("g")
        self.told(page, "Merged")
        page.keyboard.press("Alt+n")
        self.told(page, "Labelled")
        seen = self.units(page)
        server.stop(kill=True)
        page.keyboard.press("Alt+g")
        self.assertIn("start", self.told(page, "does not answer").lower())
        self.picture(page, "server-gone")
        self.assertEqual(self.units(page), seen)

        page = self.open(self.serve())
        self.assertEqual(self.units(page), seen)
        expect(self.cell(page, max(seen), "label")).to_have_text("noise")
        page.keyboard.press("Control+z")
        self.told(page, "Undone")
        expect(self.cell(page, max(seen), "label")).to_have_text("")
        self.picture(page, "restarted")

    def test_two_pages_cannot_overwrite_each_other(self):
        server = self.serve()
        one, other = self.open(server), self.open(server)
        before = self.units(one)
        first, second, third = list(before)[:3]
        self.choose(other, second, third)
        self.choose(one, first, second)
        one.keyboard.press("g")
        self.told(one, "Merged")
        other.keyboard.press("g")
        alert = other.get_by_role("alert")
        expect(alert).to_contain_text("acted first")
        self.picture(other, "conflict")
        self.assertEqual(self.units(other), self.units(one))
        self.assertEqual(len(self.journal()), 2)
        # A second server on the folder is another writer too.
        page = self.open(self.serve())
        self.choose(page, third)
        page.keyboard.press("Alt+m")
        self.told(page, "Labelled")
        one.evaluate("window.dispatchEvent(new Event('focus'))")
        self.told(one, "changed elsewhere")
        expect(self.cell(one, third, "label")).to_have_text("mua")

    def test_a_failed_redraw_is_no_failed_action(self):
        page = self.open(self.serve())
        before = self.units(page)
        first, second, third = list(before)[:3]
        self.choose(page, first, second)
        page.route("**/api/spikes/units", lambda route: route.abort())
        page.keyboard.press("g")
        words = self.told(page, "could not fetch")
        self.assertIn("recorded, as revision 1", words)
        # The next one is not sent while nobody knows what is shown, and says so.
        page.keyboard.press("Alt+g")
        self.assertIn("nothing is recorded", self.told(page, "was not sent"))
        self.assertEqual([line["action"]["do"] for line in self.journal()], ["begin", "merge"])
        page.unroute("**/api/spikes/units")
        self.told(page, "up to date again")
        after = self.units(page)
        self.assertEqual(after[max(after)], before[first] + before[second])
        self.choose(page, third)
        page.keyboard.press("Alt+m")
        self.told(page, "Labelled")
        self.assertEqual([line["action"]["do"] for line in self.journal()], ["begin", "merge", "label"])

    def test_a_conflict_whose_refresh_is_lost_ends_nothing(self):
        server = self.serve()
        one, other = self.open(server), self.open(server)
        first, second, third = list(self.units(one))[:3]
        self.choose(other, second, third)
        self.choose(one, first, second)
        one.keyboard.press("g")
        self.told(one, "Merged")
        for address in ("units", "pairs", "spikes/units"):
            other.route(f"**/api/{address}", lambda route: route.abort())
        other.keyboard.press("g")
        self.assertIn("was not carried out", self.told(other, "acted first"))
        for address in ("units", "pairs", "spikes/units"):
            other.unroute(f"**/api/{address}")
        self.told(other, "up to date again")
        self.assertEqual(self.units(other), self.units(one))
        self.choose(other, third)
        other.keyboard.press("Alt+m")
        self.told(other, "Labelled")
        self.assertEqual([line["action"]["do"] for line in self.journal()], ["begin", "merge", "label"])

    def test_a_lost_answer_is_looked_up(self):
        page = self.open(self.serve())
        before = self.units(page)
        first, second = list(before)[:2]
        self.choose(page, first, second)
        # Lost on the way there.
        page.route("**/api/actions", lambda route: route.abort())
        page.keyboard.press("g")
        self.told(page, "is not recorded")
        self.assertEqual((self.units(page), self.journal()), (before, []))
        page.unroute("**/api/actions")

        def drop(route):
            route.fetch()
            route.abort()

        # Lost on the way back.
        page.route("**/api/actions", drop)
        page.keyboard.press("g")
        self.told(page, "answer to the action was lost")
        self.assertEqual([line["action"]["do"] for line in self.journal()], ["begin", "merge"])
        self.assertNotIn(first, self.units(page))
        page.unroute("**/api/actions")
        page.keyboard.press("Control+z")
        self.told(page, "Undone")
        self.assertEqual(self.units(page), before)

    def test_every_figure_is_saved(self):
        page = self.open(self.serve())
        self.choose(page, *list(self.units(page))[:2])
        page.click("#tab-mixture")
        self.settle(page)
        for view in ["features", "waveforms", "amplitudes", "correlograms", "trace", "mixture"]:
            with page.expect_download() as download:
                page.locator(f"#{view}").get_by_role("button", name="as SVG").click()
            path = self.pictures / f"figure-{view}.svg"
            download.value.save_as(path)
            root = tree.parse(path).getroot()
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            self.assertGreater(len(list(root.iter())), 20, view)
            images = list(root.iter("{http://www.w3.org/2000/svg}image"))
            self.assertEqual(len(images), view in ("features", "amplitudes"), view)

    def test_hostile_names_are_only_text(self):
        folder = self.copy("<img src=x onerror=alert(1)>")
        page = self.open(self.serve(folder))
        page.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        expect(page.locator("#name")).to_have_text("<img src=x onerror=alert(1)>")
        unit = list(self.units(page))[0]
        hostile = "<script>alert(2)</script><svg onload=alert(3)>"
        self.choose(page, unit)
        page.keyboard.press("n")
        page.get_by_role("textbox", name="Note").fill(hostile)
        page.keyboard.press("Control+Enter")
        expect(self.cell(page, unit, "note")).to_have_text(hostile)
        page.click("#tab-history")
        page.reload()
        self.ready(page)
        page.click("#tab-history")
        self.settle(page)
        self.assertEqual(page.locator("main script, main img, main svg[onload]").count(), 0)
        self.picture(page, "hostile")

    def test_a_journal_made_by_hand_is_only_text(self):
        hostile = "<img src=x onerror=alert(1)></td><script>alert(2)</script>"
        server = self.serve()
        page = self.open(server)
        unit = list(self.units(page))[0]
        self.choose(page, unit)
        page.keyboard.press("Alt+g")
        self.told(page, "Labelled")
        server.stop()
        journal = self.folder / "curation.jsonl"
        for line in [{"version": 1, "revision": 2, "time": hostile, "action": {"do": "note", "units": [unit], "note": hostile}},
                     {"version": 1, "revision": 3, "time": hostile, "action": {"do": "label", "units": [unit], "label": "mua"}}]:
            journal.write_text(journal.read_text() + sealed(line) + "\n")
        page = self.open(self.serve())
        page.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        expect(self.cell(page, unit, "note")).to_have_text(hostile)
        expect(self.cell(page, unit, "label")).to_have_text("mua")
        page.click("#tab-history")
        self.settle(page)
        self.assertEqual(page.locator("#panel-history tbody tr").count(), 3)
        self.assertEqual(page.locator("main script, main img").count(), 0)
        self.picture(page, "made-by-hand")
        # A label that is none of the four is no journal of ours: the folder is not opened.
        line = {"version": 1, "revision": 4, "time": "", "action": {"do": "label", "units": [unit], "label": hostile}}
        later = {"version": 1, "revision": 5, "time": "", "action": {"do": "undo"}}
        journal.write_text(journal.read_text() + sealed(line) + "\n" + sealed(later) + "\n")
        with self.assertRaises(RuntimeError):
            self.serve()

    def test_without_a_recording_and_read_only(self):
        path = self.folder / "sorting.json"
        record = json.loads(path.read_text())
        record["source"]["opened"]["paths"] = ["/nowhere/gone.dat"]
        path.write_text(json.dumps(record))
        page = self.open(self.serve(None, "--read-only"))
        expect(page.locator("#trace")).to_contain_text("There is no trace: gone.dat is no longer at /nowhere/gone.dat")
        self.choose(page, *list(self.units(page))[:2])
        for name in ["Merge", "good", "Undo"]:
            expect(page.get_by_role("button", name=name).first).to_be_disabled()
        page.keyboard.press("g")
        self.settle(page)
        self.assertEqual(self.journal(), [])
        self.picture(page, "read-only")

    def test_a_probe_is_shown_and_curated(self):
        place = self.folder.parent
        run("simulate", "-o", place / "rat", "--channels", 16, "--seconds", 20, "--units", 8, "--seed", 3, "--quiet")
        run("sort", place / "rat", "-o", place / "probe", "--quiet")
        page = self.open(self.serve(place / "probe"))
        before = self.units(page)
        first, second = sorted(before, key=before.get)[-2:]
        self.choose(page, first, second)
        for view in ["features", "waveforms", "amplitudes", "correlograms", "trace"]:
            self.assertGreater(page.locator(f"#{view} .figure svg text").count(), 5, view)
        # Six pairs of the four channels nearest to the first unit; eight of sixteen channels until all are asked for.
        self.assertEqual(page.locator("#features .figure svg g > rect").count(), 6)
        for view, names in [("waveforms", "channel"), ("trace", "ch.")]:
            channels = page.locator(f"#{view} .figure svg text", has_text=names)
            self.assertEqual(channels.count(), 8, view)
            expect(page.locator(f"#{view} .caption").last).to_contain_text("The 8 of 16 channels")
            page.locator(f"#{view}").get_by_label("Channels", exact=True).select_option("all")
            self.settle(page)
            self.assertEqual(channels.count(), 16, view)
        self.picture(page, "probe")
        # Channels that a spike's neighbourhood does not hold count as 0, so parting and joining find the same spikes.
        page.keyboard.press("g")
        self.told(page, "Merged")
        page.keyboard.press("Shift+K")
        page.keyboard.press("Enter")
        self.told(page, "The mixture split")
        after = self.units(page)
        self.assertEqual(sorted(after.values()), sorted(before.values()))
        self.choose(page, max(after))
        self.lasso(page)
        page.keyboard.press("k")
        self.told(page, "Split")
        self.assertEqual(sum(self.units(page).values()), sum(before.values()))
        seen = self.units(page)
        page.reload()
        self.ready(page)
        self.assertEqual(self.units(page), seen)

    def test_every_group_is_a_page_that_the_others_lead_to(self):
        place = self.folder.parent
        samples = []
        for seed in (1, 2):
            run("simulate", "-o", place / f"tetrode{seed}", "--seconds", 20, "--units", 3, "--seed", seed, "--quiet")
            samples.append((place / f"tetrode{seed}" / f"tetrode{seed}.dat").read_bytes())
        frames = zip(*([one[start:start + 8] for start in range(0, len(one), 8)] for one in samples))
        (place / "day.dat").write_bytes(b"".join(part for frame in frames for part in frame))
        run("sort", place / "day.dat", "--channels", 8, "--groups", 4, "--rate", 30000, "--gain", 0.195,
            "-o", place / "day", "--quiet")
        page = self.open(self.serve(place / "day"))
        groups = page.get_by_label("Group", exact=True)
        self.assertEqual(groups.locator("option").all_text_contents(), ["group 0", "group 1"])
        expect(page.locator("#name")).to_have_text("day")
        shown = self.units(page)
        groups.select_option(label="group 1")
        page.wait_for_url("**/1/")
        self.ready(page)
        self.assertEqual(page.title(), "day, group 1 – spikesort")
        self.assertNotEqual(self.units(page), shown)
        # The second tetrode's channels, as the file numbers them; its trace is there.
        names = page.locator("#trace .figure svg text", has_text="ch.").all_text_contents()
        self.assertEqual(names, ["ch. 4", "ch. 5", "ch. 6", "ch. 7"])
        features = page.locator("#features .figure svg text", has_text="channel").all_text_contents()
        self.assertEqual(set(features), {f"channel {channel}" for channel in (4, 5, 6, 7)})
        self.choose(page, list(self.units(page))[0])
        page.keyboard.press("Alt+g")
        self.told(page, "Labelled")
        self.picture(page, "group")
        self.assertEqual([self.journal(place / "day" / f"group-{group}") != [] for group in (0, 1)], [False, True])
        page.get_by_label("Group", exact=True).select_option("0")
        page.wait_for_url("**/0/")
        self.ready(page)
        self.assertEqual(self.units(page), shown)

    def test_what_is_exported_is_what_was_decided(self):
        python = os.environ.get("SPIKESORT_PYTHON")
        if not python:
            self.skipTest("SPIKESORT_PYTHON names no Python with SpikeInterface")
        if "export" not in run("--help").stdout:
            self.skipTest("this spikesort has no export command")
        page = self.open(self.serve())
        first, second, third = list(self.units(page))[:3]
        self.choose(page, first, second)
        page.keyboard.press("g")
        self.told(page, "Merged")
        self.choose(page, third)
        page.keyboard.press("Alt+n")
        self.told(page, "Labelled")
        seen = self.units(page)
        self.picture(page, "before-export")
        target = self.folder.parent / "exported"
        run("export", self.folder, "--to", "phy", target)
        script = (
            "import sys, spikeinterface.extractors as e; s = e.read_phy(sys.argv[1], load_all_cluster_properties=True)\n"
            "g = s.get_property('quality') if 'quality' in s.get_property_keys() else s.get_property('group')\n"
            "for u, q in zip(s.unit_ids, g): print(int(u), len(s.get_unit_spike_train(u)), q)")
        answer = subprocess.run([python, "-W", "ignore", "-c", script, str(target)], capture_output=True, text=True, check=True)
        rows = [line.split() for line in answer.stdout.splitlines()]
        self.assertEqual({int(unit): int(count) for unit, count, _ in rows}, seen)
        self.assertEqual({int(unit): group for unit, _, group in rows}[third], "noise")


if __name__ == "__main__":
    unittest.main()
