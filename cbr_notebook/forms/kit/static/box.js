// A form, and the boxes in it: draws all their parts, so that one script and one style serve all.
//
// A part is a model without a script of its own, which says by `part` what draws it. A table of
// another library has a script, and draws itself.

const PARTS = { form: drawForm, box: drawBox, control: drawControl, panel: drawPanel, names: drawNames };
const seen = new Map(); // how often a part is on this page, by its reference

// Tell the kernel whether a part is on a page, if that is of use to it.
function count(model, ref, more) {
  if (model.get("_view_count") == null) return;
  seen.set(ref, (seen.get(ref) ?? 0) + more);
  model.set("_view_count", seen.get(ref));
  try {
    model.save_changes();
  } catch {
    // The form was closed: nobody is there to hear it.
  }
}

function drawPart(ref, host) {
  const el = document.createElement("div");
  const gone = new AbortController();
  const draw = async () => {
    const model = await host.getModel(ref);
    if (gone.signal.aborted) return;
    const own = PARTS[model.get("part")];
    if (!own) return (await host.getWidget(ref)).render({ el, signal: gone.signal });
    const stop = own({ model, el, host });
    count(model, ref, 1);
    gone.signal.addEventListener("abort", () => {
      stop();
      count(model, ref, -1);
    });
  };
  draw().catch((problem) => gone.signal.aborted || console.error(problem));
  return {
    el,
    stop: () => {
      gone.abort();
      el.remove();
    },
  };
}

function drawBox({ model, el, host }) {
  const parts = new Map();
  el.classList.add("cbr-box");
  if (model.get("look")) el.classList.add(model.get("look"));
  const draw = () => {
    el.hidden = model.get("hidden");
    const wanted = model.get("children");
    for (const [ref, part] of parts) {
      if (wanted.includes(ref)) continue;
      part.stop();
      parts.delete(ref);
    }
    wanted.forEach((ref, at) => {
      if (!parts.has(ref)) parts.set(ref, drawPart(ref, host));
      const part = parts.get(ref).el;
      if (el.children[at] !== part) el.insertBefore(part, el.children[at] ?? null);
    });
  };
  model.on("change:children", draw);
  model.on("change:hidden", draw);
  draw();
  return () => {
    model.off("change:children", draw);
    model.off("change:hidden", draw);
    for (const part of parts.values()) part.stop();
  };
}

// JupyterLab says in its page whether it is dark, which the style knows; so do others, elsewhere.
function followTheme(el) {
  const { body, documentElement: root } = document;
  const look = () => {
    const dark = [root, body].some((each) => /(^|\s)(dark|vscode-dark)(\s|$)/.test(each.className));
    const own = body.dataset.jpThemeLight;
    el.classList.toggle("cbr-dark", own ? own === "false" : dark);
    el.classList.toggle("cbr-own-colours", !own);
  };
  const changed = new MutationObserver(look);
  for (const each of [root, body]) {
    changed.observe(each, { attributeFilter: ["class", "data-jp-theme-light"] });
  }
  look();
  return changed;
}

function drawForm({ model, el, host }) {
  const theme = followTheme(el);
  const stop = drawBox({ model, el, host });
  return () => {
    theme.disconnect();
    stop();
  };
}

export default { render: drawForm };
