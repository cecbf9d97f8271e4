// A part of a form that shows something: headings, summaries, results, lists that change.
//
// It is a live region from the start, so that a screen reader tells what comes into it. When it
// is drawn anew, what stood open stays open, and whoever was on a button stays there.

// Keys that are pressed in a form are the form's own. JupyterLab has commands on plain keys, and
// leaves out only the element that says so itself: whatever gets the focus is made to say it.
function ownKeys(form) {
  form.addEventListener("focusin", (event) =>
    event.target.setAttribute("data-lm-suppress-shortcuts", "true"),
  );
}

// The second half of a double click is meant for what the first half met. What came in its place
// is not pressed by it.
function oneAtATime(form) {
  const control = (target) =>
    target.closest("label")?.control ?? target.closest("button, input, summary, a");
  let first = null;
  form.addEventListener(
    "click",
    (event) => {
      const met = control(event.target);
      if (event.detail > 1 && met !== first) {
        event.preventDefault();
        event.stopPropagation();
      } else {
        first = met;
      }
    },
    true,
  );
}

// What a form is given once, by whichever of its parts is there first.
function settle(form) {
  if (!form || form.dataset.settled) return;
  form.dataset.settled = "yes";
  ownKeys(form);
  oneAtATime(form);
}

// A form that was opened by a button of the form around it comes into view, with the focus, so
// that whoever pressed the button sees it and goes on there.
function arrive(form, head) {
  const before = form?.parentElement?.closest(".cbr-form");
  if (!head || before?.dataset.next !== "asked for") return;
  delete before.dataset.next;
  head.focus({ preventScroll: true });
  const show = () => {
    form.scrollIntoView({ block: "nearest" });
    head.scrollIntoView({ block: "nearest" });
  };
  show();
  // Both forms grow while they are filled, which moves the page: follow until somebody acts.
  const grown = new ResizeObserver(() => focused(head) === head && show());
  const stop = () => {
    grown.disconnect();
    for (const each of acts) window.removeEventListener(each, stop, true);
  };
  const acts = ["wheel", "pointerdown", "keydown", "touchstart"];
  for (const each of acts) window.addEventListener(each, stop, true);
  grown.observe(form);
  grown.observe(before);
  setTimeout(stop, 5000);
}

// A form whose kernel is gone looks as before, but nothing that is done to it is heard: it says so.
function tellWhenGone(widget, el) {
  const id = widget.get("own_id");
  if (!id || !widget.widget_manager?.get_model) return () => {};
  const note = document.createElement("p");
  note.className = "cbr-gone";
  note.setAttribute("role", "alert");
  el.append(note);
  let model = null;
  const tell = () => {
    note.textContent = model.comm_live
      ? ""
      : "The kernel of this form is gone: nothing that you do here is heard. Run its cell again.";
  };
  widget.widget_manager.get_model(id).then((found) => {
    model = found;
    if (!("comm_live" in model)) return; // a page that does not know
    model.on("comm_live_update", tell);
    tell();
  });
  return () => model?.off?.("comm_live_update", tell);
}

// The copy for a saved notebook is of no use while the form itself is there: neither for the eye
// (the style hides it) nor for whoever searches the page. The notebook keeps it all the same.
function emptyCopies(area) {
  if (!area) return { disconnect: () => {} };
  const empty = () => area.querySelectorAll(".cbr-saved").forEach((copy) => copy.replaceChildren());
  const copies = new MutationObserver(empty);
  copies.observe(area, { childList: true, subtree: true });
  empty();
  return copies;
}

function drawPanel({ model: widget, el }) {
  const model = inOrder(widget, el);
  const region = document.createElement("div");
  region.className = `cbr-region ${model.get("look")}`;
  const live = model.get("live");
  if (live) region.setAttribute("role", live);
  el.append(region);
  // A region is drawn before it is on the page; once it has a size, it is there.
  let copies = null;
  const placed = new ResizeObserver(() => {
    if (widget.get("own_id")) copies ??= emptyCopies(el.closest(".jp-OutputArea"));
    settle(el.closest(".cbr-form"));
    arrive(el.closest(".cbr-form"), region.querySelector("h3"));
  });
  placed.observe(el);

  const draw = () => {
    const open = new Set(
      [...region.querySelectorAll("details[data-key]")]
        .filter((each) => each.open)
        .map((each) => each.dataset.key),
    );
    const here = focused(region);
    const within = region.contains(here);
    const at = within && here.closest("[data-key]")?.dataset.key;
    const empty = model.get("html") === "";
    // A live region has to be there before something comes into it, or nobody tells that.
    if (live) el.classList.toggle("cbr-unseen", empty);
    else el.hidden = empty;
    region.innerHTML = model.get("html");
    for (const each of region.querySelectorAll("details[data-key]")) {
      if (open.has(each.dataset.key)) each.open = true;
    }
    if (within) goOn(at && region.querySelector(`[data-key="${CSS.escape(at)}"]`));
  };

  // Whoever was here stays here: where they were, or else at what has come in its place.
  const goOn = (again) => {
    const place = again?.matches("details") ? again.querySelector("summary") : again;
    if (place) return place.focus();
    if (model.get("html") === "") {
      return el.closest(".cbr-form")?.querySelector("h3")?.focus({ preventScroll: true });
    }
    region.tabIndex = -1;
    region.focus();
  };

  region.addEventListener("click", async (event) => {
    const act = event.target.closest("[data-act]");
    if (act && act.getAttribute("aria-disabled") !== "true") {
      model.send({ type: "act", act: act.dataset.act, of: act.dataset.of ?? "" });
      if (act.dataset.act === "open") el.closest(".cbr-form").dataset.next = "asked for";
    }
    const goal = event.target.closest("[data-goal]");
    if (goal) {
      const field = el.closest(".cbr-form").querySelector(`[data-name="${goal.dataset.goal}"]`);
      field?.querySelector(":is(input, select, textarea, button):enabled:not([hidden])")?.focus();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const code = region.querySelector(copy.dataset.copy);
      const said = copy.textContent;
      try {
        await navigator.clipboard.writeText(code.textContent);
        copy.textContent = "Copied";
      } catch {
        // Without the right to write to the clipboard: selected, one key away.
        window.getSelection().selectAllChildren(code);
        copy.textContent = "Selected: press Ctrl+C";
      }
      setTimeout(() => (copy.textContent = said), 2000);
    }
  });

  const save = (message) => {
    if (message.type !== "file") return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([message.text], { type: "application/octet-stream" }));
    link.download = message.name;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  // The focus goes to what is marked as where somebody is.
  const focus = () => {
    const goal = region.querySelector("[aria-current]") ?? region;
    goal.tabIndex = -1;
    goal.focus();
  };

  const drawn = deferWhilePressed(draw);
  model.on("change:html", drawn.draw);
  model.on("change:focused", focus);
  model.on("msg:custom", save);
  draw();
  const forget = tellWhenGone(widget, el);
  return () => {
    forget();
    placed.disconnect();
    copies?.disconnect();
    model.off("change:html", drawn.draw);
    drawn.stop();
    model.off("change:focused", focus);
    model.off("msg:custom", save);
  };
}
