// Sorting, filtering and paging of the tables of this page. Without it every row is shown, in the order of the figure.
"use strict";
const PAGE = 100;
for (const box of document.querySelectorAll("[data-table]")) {
  const table = box.querySelector("table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const controls = box.querySelector(".controls");
  const text = controls.querySelector("input");
  const picks = Array.from(controls.querySelectorAll("select"));
  const status = controls.querySelector("[role=status]");
  const [before, after] = controls.querySelectorAll(".pager button");
  let order = rows.slice();
  let page = 0;

  const show = () => {
    const words = text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) =>
      words.every((word) => row.textContent.toLowerCase().includes(word)) &&
      picks.every((pick) => pick.value === "" || row.cells[Number(pick.dataset.column)].textContent.trim() === pick.value);
    const found = order.filter(fits);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(page, pages - 1);
    for (const row of rows) { row.classList.add("out"); row.classList.remove("away"); }
    found.forEach((row, number) => {
      row.classList.remove("out");
      row.classList.toggle("away", Math.floor(number / PAGE) !== page);
    });
    const first = found.length === 0 ? 0 : page * PAGE + 1;
    const last = Math.min(found.length, (page + 1) * PAGE);
    status.textContent = `rows ${first} to ${last} of ${found.length}` +
      (found.length === rows.length ? "" : `, out of ${rows.length}`);
    before.disabled = page === 0;
    after.disabled = page === pages - 1;
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key ?? cell.textContent.trim();
  };
  const headings = Array.from(table.tHead.rows[0].cells);
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.textContent = "";
    heading.append(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of headings) { other.removeAttribute("aria-sort"); }
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const numeric = heading.classList.contains("n");
      const compare = (one, other) => {
        const [a, b] = [key(one, column), key(other, column)];
        if (!numeric) { return a < b ? -1 : a > b ? 1 : 0; }
        return (a === "" ? -Infinity : Number(a.replaceAll(",", ""))) - (b === "" ? -Infinity : Number(b.replaceAll(",", "")));
      };
      order = rows.slice().sort((one, other) => (down ? -compare(one, other) : compare(one, other)));
      body.append(...order);
      page = 0;
      show();
    });
  });
  text.addEventListener("input", () => { page = 0; show(); });
  for (const pick of picks) { pick.addEventListener("change", () => { page = 0; show(); }); }
  before.addEventListener("click", () => { page -= 1; show(); });
  after.addEventListener("click", () => { page += 1; show(); });
  controls.hidden = false;
  show();
}
// a reason or a source in a summary picks its rows below
for (const link of document.querySelectorAll("a[data-pick]")) {
  link.addEventListener("click", () => {
    const wanted = document.querySelector(`#evidence select[data-column="${link.dataset.column}"]`);
    for (const field of document.querySelectorAll("#evidence .controls select, #evidence .controls input")) {
      field.value = field === wanted ? link.dataset.pick : "";
    }
    wanted?.dispatchEvent(new Event("change"));
  });
}
