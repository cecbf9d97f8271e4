// Search and sort what is on the page; a click on an ID copies it. Without this the table stays.
(() => {
  const box = document.currentScript?.parentElement;
  const body = box?.querySelector("tbody");
  if (!body || box.querySelector(".bar")) return;
  const rows = [...body.rows];
  for (const cell of body.querySelectorAll("td.i, td.l")) cell.title = cell.textContent;
  const bar = document.createElement("div");
  bar.className = "bar";
  const search = document.createElement("input");
  search.type = "search";
  const name = box.querySelector(".scroll").getAttribute("aria-label");
  search.placeholder = "Search";
  search.setAttribute("aria-label", `Search ${name}`);
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  bar.append(search, count);
  if (rows.length > 1) box.prepend(bar);
  for (const kind of ["keydown", "keypress", "keyup"]) search.addEventListener(kind, e => e.stopPropagation());
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      found += !row.hidden;
    }
    count.textContent = words.length ? `${found} of ${rows.length} rows on this page` : "";
  });
  const key = (row, at) => {
    const cell = row.cells[at];
    if (cell.classList.contains("m")) return null;
    const text = cell.dataset.v ?? (cell.title || cell.textContent);
    return text === "inf" ? Infinity : text !== "" && !isNaN(text) ? Number(text) : text.toLowerCase();
  };
  const heads = [...box.querySelectorAll("thead th")];
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(each => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sorted = rows.map((row, place) => [key(row, at), place, row]).sort(([a, i], [b, j]) => {
        if (a === null || b === null) return (a === null) - (b === null) || i - j;
        const order = typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
        return (down ? -order : order) || i - j;
      });
      body.append(...sorted.map(each => each[2]));
    });
  });
  body.addEventListener("click", event => {
    const cell = event.target.closest("td.i");
    if (!cell) return;
    navigator.clipboard?.writeText(cell.textContent).then(() => { count.textContent = `Copied ${cell.textContent}`; }, () => {});
  });
})();
