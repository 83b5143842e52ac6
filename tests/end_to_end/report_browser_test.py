"""The report in a real browser: policy, sorting, keyboard, small screens, paper.

usage: report_browser_test.py PATH_OF_make_report_run
"""
import subprocess
import sys

import numpy as np
from PIL import Image

import report_support
from report_browser import CHROMIUM, SKIPPED, Browser
from report_support import SCRIPT, RunTest
import html_table  # noqa: E402  (of tools/report, as the next ones)
import html_text  # noqa: E402
import document  # noqa: E402

ROWS = [["b\u00e4r", "67.6 %", "<0.001"], ["Apfel", "-1.20", "0.5"], ["zoo 10", "n/a", "n/a"], ["Zoo 9", "+3.0 pp", "1"],
        ["", "100.0 %", "0.02"], ["m", "-12.5", "0.001"]]

HEADINGS = "[...document.querySelectorAll('thead th')].map(h => h.getAttribute('aria-sort'))"


def column(index):
    return f"[...document.querySelectorAll('tbody tr')].map(r => r.cells[{index}].textContent)"


class BrowserTest(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([sys.executable, str(SCRIPT), str(cls.whole)], check=True, capture_output=True)
        cls.report = (cls.whole / "report.html").as_uri()
        small = cls.base / "small.html"
        table = html_table.table("Small", ["Name", "Value", "p"], [False, True, True], ROWS)
        document.write(small, document.document("small", "", "Small", "", [], html_text.section("s", "S", table)))
        cls.small = small.as_uri()
        cls.browser = Browser(cls.base / "profile")

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        super().tearDownClass()

    def press(self, heading):
        self.browser.ask(f"document.querySelectorAll('thead button')[{heading}].click()")

    def test_the_script_runs_under_the_policy_and_nothing_is_asked_for(self):
        self.browser.size(1440)
        self.browser.open(self.report)
        self.assertEqual(self.browser.ask("document.documentElement.dataset.script"), "on")
        self.assertEqual(self.browser.complaints, [])
        self.assertEqual([url for url in self.browser.requests
                          if url != self.report and not url.startswith("data:")], [])

    def test_the_policy_stops_other_scripts(self):
        self.browser.open(self.report)
        self.browser.ask("document.body.append(Object.assign(document.createElement('script'), "
                         "{textContent: 'document.title = \"taken\"'}))")
        self.assertNotEqual(self.browser.ask("document.title"), "taken")

    def test_numbers_are_sorted_as_numbers_with_undefined_ones_last(self):
        self.browser.open(self.small)
        self.press(1)
        self.assertEqual(self.browser.ask(column(1)), ["-12.5", "-1.20", "+3.0 pp", "67.6 %", "100.0 %", "n/a"])
        self.assertEqual(self.browser.ask(HEADINGS), ["none", "ascending", "none"])
        self.press(1)
        self.assertEqual(self.browser.ask(column(1)), ["100.0 %", "67.6 %", "+3.0 pp", "-1.20", "-12.5", "n/a"])
        self.assertEqual(self.browser.ask(HEADINGS), ["none", "descending", "none"])
        self.press(2)
        self.assertEqual(self.browser.ask(column(2)), ["<0.001", "0.001", "0.02", "0.5", "1", "n/a"])
        self.assertEqual(self.browser.ask(HEADINGS), ["none", "none", "ascending"])

    def test_text_is_sorted_as_a_reader_would(self):
        self.browser.open(self.small)
        self.press(0)
        self.assertEqual(self.browser.ask(column(0)), ["Apfel", "b\u00e4r", "m", "Zoo 9", "zoo 10", ""])

    def test_the_third_press_gives_the_first_order_back_and_is_said_aloud(self):
        self.browser.open(self.small)
        for _ in range(3):
            self.press(1)
        self.assertEqual(self.browser.ask(column(1)), [row[1] for row in ROWS])
        self.assertEqual(self.browser.ask("document.getElementById('spoken').textContent"), "Rows in their first order.")

    def test_a_heading_works_by_keyboard(self):
        self.browser.open(self.small)
        self.browser.ask("document.querySelectorAll('thead button')[1].focus()")
        self.browser.key("Enter", 13, "\r")
        self.assertEqual(self.browser.ask(HEADINGS)[1], "ascending")
        self.browser.key("Tab", 9)
        self.assertEqual(self.browser.ask("document.activeElement.textContent"), "p")

    def test_the_first_stop_of_the_keyboard_leads_to_the_results(self):
        self.browser.open(self.report)
        self.browser.key("Tab", 9)
        self.assertEqual(self.browser.ask("document.activeElement.getAttribute('href')"), "#main")
        self.assertGreaterEqual(self.browser.ask("document.activeElement.getBoundingClientRect().left"), 0)

    def test_a_filter_keeps_the_rows_with_every_word(self):
        self.browser.open(self.report)
        left = self.browser.ask("""(() => {
            const box = document.querySelector('.tools input');
            const table = box.closest('.tools').nextElementSibling.querySelector('table');
            const rows = [...table.tBodies[0].rows];
            const word = rows[0].cells[0].textContent.split(' ')[0];
            box.value = word.toUpperCase(); box.dispatchEvent(new Event('input'));
            return rows.filter(r => !r.hidden).every(r => r.textContent.toLowerCase().includes(word.toLowerCase()))
                && rows.some(r => !r.hidden); })()""")
        self.assertTrue(left)

    def test_nothing_makes_the_page_scroll_sideways(self):
        for width in (1440, 768, 360):
            self.browser.size(width)
            self.browser.open(self.report)
            self.browser.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            with self.subTest(width):
                self.assertLessEqual(self.browser.ask("document.documentElement.scrollWidth"), width)
                wide = self.browser.ask("""[...document.querySelectorAll('main *, header *, nav')].filter(e =>
                    e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, nav, pre, .spoken, svg'))
                    .map(e => e.tagName + '.' + e.className).slice(0, 5)""")
                self.assertEqual(wide, [])

    def test_text_stands_out_from_its_ground_by_day_and_by_night(self):
        for scheme in ("light", "dark"):
            self.browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            self.browser.open(self.report)
            worst = self.browser.ask("""(() => {
                const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
                const light = (colour) => { const [r, g, b] = parts(colour).map(v => { v /= 255;
                    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
                const ground = (element) => { for (let e = element; e; e = e.parentElement) {
                    const c = getComputedStyle(e).backgroundColor, p = parts(c);
                    if (p.length < 4 || p[3] > 0) return c; } return 'rgb(255, 255, 255)'; };
                let worst = [99, ''];
                for (const e of document.querySelectorAll('body *')) {
                    if (e.closest('svg, .spoken, script, .skip') || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
                    const a = light(getComputedStyle(e).color), b = light(ground(e));
                    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                    if (ratio < worst[0]) worst = [ratio, e.tagName + '.' + e.className];
                } return worst; })()""")
            with self.subTest(scheme):
                self.assertGreaterEqual(worst[0], 4.5, worst)
        self.browser.call("Emulation.setEmulatedMedia", features=[])

    def test_on_paper_folded_parts_are_open_and_tools_are_gone(self):
        self.browser.size(1440)
        self.browser.open(self.report)
        pdf = self.base / "report.pdf"
        self.browser.pdf(pdf)
        self.assertGreater(pdf.stat().st_size, 50_000)
        self.browser.call("Emulation.setEmulatedMedia", media="print")
        self.assertEqual(self.browser.ask("getComputedStyle(document.querySelector('nav')).display"), "none")
        self.assertEqual(self.browser.ask("getComputedStyle(document.querySelector('.tools')).display"), "none")
        self.browser.call("Emulation.setEmulatedMedia", media="")

    def test_the_page_is_complete_without_its_script(self):
        self.browser.call("Emulation.setScriptExecutionDisabled", value=True)
        self.browser.size(1280)
        self.browser.open(self.report)
        shot = self.base / "plain.png"
        self.browser.picture(shot)
        self.browser.call("Emulation.setScriptExecutionDisabled", value=False)
        with Image.open(shot) as image:
            pixels = np.asarray(image.convert("L"))
        self.assertGreater((pixels < 100).mean(), 0.005)  # text and plots
        self.assertGreater((pixels > 235).mean(), 0.5)    # on a light ground
        self.assertEqual(self.browser.ask("document.querySelectorAll('.tools').length"), 0)
        self.assertGreater(self.browser.ask("document.querySelectorAll('table').length"), 15)


if __name__ == "__main__":
    if CHROMIUM is None:
        print("no Chromium on this machine: the page was not seen in a browser")
        raise SystemExit(SKIPPED)
    report_support.main(__doc__)
