// Sorting, filtering and saving of tables; the page is complete without it.
"use strict";
(() => {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const say = document.getElementById("spoken");
  const FILTER_FROM = 12;  // rows
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  // Machine value of a numeric cell: data-value, else its text; null where there is none.
  function valueOf(cell) {
    const text = cell.dataset.value ?? cell.textContent;
    const value = text.trim() === "" ? NaN : Number(text);
    return Number.isNaN(value) ? null : value;
  }

  const nothing = (value) => value === null || value === "" || String(value).startsWith("n/a");

  // Cells without a value come last in either direction.
  function compare(a, b, numeric, sign) {
    const x = numeric ? valueOf(a) : a.textContent.trim();
    const y = numeric ? valueOf(b) : b.textContent.trim();
    const noX = nothing(x), noY = nothing(y);
    if (noX || noY) return noX - noY;
    return sign * (numeric ? x - y : collator.compare(x, y));
  }

  function sort(table, rows, heading, index) {
    const order = NEXT[heading.getAttribute("aria-sort")];
    for (const other of table.tHead.rows[0].cells)
      if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", order);
    const numeric = heading.classList.contains("number"), sign = order === "descending" ? -1 : 1;
    const sorted = order === "none" ? rows : [...rows].sort(
      (a, b) => compare(a.cells[index], b.cells[index], numeric, sign));
    table.tBodies[0].append(...sorted);
    const name = heading.textContent.trim();
    say.textContent = order === "none" ? "Rows in their first order." : `Sorted by ${name}, ${order}.`;
  }

  function sortable(table, rows) {
    [...table.tHead.rows[0].cells].forEach((heading, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      heading.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sort(table, rows, heading, index));
    });
  }

  function csvText(table) {
    const quoted = (text) => /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    return [...table.rows].filter((row) => !row.hidden).map((row) =>
      [...row.cells].map((cell) => quoted(cell.textContent.trim())).join(",")).join("\n") + "\n";
  }

  function save(table) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csvText(table)], { type: "text/csv" }));
    link.download = (table.caption.textContent.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "").slice(0, 60) || "table") + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // Rows that hold every typed word stay.
  function filter(rows, text, count) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of rows) {
      const held = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => held.includes(word));
      left += !row.hidden;
    }
    count.textContent = words.length ? `${left} of ${rows.length} rows` : "";
  }

  function tools(table, rows) {
    const bar = document.createElement("div");
    bar.className = "tools";
    if (rows.length >= FILTER_FROM) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      const count = document.createElement("span");
      box.type = "search";
      box.autocomplete = "off";
      label.append("Only rows with ", box);
      count.setAttribute("role", "status");
      box.addEventListener("input", () => filter(rows, box.value, count));
      bar.append(label, count);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Save as CSV";
    button.setAttribute("aria-label", `Save as CSV: ${table.caption.textContent.trim()}`);
    button.addEventListener("click", () => save(table));
    bar.append(button);
    const box = table.closest(".scroll");
    if (rows.length >= FILTER_FROM) box.before(bar);
    else box.after(bar);
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length > 1) sortable(table, rows);
    tools(table, rows);
  }

  // Folded parts are open on paper, but those that are too long for it.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open]):not(.long)")];
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));

  // A link to something inside a folded part opens it.
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    for (let part = target && target.closest("details"); part; part = part.parentElement.closest("details"))
      part.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();
  document.documentElement.dataset.script = "on";
})();
