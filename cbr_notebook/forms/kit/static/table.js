// Beside a table of itables, which draws itself: what a screen reader needs to know of it.
//
// Each table comes with a copy of the same library, which numbers its parts from 0. So two tables
// on a page would have the same ids, and a label would lead to the other table's search.

const NUMBERED = /^(DataTables_Table_|dt-search-)\d/;
const NAMING = ["id", "for", "aria-controls", "aria-describedby"];

function drawNames({ model, el }) {
  const own = `cbr-${Math.random().toString(36).slice(2)}-`;
  el.hidden = true;

  // Writes only what is not so already: every change is seen by the observer again.
  const put = (node, name, value) => {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  };
  const mend = (box) => {
    for (const name of NAMING) {
      for (const node of box.querySelectorAll(`[${name}]`)) {
        const value = node.getAttribute(name);
        if (NUMBERED.test(value)) node.setAttribute(name, own + value);
      }
    }
    const label = model.get("label");
    for (const table of box.querySelectorAll("table")) {
      if (!table.caption) table.createCaption().textContent = label;
    }
    for (const search of box.querySelectorAll(".dt-search input")) {
      put(search, "aria-label", `Search ${label}`);
    }
    for (const row of box.querySelectorAll("tbody > tr[tabindex]")) {
      put(row, "aria-selected", String(row.classList.contains("selected")));
    }
    for (const part of box.querySelectorAll(".dt-layout-table > div")) {
      part.classList.toggle("cbr-cut-off", part.scrollWidth > part.clientWidth + 1);
    }
  };

  // A widget is drawn before it is on the page, beside the table.
  let frame = requestAnimationFrame(function place() {
    const box = el.closest(".cbr-table");
    if (!box) {
      frame = requestAnimationFrame(place);
      return;
    }
    seen.observe(box, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ["class", "tabindex", ...NAMING],
    });
    sized.observe(box);
    mend(box);
  });
  const again = () => {
    const box = el.closest(".cbr-table");
    if (box) mend(box);
  };
  const seen = new MutationObserver(again);
  const sized = new ResizeObserver(again);

  return () => {
    cancelAnimationFrame(frame);
    seen.disconnect();
    sized.disconnect();
  };
}
