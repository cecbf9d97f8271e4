"""The instructor's board as a page: it holds no secret, and asks for the key."""

from __future__ import annotations

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Board of the class</title>
<meta name="viewport" content="width=device-width">
<style>
body{font-family:system-ui,sans-serif;margin:2rem;color:#111;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #767676;padding:.4rem .6rem;text-align:left}
tr[data-state=stuck]{background:#fff4d6} tr[data-state=solved]{background:#e6f4e6}
:focus{outline:3px solid #1a5fb4;outline-offset:2px}
</style></head><body>
<h1>Board of the class</h1>
<form id="enter"><label for="key">Instructor's key</label>
<input id="key" type="password" autocomplete="off" required> <button>Show</button></form>
<p id="summary" role="status">Nothing is shown yet.</p>
<table><caption>One row a seat</caption><thead><tr><th scope="col">Seat</th>
<th scope="col">Exercise</th><th scope="col">State</th><th scope="col">Solved</th>
<th scope="col">Checks</th><th scope="col">Hints</th><th scope="col">Stuck since</th>
<th scope="col">Seen by the last check</th></tr></thead>
<tbody id="rows"></tbody></table>
<script>
let key = "", last = "", timer = null;
function cell(row, text) { row.insertCell().textContent = text; }
function state(told) {
  if (!told) return "not started";
  return told.stuck_since ? "stuck" : told.progress.state;
}
async function look() {
  clearTimeout(timer);
  const summary = document.getElementById("summary");
  let text;
  try {
    const answer = await fetch("/control/v1/progress", {headers: {"X-Control-Key": key}});
    const seats = await answer.json();
    if (!answer.ok) throw new Error(seats.message);
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
    timer = setTimeout(look, 1000);
  } catch (problem) { text = `The board cannot be read: ${problem.message}`; }
  if (text !== last) summary.textContent = last = text;
}
document.getElementById("enter").addEventListener("submit", event => {
  event.preventDefault(); key = document.getElementById("key").value; look();
});
</script></body></html>
"""
"""The page; the summary is announced only when it changes."""
