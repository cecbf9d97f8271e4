"""The instructor's board as a page: it holds no secret, and asks for the key."""

from __future__ import annotations

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Board of the class</title>
<meta name="viewport" content="width=device-width">
<style>
:root{color-scheme:light dark;--text:#111;--page:#fff;--line:#767676;--stuck:#fff4d6;
--solved:#e6f4e6;--focus:#1a5fb4}
@media(prefers-color-scheme:dark){:root{--text:#eee;--page:#161616;--line:#8d8d8d;--stuck:#4a3a00;
--solved:#123d1c;--focus:#8ab4f8}}
body{font-family:system-ui,sans-serif;margin:2rem;color:var(--text);background:var(--page)}
.wide{overflow-x:auto} table{border-collapse:collapse;width:100%}
caption{text-align:left;padding:.4rem 0}
th,td{border:1px solid var(--line);padding:.4rem .6rem;text-align:left;vertical-align:top}
tr[data-state=stuck]{background:var(--stuck)} tr[data-state=solved]{background:var(--solved)}
input,button{font:inherit;padding:.3rem .6rem}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
</style></head><body><main>
<h1>Board of the class</h1>
<form id="enter"><label for="key">Instructor's key</label>
<input id="key" type="password" autocomplete="off" required> <button>Show</button></form>
<p id="summary" role="status">Nothing is shown yet.</p>
<div class="wide" role="region" aria-label="Seats" tabindex="0">
<table><caption>One row a seat</caption><thead><tr><th scope="col">Seat</th>
<th scope="col">Exercise</th><th scope="col">State</th><th scope="col">Solved</th>
<th scope="col">Checks</th><th scope="col">Hints</th><th scope="col">Stuck since</th>
<th scope="col">Seen by the last check</th></tr></thead>
<tbody id="rows"></tbody></table></div></main>
<script>
let key = "", last = "", shown = "", timer = null;
function cell(row, text) { row.insertCell().textContent = text; }
function state(told) {
  if (!told) return "not started";
  return told.stuck_since ? "stuck" : told.progress.state;
}
async function look() {
  clearTimeout(timer);
  const summary = document.getElementById("summary");
  const field = document.getElementById("key");
  let text;
  try {
    const answer = await fetch("/control/v1/progress", {headers: {"X-Control-Key": key}});
    const written = await answer.text(), seats = JSON.parse(written);
    field.setAttribute("aria-invalid", answer.status === 401);
    if (!answer.ok) throw new Error(seats.message);
    timer = setTimeout(look, 1000);
    if (written === shown) return;  // what somebody reads or has selected stays
    shown = written;
    const rows = document.createElement("tbody");
    for (const {seat, user_name, told} of seats) {
      const row = rows.insertRow(), now = told && told.progress;
      row.dataset.state = state(told);
      const head = document.createElement("th");
      head.scope = "row"; head.textContent = `${seat} ${user_name}`; row.append(head);
      cell(row, now ? `${now.exercise}. ${now.title}` : ""); cell(row, state(told));
      cell(row, now ? `${now.solved} of ${now.exercises}` : "");
      cell(row, now ? now.checks : ""); cell(row, now ? now.hints : "");
      cell(row, told && told.stuck_since ? new Date(told.stuck_since).toLocaleTimeString() : "");
      cell(row, now ? now.seen.join(" ") : "");
    }
    document.getElementById("rows").replaceChildren(...rows.children);
    const stuck = seats.filter(each => each.told && each.told.stuck_since).length;
    text = `${seats.length} seats, ${stuck} stuck.`;
  } catch (problem) {
    shown = ""; text = `The board cannot be read: ${problem.message}`;
    if (field.getAttribute("aria-invalid") !== "true") timer = setTimeout(look, 1000);
  }
  if (text !== last) summary.textContent = last = text;
}
document.getElementById("enter").addEventListener("submit", event => {
  event.preventDefault(); key = document.getElementById("key").value; look();
});
</script></body></html>
"""
"""The page; the summary is announced only when it changes."""
