"""`greensched plan` and `greensched run` as a user runs them."""

import datetime
import json
import re
import signal
import time
import unittest

import program

NOW = datetime.datetime(2026, 11, 20, 12, 0)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Sched(program.TestCase):
    def write_hours(self, values, start=NOW, name="de.csv", step=3600):
        """A CSV file of DE with one value per slot."""
        path = self.folder / name
        rows = ["# zone: DE", "# basis: lifecycle", "time,gco2_per_kwh"]
        rows += [f"{stamp(start + datetime.timedelta(seconds=step * slot))},{value}" for slot, value in enumerate(values)]
        path.write_text("\n".join(rows) + "\n")
        return path

    def variables(self):
        return {"XDG_DATA_HOME": str(self.folder / "data"), "NO_COLOR": "1", "LC_ALL": "C", "LANG": None,
                "ELECTRICITYMAPS_TOKEN": None, "TZ": "Europe/Berlin"}

    def sched(self, *arguments, code=0):
        result = self.run_program("greensched", *arguments, env=self.variables())
        self.assert_exit(result, code)
        return result


class Plan(Sched):
    VALUES = [400, 380, 360, 300, 120, 100, 110, 300, 350, 130, 300, 400]

    def plan(self, *arguments, deadline="2026-11-21T00:00Z", code=0):
        return self.sched("plan", "--energy", "6kWh", "--duration", "3h", "--deadline", deadline, "--zone", "DE",
                          "--carbon", self.write_hours(self.VALUES), "--now", stamp(NOW), *arguments, code=code)

    def test_json_has_start_end_slots_and_a_bound(self):
        answer = json.loads(self.plan("--json").stdout)
        plan = answer["plan"]
        self.assertEqual((plan["start"], plan["end"]), ("2026-11-20T16:00Z", "2026-11-20T19:00Z"))
        self.assertAlmostEqual(answer["grams"], 2 * (120 + 100 + 110), places=2)
        self.assertAlmostEqual(answer["grams_run_now"], 2 * (400 + 380 + 360), places=2)
        self.assertLessEqual(answer["bound_grams"], answer["grams"])
        self.assertGreater(answer["bound_grams"], 0.999 * answer["grams"])
        self.assertAlmostEqual(sum(slot["grams"] for slot in plan["slots"]), answer["grams"], places=1)
        self.assertEqual(plan["slots"][0]["start"], plan["start"])
        self.assertEqual(plan["slots"][-1]["end"], plan["end"])
        self.assertAlmostEqual(answer["timing_effect_grams"], answer["grams_run_now"] - answer["grams"], places=1)

    def test_people_get_a_picture_and_the_reason(self):
        text = self.plan().stdout
        self.assertIn("Start    2026-11-20 17:00 CET (2026-11-20T16:00Z)", text)
        self.assertIn("71.1 % less than 2.28 kg if run now", text)
        self.assertIn("no plan emits less than", text)
        self.assertIn("#", text)
        self.assertTrue(text.isascii())

    def test_caps_lower_the_energy_and_pauses_pay_a_restart(self):
        with_caps = json.loads(self.plan("--json", "--caps", "assumed", "--startup", "10min").stdout)
        without = json.loads(self.plan("--json", "--startup", "10min").stdout)
        self.assertLess(with_caps["plan"]["joules"], without["plan"]["joules"])
        self.assertLess(with_caps["grams"], without["grams"])
        self.assertGreater(with_caps["energy_effect_grams"], 0)

    def test_one_piece_on_request(self):
        self.VALUES = [400, 100, 400, 100, 400, 100, 400, 400, 400, 400, 400, 400]
        self.assertEqual(json.loads(self.plan("--json").stdout)["plan"]["starts"], 3)
        self.assertEqual(json.loads(self.plan("--json", "--no-pause").stdout)["plan"]["starts"], 1)

    def test_an_impossible_deadline_is_refused_with_the_earliest_end(self):
        result = self.plan(deadline="2026-11-20T14:00Z", code=2)
        self.assertIn("earliest possible end is 2026-11-20T15:00Z", result.stderr)
        self.assertIn("has passed", self.plan(deadline="2026-11-20T11:00Z", code=2).stderr)

    def test_a_level_without_shape_starts_at_once(self):
        answer = json.loads(self.sched("plan", "--duration", "2h", "--deadline", "2026-11-21T00:00Z", "--zone", "FR",
                                       "--feed", "static", "--now", stamp(NOW), "--json").stdout)
        self.assertEqual(answer["plan"]["start"], "2026-11-20T12:00Z")
        self.assertFalse(answer["power_given"])

    def test_mistakes_name_the_option(self):
        self.assertIn("--energy and --power", self.plan("--power", "2kW", code=2).stderr)
        self.assertIn('--startup "ten"', self.plan("--startup", "ten", code=2).stderr)
        self.assertIn("--deadline", self.plan(deadline="noon", code=2).stderr)
        curve = self.folder / "caps.csv"
        curve.write_text("cap,speed,power\n1,1,1\n0.6,-1,0.5\n")
        self.assertIn('line 3: speed "-1"', self.plan("--caps", curve, code=2).stderr)


class Run(Sched):
    def write_from_now(self, values, step):
        start = datetime.datetime.fromtimestamp(time.time() // step * step, datetime.timezone.utc)
        return self.write_hours(values, start=start, step=step)

    def soon(self, **delta):
        return stamp(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta))

    def test_a_flat_grid_starts_at_once_and_the_exit_code_is_passed_on(self):
        result = self.sched("run", "--deadline", self.soon(hours=3), "--zone", "FR", "--feed", "static", "--",
                            "sh", "-c", "echo out; exit 7", code=7)
        self.assertEqual(result.stdout, "out\n")
        self.assertIn("latest safe start", result.stderr)
        self.assertIn("exit code 7", result.stderr)

    def test_what_it_emitted_is_said_where_the_power_is_known(self):
        path = self.write_from_now([360] * 600, 60)
        arguments = ["run", "--deadline", self.soon(hours=3), "--duration", "1min", "--zone", "DE", "--carbon", path]
        said = self.sched(*arguments, "--power", "3600kW", "--", "sleep", "2").stderr
        grams = re.search(r"carbon: ([0-9.]+) (g|kg) CO2e, \1 \2 if run at once, 21.6 kg when it was planned"
                          r"(; [0-9.]+ % by expected intensities, the rest by published ones)?"
                          r"; by the power as given, not metered", said)
        self.assertTrue(grams, said)
        emitted = float(grams[1]) * (1000 if grams[2] == "kg" else 1)
        self.assertGreater(emitted, 360 * 2 * 0.9)  # 2 s at 3600 kW are 2 kWh.
        self.assertLess(emitted, 360 * 30)
        self.assertNotIn("carbon:", self.sched(*arguments, "--", "sleep", "1").stderr)

    def test_options_of_the_command_are_its_own(self):
        result = self.sched("run", "--deadline", self.soon(hours=3), "--feed", "static", "--", "echo", "--json", "-x")
        self.assertEqual(result.stdout, "--json -x\n")

    def test_a_local_deadline_is_echoed_in_utc(self):
        result = self.sched("run", "--deadline", "18:00", "--duration", "1min", "--feed", "static", "--", "true")
        self.assertRegex(result.stderr, r"deadline \d+-\d+-\d+ 18:00 CES?T \(\d+-\d+-\d+T1[67]:00Z\)")

    def test_a_feed_that_gives_nothing_does_not_hold_the_command_up(self):
        result = self.sched("run", "--deadline", self.soon(hours=3), "--zone", "DE", "--feed", "electricitymaps", "--",
                            "echo", "ran")
        self.assertEqual(result.stdout, "ran\n")
        self.assertIn("starting at once", result.stderr)

    def test_codes_of_commands_that_cannot_run_or_are_killed(self):
        base = ["run", "--deadline", self.soon(hours=3), "--feed", "static", "--"]
        self.assertIn("not found", self.sched(*base, "no-such-program", code=127).stderr)
        self.sched(*base, "/", code=126)
        self.sched(*base, "sh", "-c", "kill -TERM $$", code=143)

    def test_ctrl_c_while_waiting_runs_nothing(self):
        path = self.write_from_now([400, 400, 100, 100, 100], 3600)
        process = self.start_program("greensched", "run", "--deadline", self.soon(hours=4), "--zone", "DE", "--carbon",
                                     path, "--", "echo", "ran", env=self.variables())
        while "plan:" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)
        self.assertEqual(process.stdout.read(), "")

    def test_ctrl_c_while_running_ends_the_command_too(self):
        process = self.start_program("greensched", "run", "--deadline", self.soon(hours=4), "--feed", "static", "--",
                                     "sh", "-c", "echo up; exec sleep 60", env=self.variables())
        self.assertEqual(process.stdout.readline(), "up\n")
        process.send_signal(signal.SIGINT)
        self.assert_exit(self.finish(process, 10), 130)

    def test_mistakes_are_found_before_waiting(self):
        self.assertIn("earliest possible end",
                      self.sched("run", "--deadline", self.soon(minutes=5), "--", "true", code=2).stderr)
        self.assertIn("--now", self.sched("run", "--deadline", "18:00", "--now", "2026-11-20T12:00Z", "--", "true",
                                          code=2).stderr)
        self.assertIn("COMMAND", self.sched("run", "--deadline", "18:00", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
