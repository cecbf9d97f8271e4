// What a keyboard and a screen reader need beside furo's own markup.
"use strict";

function makeScrollable() {
  // What scrolls sideways can be reached by the keyboard, and only that.
  for (const part of document.querySelectorAll("pre, .table-wrapper, .cell_output, .output, .docutils.container")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");
  if (!document.querySelector("h1")) {
    const title = document.createElement("h1");
    title.textContent = document.title.split(" - ")[0];
    document.querySelector("article")?.prepend(title);
  }
  // pandas leaves the corner above its index empty, as a head that heads nothing.
  for (const head of document.querySelectorAll("thead th:empty")) {
    head.replaceWith(document.createElement("td"));
  }
  makeScrollable();
});
window.addEventListener("load", makeScrollable);
window.addEventListener("resize", makeScrollable);
