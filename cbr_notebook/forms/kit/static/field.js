// One field of a form, or a button: a label, help, the control, and beside it what is wrong.
//
// What is typed goes to the kernel in messages of its own, because updates of state are held
// back while the kernel is busy and a click would overtake them. A secret goes the same way and
// is never state, so that no saved notebook holds it.

const SHOWN = 200; // more rows than anybody reads; the search finds the others
const FEW = 7; // options that anybody sees at once, without a search
const DELAY = 150; // milliseconds after the last key

function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Hand a value to the kernel. The model keeps it, too, so that a later change of something else,
// such as of what is wrong, does not bring the value before it back; of a secret it keeps nothing.
function hand(model, value) {
  if (model.get("kind") === "secret") return model.send({ type: "value", value });
  const was = model.get("value");
  model.set("value", value);
  model.send({ type: "value", value, was });
}

// What is said where nothing can be chosen.
function nothingOf(model) {
  if (!model.get("known")) return "Not known yet.";
  return model.get("placeholder") || "There is nothing to choose.";
}

function describe(control, ids, problem) {
  control.setAttribute("aria-describedby", ids.join(" "));
  control.setAttribute("aria-invalid", problem ? "true" : "false");
}

function typed(model, area) {
  const kind = model.get("kind");
  const control = area
    ? node("textarea", { rows: 3 })
    : node("input", {
        type: { number: "number", secret: "password" }[kind] ?? "text",
        autocomplete: kind === "secret" ? "new-password" : "off",
        spellcheck: "false",
        step: kind === "number" ? "1" : null,
      });
  const read = () => {
    if (kind !== "number") return control.value;
    if (control.validity.badInput) return "not a number";
    return control.value === "" ? null : Number(control.value);
  };
  let timer = null;
  const finish = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    hand(model, read());
  };
  control.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(finish, DELAY);
  });
  control.addEventListener("change", finish);
  control.addEventListener("blur", () => {
    finish();
    model.send({ type: "left" });
  });
  control.addEventListener("keydown", (event) => {
    event.stopPropagation(); // JupyterLab has commands on plain keys
    if (event.key === "Enter" && !area) {
      finish();
      model.send({ type: "enter" });
    }
  });
  const show = () => {
    control.placeholder = model.get("placeholder");
    if (kind === "secret") {
      if (!model.get("given") && focused(control) !== control) control.value = "";
      return;
    }
    const value = model.get("value");
    // What comes back while somebody types is older than what stands there.
    if (timer === null && read() !== value) control.value = value ?? "";
  };
  return { control, show };
}

function chosen(model) {
  const control = node("select");
  control.addEventListener("change", () => {
    hand(model, control.value);
    model.send({ type: "left" });
  });
  let drawn = null;
  const show = () => {
    const options = model.get("options");
    if (options !== drawn || options.length === 0) {
      drawn = options;
      const nothing = { value: "", label: nothingOf(model), disabled: true };
      control.replaceChildren(
        ...(options.length ? options : [nothing]).map((each) =>
          node(
            "option",
            { value: each.value, disabled: each.disabled },
            each.note ? `${each.label} (${each.note})` : each.label,
          ),
        ),
      );
    }
    control.value = model.get("value") ?? "";
  };
  return { control, show };
}

function ticked(model) {
  const control = node("input", { type: "checkbox" });
  control.addEventListener("change", () => {
    hand(model, control.checked);
    model.send({ type: "left" });
  });
  return { control, show: () => (control.checked = Boolean(model.get("value"))) };
}

// A list with a search, to tick any number in, or with `single` to choose one from.
function listed(model, id, single) {
  const label = model.get("label");
  const search = node("input", {
    type: "search",
    "aria-label": `Search ${label}`,
    placeholder: "Search by name",
    class: "cbr-search",
  });
  const all = node("button", { type: "button" });
  const none = node("button", { type: "button", "aria-label": `None of ${label}` }, "None");
  const rows = node("div", { class: model.get("compact") ? "cbr-side-by-side" : "cbr-rows" });
  const count = node("p", { class: "cbr-count", "aria-live": "polite" });
  const bar = node("div", { class: "cbr-bar" }, search, all, none);
  const control = node("div", {
    role: single ? "radiogroup" : "group",
    "aria-labelledby": `${id}-label`,
  });
  control.append(bar, rows, count);
  all.hidden = none.hidden = single || !model.get("bulk");
  let picked = new Set();
  const matching = () => {
    const wanted = search.value.trim().toLowerCase();
    return model
      .get("options")
      .filter((each) => `${each.label} ${each.note}`.toLowerCase().includes(wanted));
  };
  const finish = () => {
    const order = model.get("options").map((each) => each.value);
    const values = order.filter((value) => picked.has(value));
    hand(model, single ? (values[0] ?? null) : values);
    model.send({ type: "left" });
  };
  const tell = () => {
    const options = model.get("options");
    const found = matching().length;
    count.textContent =
      options.length === 0
        ? nothingOf(model)
        : (single
            ? `${options.length} to choose from`
            : `${picked.size} of ${options.length} chosen`) +
          (found > SHOWN ? `; the first ${SHOWN} of ${found} are shown, search for others` : "") +
          (found === 0 ? "; nothing matches the search" : "");
    const few = options.length <= FEW;
    all.textContent = few ? "All" : "All shown";
    all.setAttribute("aria-label", `${all.textContent} of ${label}`);
    search.hidden = few;
    bar.hidden = few && (single || options.length < 2 || !model.get("bulk"));
  };
  let drawn = null;
  const draw = () => {
    const disabled = model.get("disabled");
    if (model.get("options").length <= FEW) search.value = ""; // it cannot be seen
    drawn = { options: model.get("options"), disabled };
    const here = focused(rows);
    const kept = rows.contains(here) && here.value;
    rows.replaceChildren(
      ...matching()
        .slice(0, SHOWN)
        .map((each, at) => {
          const box = node("input", {
            type: single ? "radio" : "checkbox",
            name: single ? id : null,
            id: `${id}-${at}`,
            value: each.value,
            disabled: each.disabled || disabled,
            "aria-describedby": each.note ? `${id}-${at}-note` : null,
          });
          box.addEventListener("change", () => {
            if (single) picked.clear();
            box.checked ? picked.add(each.value) : picked.delete(each.value);
            finish();
          });
          const name = node("label", { for: `${id}-${at}` }, each.label);
          const row = node("div", { class: "cbr-row" }, box, name);
          if (each.note) {
            row.append(node("span", { id: `${id}-${at}-note`, class: "cbr-note" }, each.note));
          }
          return row;
        }),
    );
    mark();
    // A list without a row that takes the focus is scrolled by keys itself.
    rows.tabIndex = boxes().some((box) => !box.disabled) ? -1 : 0;
    if (kept) boxes().find((box) => box.value === kept)?.focus();
  };
  const boxes = () => [...rows.querySelectorAll("input")];
  const mark = () => {
    for (const box of boxes()) box.checked = picked.has(box.value);
    tell();
  };
  search.addEventListener("input", draw);
  search.addEventListener("keydown", (event) => event.stopPropagation());
  all.addEventListener("click", () => {
    matching()
      .filter((each) => !each.disabled)
      .forEach((each) => picked.add(each.value));
    finish();
  });
  none.addEventListener("click", () => {
    picked.clear();
    finish();
  });
  const show = () => {
    const value = model.get("value");
    picked = new Set(single ? (value == null ? [] : [value]) : (value ?? []));
    const disabled = model.get("disabled");
    for (const each of [search, all, none]) each.disabled = disabled;
    model.get("options") === drawn?.options && disabled === drawn.disabled ? mark() : draw();
  };
  return { control, show };
}

// For each of several things one of its own options, such as the disk that a backup goes to.
function paired(model, id) {
  const rows = node("div", { class: "cbr-rows" });
  const control = node("div", { role: "group", "aria-labelledby": `${id}-label` }, rows);
  const finish = () => {
    const selects = [...rows.querySelectorAll("select")];
    hand(model, Object.fromEntries(selects.map((each) => [each.dataset.of, each.value])));
    model.send({ type: "left" });
  };
  let drawn = null;
  const show = () => {
    const options = model.get("options");
    if (options !== drawn) {
      drawn = options;
      rows.replaceChildren(
        ...options.map((each, at) => {
          const select = node(
            "select",
            { id: `${id}-${at}`, "data-of": each.value },
            ...each.choices.map((one) => node("option", { value: one.value }, one.label)),
          );
          select.addEventListener("change", finish);
          const label = node("label", { for: `${id}-${at}` }, each.label);
          return node("div", { class: "cbr-row cbr-pair" }, label, select);
        }),
      );
    }
    for (const select of rows.querySelectorAll("select")) {
      const value = model.get("value"); // none: as offered
      const offered = model.get("options").find((each) => each.value === select.dataset.of);
      select.value = value === null ? offered.usual : (value[select.dataset.of] ?? "");
      select.disabled = model.get("disabled");
    }
  };
  return { control, show };
}

// Rows of two texts, such as tags: each can be edited and removed, and new ones added.
function entered(model, id) {
  const names = model.get("columns");
  const noun = model.get("noun");
  const rows = node("div", { class: "cbr-rows" });
  const add = node("button", { type: "button" }, `Add ${noun}`);
  const control = node("div", { role: "group", "aria-labelledby": `${id}-label` }, rows, add);
  let timer = null;
  const read = () =>
    [...rows.children].map((row) => [...row.querySelectorAll("input")].map((box) => box.value));
  const finish = () => {
    clearTimeout(timer);
    timer = null;
    hand(model, read());
  };
  const renumber = () => {
    [...rows.children].forEach((row, at) => {
      [...row.querySelectorAll("input")].forEach((box, column) =>
        box.setAttribute("aria-label", `${names[column]} ${at + 1}`),
      );
      row.querySelector("button").setAttribute("aria-label", `Remove ${noun} ${at + 1}`);
    });
  };
  const append = (values) => {
    const boxes = values.map((value, column) => {
      const box = node("input", { type: "text", placeholder: names[column], autocomplete: "off" });
      box.value = value;
      box.addEventListener("keydown", (event) => event.stopPropagation());
      box.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(finish, DELAY);
      });
      box.addEventListener("change", finish);
      return box;
    });
    const remove = node("button", { type: "button" }, "Remove");
    const row = node("div", { class: "cbr-row cbr-pair" }, ...boxes, remove);
    remove.addEventListener("click", () => {
      row.remove();
      renumber();
      finish();
      add.focus();
    });
    rows.append(row);
    renumber();
    return boxes[0];
  };
  add.addEventListener("click", () => {
    append(names.map(() => "")).focus();
    finish();
  });
  const show = () => {
    const wanted = model.get("value") ?? [];
    if (timer === null && JSON.stringify(read()) !== JSON.stringify(wanted)) {
      rows.replaceChildren();
      wanted.forEach(append);
    }
  };
  return { control, show };
}

function button(model) {
  const control = node("button", { type: "button", class: "cbr-button" });
  // Not `disabled`: the focus would be lost, and with it the place of whoever uses keys.
  control.addEventListener("click", () => {
    if (!model.get("disabled")) model.send({ type: "click" });
  });
  return {
    control,
    show: () => {
      control.textContent = model.get("label");
      control.classList.toggle("cbr-primary", model.get("look") !== "");
      control.classList.toggle("cbr-danger", model.get("look") === "danger");
      control.setAttribute("aria-disabled", String(model.get("disabled")));
      control.setAttribute("aria-busy", String(model.get("busy")));
    },
  };
}

function drawControl({ model: widget, el }) {
  const model = inOrder(widget, el);
  // Not counted: every form has a copy of this module of its own.
  const id = `cbr-field-${Math.random().toString(36).slice(2)}`;
  const kind = model.get("kind");
  const group = ["choices", "pick", "pairs", "entries"].includes(kind);
  const made = {
    button: () => button(model),
    choice: () => chosen(model),
    choices: () => listed(model, id, false),
    pick: () => listed(model, id, true),
    pairs: () => paired(model, id),
    entries: () => entered(model, id),
    check: () => ticked(model),
  }[kind];
  const { control, show } = made ? made() : typed(model, kind === "area");
  let update = show;
  if (kind === "button") {
    el.append(control);
  } else {
    const label =
      group
        ? node("span", { id: `${id}-label`, class: "cbr-label" })
        : node("label", { id: `${id}-label`, for: id, class: "cbr-label" });
    const help = node("p", { id: `${id}-help`, class: "cbr-help" });
    const problem = node("p", { id: `${id}-problem`, class: "cbr-problem", "aria-live": "polite" });
    if (!group) control.id = id;
    const field = node("div", { class: `cbr-field cbr-${kind}`, "data-name": model.get("name") });
    // Beside the label, not in it: a control is found by its name.
    const optional = node("span", { class: "cbr-optional" });
    const head = node("div", {}, label, optional);
    field.append(...(kind === "check" ? [control, head] : [head, control]), help, problem);
    el.append(field);
    if (group || kind === "area") el.classList.add("cbr-wide");
    update = () => {
      label.textContent = model.get("label");
      help.textContent = model.get("help");
      help.hidden = !model.get("help");
      if (problem.textContent !== model.get("problem")) problem.textContent = model.get("problem");
      describe(control, [help.id, problem.id], model.get("problem"));
      // Of one question among others it is said which need no answer; of what has to be accepted, all.
      optional.textContent = model.get("required") ? "required" : "optional";
      optional.hidden =
        ["check", "choice", "pairs", "entries"].includes(kind) ||
        (model.get("required") && model.get("bulk"));
      if (!group) control.disabled = model.get("disabled");
      if (kind !== "check" && !group) {
        control.toggleAttribute("required", model.get("required"));
      }
      show();
    };
  }
  const redraw = () => {
    el.hidden = model.get("hidden");
    el.style.display = model.get("hidden") ? "none" : "";
    update();
  };
  const drawn = deferWhilePressed(redraw);
  const focus = () => (group ? control.querySelector(":enabled") : control)?.focus();
  model.on("change", drawn.draw);
  model.on("change:focused", focus);
  redraw();
  return () => {
    model.off("change", drawn.draw);
    model.off("change:focused", focus);
    drawn.stop();
  };
}
