"use strict";
// Rows are drawn as they come into view: a page of 10,000 items is there at once. All text goes in as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const AT_ONCE = 100;
  const STATES = ["succeeded", "failed", "running", "waiting", "cancelled"];
  const COLUMNS = [
    { key: "number", title: "No.", kind: "n" },
    { key: "id", title: "Item", kind: "t" },
    { key: "state", title: "State", kind: "t" },
    { key: "ia", title: "IA", kind: "n", digits: 3 },
    { key: "ta", title: "TA", kind: "n", digits: 3 },
    { key: "like", title: "Like it", kind: "n", digits: 3 },
    { key: "plain", title: "Any other", kind: "n", digits: 3 },
    { key: "seconds", title: "Seconds", kind: "n", digits: 1 },
    { key: "attempts", title: "Attempts", kind: "n" },
    { key: "words", title: "What there is to say", kind: "w" },
  ];
  const items = data.items.map((row) => {
    const item = {};
    data.fields.forEach((field, i) => { item[field] = row[i]; });
    item.words = item.error ?? (item.notes.length > 0 ? item.notes[0] : null);
    item.found = [item.id, item.error, item.hint, item.job, ...item.notes].filter(Boolean).join("\n").toLowerCase();
    return item;
  });

  // A column in which no item has anything to say only takes room: metrics of runs that draw no pictures, reasons where nothing failed.
  const columns = COLUMNS.filter((column) => column.key !== "attempts" ? items.some((item) => item[column.key] !== null) : items.some((item) => item.attempts > 1));

  const byId = (id) => document.getElementById(id);
  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== null && text !== undefined) { element.textContent = text; }
    if (className) { element.className = className; }
    return element;
  };
  const shown = (value, digits) => (value === null ? "" : digits === undefined ? String(value) : value.toFixed(digits));
  const address = (template, item) =>
    template === null || item.state !== "succeeded"
      ? null
      : template.replaceAll("{id}", encodeURIComponent(item.id)).replaceAll("{job}", encodeURIComponent(item.job ?? ""));

  // The numbers at the top.
  const mean = (key) => {
    const values = items.map((item) => item[key]).filter((value) => value !== null);
    if (values.length === 0) { return null; }
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, values.length - 1));
    return { average, deviation };
  };
  const tile = (name, value, small, className) => {
    const box = make("div");
    box.append(make("dt", name));
    const text = make("dd", value, className);
    if (small) { text.append(make("small", small)); }
    box.append(text);
    byId("tiles").append(box);
  };
  tile("Items", items.length.toLocaleString("en"), data.items.length < data.planned ? `of ${data.planned.toLocaleString("en")}` : null);
  for (const state of STATES) {
    const count = items.filter((item) => item.state === state).length;
    if (count > 0 || state === "succeeded" || state === "failed") {
      tile(state[0].toUpperCase() + state.slice(1), count.toLocaleString("en"), null, count > 0 ? state : "muted");
    }
  }
  for (const [key, title] of [["ia", "IA, mean"], ["ta", "TA, mean"], ["like", "Like it, mean"], ["plain", "Any other, mean"]]) {
    const value = mean(key);
    if (value) { tile(title, value.average.toFixed(3), `± ${value.deviation.toFixed(3)}`); }
  }

  // Why items failed, the commonest reason first; sentences that differ by a file's name alone are one.
  const MOST_REASONS = 10;
  const reasons = new Map();
  for (const item of items) {
    if (item.error !== null) {
      const reason = item.error.replaceAll(item.id, "…").replace(/\S*[\\/]\S*/g, "…");
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  if (reasons.size > 0) {
    const list = byId("reasons").querySelector("ul");
    const sorted = [...reasons].sort((a, b) => b[1] - a[1]);
    for (const [sentence, count] of sorted.slice(0, MOST_REASONS)) {
      const line = make("li");
      const which = make("button", count.toLocaleString("en"));
      which.type = "button";
      which.title = "Show the items that have failed";
      which.addEventListener("click", () => {
        byId("state").value = "failed";
        [byId("search").value, asSheets] = ["", false];
        refresh();
        byId("items").scrollIntoView();
      });
      line.append(which, make("span", sentence));
      list.append(line);
    }
    if (sorted.length > MOST_REASONS) { byId("reasons").append(make("p", `And ${(sorted.length - MOST_REASONS).toLocaleString("en")} other reasons; they are below.`, "muted")); }
    byId("reasons").hidden = false;
  }

  // The items: filtered, sorted, drawn bit by bit.
  let [sortKey, up, asSheets, drawn] = ["number", true, false, 0];
  let view = items;
  const head = byId("head");
  for (const column of columns) {
    const cell = make("th", null, column.kind);
    cell.scope = "col";
    cell.dataset.key = column.key;
    const button = make("button", column.title);
    button.type = "button";
    button.addEventListener("click", () => {
      [sortKey, up] = [column.key, sortKey === column.key ? !up : true];
      refresh();
    });
    cell.append(button);
    head.append(cell);
  }
  if (data.links.sheet !== null) { head.append(make("th", "Pictures", "muted")); }

  const collator = new Intl.Collator("en", { numeric: true });
  const compare = (a, b) => {
    const [x, y] = [a[sortKey], b[sortKey]];
    if (x === null || y === null) { return x === y ? a.number - b.number : x === null ? 1 : -1; }
    const order = typeof x === "number" ? x - y : collator.compare(x, y);
    return order === 0 ? a.number - b.number : up ? order : -order;
  };

  const picture = (item) => {
    const source = address(data.links.sheet, item);
    if (source === null) { return null; }
    const image = document.createElement("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = `Pictures of ${item.id}`;
    image.addEventListener("error", () => { image.hidden = true; });
    image.src = source;
    const link = document.createElement("a");
    link.href = source;
    link.append(image);
    return link;
  };
  const title = (item) => {
    const report = address(data.links.report, item);
    if (report === null) { return make("span", item.id); }
    const link = make("a", item.id);
    link.href = report;
    return link;
  };
  const words = (item) => {
    const cell = make("td", item.error, "w");
    for (const more of [item.hint, ...item.notes]) {
      if (more) { cell.append(make("span", more, "muted")); }
    }
    return cell;
  };
  const row = (item) => {
    const line = make("tr");
    for (const column of columns) {
      if (column.key === "id") {
        const cell = make("td", null, "i");
        cell.append(title(item));
        line.append(cell);
      } else if (column.key === "words") {
        line.append(words(item));
      } else {
        line.append(make("td", shown(item[column.key], column.digits), column.key === "state" ? item.state : column.kind));
      }
    }
    if (data.links.sheet !== null) {
      const cell = make("td");
      const sheet = picture(item);
      if (sheet) { cell.append(sheet); }
      line.append(cell);
    }
    return line;
  };
  const figure = (item) => {
    const box = make("figure");
    const sheet = picture(item);
    if (sheet) { box.append(sheet); }
    const caption = make("figcaption");
    caption.append(title(item), ` · ${item.ia === null ? item.state : `IA ${item.ia.toFixed(3)}, TA ${shown(item.ta, 3)}`}`);
    box.append(caption);
    return box;
  };

  const draw = () => {
    if (drawn >= view.length) { return; }
    const part = document.createDocumentFragment();
    for (const item of view.slice(drawn, drawn + AT_ONCE)) { part.append(asSheets ? figure(item) : row(item)); }
    byId(asSheets ? "sheets" : "rows").append(part);
    drawn += AT_ONCE;
  };
  const watch = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      draw();
      // Asked again: what was drawn may not have filled the window.
      watch.unobserve(byId("end"));
      if (drawn < view.length) { watch.observe(byId("end")); }
    }
  }, { rootMargin: "1500px" });

  const refresh = () => {
    const [text, state] = [byId("search").value.trim().toLowerCase(), byId("state").value];
    view = items.filter((item) => (state === "" || item.state === state) && (text === "" || item.found.includes(text)));
    if (asSheets) { view = view.filter((item) => item.state === "succeeded"); }
    view.sort(compare);
    byId("rows").replaceChildren();
    byId("sheets").replaceChildren();
    byId("table").hidden = asSheets;
    byId("sheets").hidden = !asSheets;
    byId("view").setAttribute("aria-pressed", String(asSheets));
    byId("shown").textContent = `${view.length.toLocaleString("en")} of ${items.length.toLocaleString("en")}`;
    for (const cell of head.children) {
      if (cell.dataset.key === sortKey) { cell.setAttribute("aria-sort", up ? "ascending" : "descending"); } else { cell.removeAttribute("aria-sort"); }
    }
    drawn = 0;
    draw();
    watch.unobserve(byId("end"));
    watch.observe(byId("end"));
  };
  for (const state of STATES) {
    if (items.some((item) => item.state === state)) {
      const option = make("option", state);
      option.value = state;
      byId("state").append(option);
    }
  }
  let waits = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(refresh, 120);
  });
  byId("state").addEventListener("change", refresh);
  byId("view").addEventListener("click", () => {
    asSheets = !asSheets;
    refresh();
  });
  byId("view").hidden = data.links.sheet === null;
  byId("items").hidden = false;
  refresh();
})();
