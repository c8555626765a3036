"""`greensched carbon` as a user runs it: from files, from a feed on this machine, and without any."""

import datetime
import http.server
import json
import math
import pathlib
import stat
import threading
import unittest

import program

NOW = datetime.datetime(2026, 11, 20, 12, 0)
SAMPLES = program.SOURCE / "tests/data/feeds"


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%MZ")


class FakeFeed(http.server.BaseHTTPRequestHandler):
    """Answers what `answers` has for the last word of the path; 404 otherwise."""

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        status, body = self.server.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Carbon(program.TestCase):
    def carbon(self, *arguments, env=None, code=0):
        variables = {"XDG_DATA_HOME": str(self.folder / "data"), "NO_COLOR": "1", "LC_ALL": "C", "LANG": None,
                     "ELECTRICITYMAPS_TOKEN": None, **(env or {})}
        result = self.run_program("greensched", "carbon", *arguments, env=variables)
        self.assert_exit(result, code)
        return result

    def serve(self, answer):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FakeFeed)
        server.answer, server.seen = answer, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, f"http://127.0.0.1:{server.server_port}"

    def write_days(self, name, days, zone="DE"):
        """A CSV file of hourly values that dip each noon, up to NOW plus two days."""
        path = pathlib.Path(self.folder / name)
        rows = [f"# zone: {zone}", "# basis: lifecycle", "time,gco2_per_kwh"]
        for hour in range(-24 * days, 48):
            time = NOW + datetime.timedelta(hours=hour)
            rows.append(f"{stamp(time)},{300 - 100 * math.exp(-((time.hour - 12) / 3) ** 2) + hour % 7:.1f}")
        path.write_text("\n".join(rows) + "\n")
        return path

    def test_a_file_is_shown_as_bars_in_ascii_through_a_pipe(self):
        result = self.carbon("show", "DE", "--carbon", self.write_days("de.csv", 2), "--now", stamp(NOW))
        self.assertIn("DE  average intensity, basis lifecycle, by file   FRESH   2026-11-20T12:00Z", result.stdout)
        self.assertIn("#", result.stdout)
        self.assertIn(":", result.stdout)
        self.assertTrue(result.stdout.isascii())
        self.assertNotIn("\x1b", result.stdout)
        self.assertEqual(result.stderr, "")

    def test_the_bars_are_block_characters_where_the_locale_has_them(self):
        result = self.carbon("show", "DE", "--carbon", self.write_days("de.csv", 2), "--now", stamp(NOW),
                             env={"LC_ALL": "C.UTF-8"})
        self.assertIn("█", result.stdout)

    def test_nothing_is_left_behind_by_looking_at_a_file(self):
        self.carbon("show", "DE", "--carbon", self.write_days("de.csv", 2), "--now", stamp(NOW))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["de.csv"])

    def test_the_future_of_a_file_is_its_forecast(self):
        result = self.carbon("forecast", "DE", "--carbon", self.write_days("de.csv", 20), "--now", stamp(NOW),
                             "--hours", "24", "--json")
        answer = json.loads(result.stdout)
        self.assertEqual(answer["state"], "FRESH")
        self.assertEqual({row["source"] for row in answer["values"]}, {"provider"})
        self.assertEqual(len(answer["values"]), 24)
        self.assertEqual(answer["values"][0], {"time": stamp(NOW), "gco2_per_kwh": 200.0, "source": "provider"})

    def test_past_the_end_of_a_file_the_local_forecast_has_intervals(self):
        late = NOW + datetime.timedelta(hours=40)
        result = self.carbon("forecast", "DE", "--carbon", self.write_days("de.csv", 40), "--now", stamp(late),
                             "--hours", "24", "--json")
        answer = json.loads(result.stdout)
        self.assertEqual(answer["state"], "SHORT")
        self.assertEqual([row["source"] for row in answer["values"]], ["provider"] * 8 + ["local"] * 16)
        last = answer["values"][-1]
        self.assertLessEqual(last["low"], last["gco2_per_kwh"])
        self.assertGreaterEqual(last["high"], last["gco2_per_kwh"])

    def test_skill_is_measured_on_the_past(self):
        path = self.write_days("de.csv", 40)
        late = stamp(NOW + datetime.timedelta(days=3))
        answer = json.loads(self.carbon("skill", "DE", "--carbon", path, "--now", late, "--json").stdout)
        models = {row["model"]: row for row in answer["models"]}
        self.assertEqual(models["persistence"]["realised_saving_pct"], 0)
        self.assertGreater(models["level"]["skill_over_persistence"], 0.5)
        self.assertGreater(models["level"]["realised_at_least_pct"], 0)
        text = self.carbon("skill", "DE", "--carbon", path, "--now", late).stdout
        self.assertIn("A job may be delayed on", text)

    def test_skill_says_what_it_lacks(self):
        result = self.carbon("skill", "DE", "--carbon", self.write_days("de.csv", 3), "--now", stamp(NOW))
        self.assertIn("more than 7 days", result.stdout)

    def test_what_show_prints_as_json_is_a_file_that_can_be_read(self):
        shown = json.loads(self.carbon("show", "DE", "--carbon", self.write_days("de.csv", 2), "--now", stamp(NOW),
                                       "--json").stdout)
        again = pathlib.Path(self.folder / "again.json")
        again.write_text(json.dumps(shown["expected"]))
        result = self.carbon("forecast", "DE", "--carbon", again, "--now", stamp(NOW), "--json")
        self.assertEqual(len(json.loads(result.stdout)["values"]), 48)

    def test_a_wrong_line_of_a_file_is_named(self):
        path = self.folder / "bad.csv"
        path.write_text("time,gco2_per_kwh\n2026-11-20T10:00Z,1\n2026-11-20T11:00Z,NaN\n")
        result = self.carbon("show", "DE", "--carbon", path, "--now", stamp(NOW), code=1)
        self.assertIn("line 3: gco2_per_kwh \"NaN\", expected a number", result.stderr)
        self.assertIn("no value is made up", result.stderr)

    def test_a_file_that_ended_long_ago_says_where_it_ends(self):
        late = stamp(NOW + datetime.timedelta(days=30))
        result = self.carbon("show", "DE", "--carbon", self.write_days("de.csv", 2), "--now", late)
        self.assertIn("BLIND", result.stdout)
        self.assertIn("what is known ends at 2026-11-22T12:00Z", result.stdout)

    def test_a_file_of_another_zone_is_refused(self):
        result = self.carbon("show", "FR", "--carbon", self.write_days("de.csv", 2), "--now", stamp(NOW), code=1)
        self.assertIn("zone DE, expected zone FR", result.stderr)

    def test_a_missing_file_is_refused(self):
        result = self.carbon("show", "DE", "--carbon", "absent.csv", code=2)
        self.assertIn("absent.csv", result.stderr)

    def test_a_live_feed_is_asked_once_and_then_remembered(self):
        body = (SAMPLES / "neso_fw48h.json").read_bytes()
        server, url = self.serve(lambda path: (200, body))
        arguments = ["show", "GB", "--feed-url", url, "--store", self.folder / "s.sqlite", "--now", stamp(NOW),
                     "--history-days", "1"]
        first = self.carbon(*arguments)
        self.assertIn("by neso   FRESH", first.stdout)
        asked = len(server.seen)
        self.assertEqual(asked, 2)
        second = self.carbon(*arguments)
        self.assertEqual(len(server.seen), asked)
        self.assertEqual(first.stdout, second.stdout)

    def test_a_dead_feed_is_no_crash_and_names_no_secret(self):
        server, url = self.serve(lambda path: (401, b"key is wrong"))
        result = self.carbon("show", "DE", "--feed", "electricitymaps", "--feed-url", url,
                             env={"ELECTRICITYMAPS_TOKEN": "very-secret"}, code=1)
        self.assertEqual(server.seen[0][1]["auth-token"], "very-secret")
        self.assertIn("HTTP 401", result.stderr)
        self.assertIn("check ELECTRICITYMAPS_TOKEN", result.stderr)
        self.assertNotIn("very-secret", result.stdout + result.stderr)

    def test_a_key_can_come_from_a_file_that_only_its_owner_may_read(self):
        server, url = self.serve(lambda path: (403, b""))
        keys = self.folder / "keys"
        keys.write_text("ELECTRICITYMAPS_TOKEN=from-file\n")
        keys.chmod(stat.S_IRUSR | stat.S_IRGRP)
        arguments = ["show", "DE", "--feed", "electricitymaps", "--feed-url", url, "--key-file", keys]
        self.assertIn("chmod 600", self.carbon(*arguments, code=2).stderr)
        keys.chmod(stat.S_IRUSR)
        self.carbon(*arguments, code=1)
        self.assertEqual(server.seen[0][1]["auth-token"], "from-file")

    def test_a_missing_key_is_asked_for_by_name(self):
        result = self.carbon("show", "DE", "--feed", "electricitymaps", code=1)
        self.assertIn("ELECTRICITYMAPS_TOKEN in the environment or in a key file", result.stderr)

    def test_a_static_level_is_shown_without_shape(self):
        result = self.carbon("show", "FR", "--feed", "static")
        self.assertIn("BLIND", result.stdout)
        self.assertIn("yearly average, which has no shape in time", result.stdout)

    def test_a_kind_that_was_not_asked_for_is_refused(self):
        result = self.carbon("show", "FR", "--feed", "static", "--kind", "marginal", code=2)
        self.assertIn("kinds are never mixed", result.stderr)

    def test_usage_errors_say_what_is_expected(self):
        self.assertIn("did you mean watttime?", self.carbon("show", "DE", "--feed", "watttim", code=2).stderr)
        self.assertIn("such as 2026-11-20T18:00Z",
                      self.carbon("show", "DE", "--feed", "static", "--now", "noon", code=2).stderr)
        self.assertIn("ZONE", self.carbon("show", code=2).stderr)
        self.assertIn("subcommand", self.carbon(code=2).stderr)
        self.assertIn("HOME", self.carbon("show", "FR", "--feed", "static",
                                          env={"XDG_DATA_HOME": None, "HOME": None}, code=2).stderr)


if __name__ == "__main__":
    unittest.main()
