/* The left side: filters with counts, and the list of questions, of which only the visible part exists. */
"use strict";

(() => {
  const app = simgenViewer;
  const ROW_PX = 64;
  const SPARE_ROWS = 6; // above and below the visible part, so that scrolling shows no gaps
  const byId = (id) => document.getElementById(id);
  const LABELS = {
    group: "group", template: "template", split: "split", room: "room", difficulty: "difficulty",
    clip: "clip", run: "run", answer: "answer",
  };

  /** The value, or values, of a filter that a question has. */
  const VALUES = {
    group: (number) => questionValue(number, () => app.data.groups[app.data.rows.group[number]]),
    template: (number) => questionValue(number, () => app.data.templates[app.data.rows.template[number]]),
    split: (number) => [app.clipOf(number).split],
    room: (number) => app.data.rows.rooms[number].map((room) => app.data.rooms[room]),
    difficulty: (number) => questionValue(number, () => app.levelOf(number)),
    clip: (number) => [app.clipOf(number).id],
    answer: (number) => questionValue(number, () => app.verdictOf(number)),
  };
  const questionValue = (number, value) => (app.isQuestion(number) ? [value()] : []);
  const ORDER = { difficulty: ["easy", "medium", "hard"], split: ["train", "val", "test"] };

  app.makeFilters = () => {
    const names = Object.keys(LABELS).filter((name) => app.data.runs.length || !["run", "answer"].includes(name));
    for (const name of names) {
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.id = `filter-${name}`;
      select.onchange = () => app.setFilter(name, select.value);
      label.append(Object.assign(document.createElement("span"), { textContent: LABELS[name] }), select);
      byId("filters").append(label);
    }
    byId("find").oninput = () => app.setFilter("find", byId("find").value.trim());
    byId("clear").onclick = () => app.clearFilters();
    byId("list").onscroll = () => drawRows();
    new ResizeObserver(() => drawRows()).observe(byId("list"));
  };

  /** Each filter offers the values that the other filters leave, with the number of questions. */
  app.drawFilters = () => {
    const { filters } = app.state;
    if (byId("find").value.trim() !== filters.find) byId("find").value = filters.find;
    for (const name of Object.keys(LABELS)) {
      const select = byId(`filter-${name}`);
      if (!select) continue;
      const options = name === "run" ? app.data.runs.map((run) => [run, run]) : countedOptions(name);
      select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
      select.value = filters[name];
      select.parentElement.classList.toggle("active", name !== "run" && Boolean(filters[name]));
    }
    byId("clear").hidden = !Object.keys(filters).some((name) => name !== "run" && filters[name]);
  };

  function countedOptions(name) {
    const counts = new Map();
    const selected = app.select(name);
    for (const number of selected) {
      for (const value of VALUES[name](number)) counts.set(value, (counts.get(value) || 0) + 1);
    }
    const chosen = app.state.filters[name];
    if (chosen && !counts.has(chosen)) counts.set(chosen, 0);
    const order = ORDER[name] || [...counts.keys()].sort();
    const found = order.filter((value) => counts.has(value));
    return [["", `all (${selected.length})`], ...found.map((value) => [value, `${value} (${counts.get(value)})`])];
  }

  app.drawList = () => {
    const total = app.questionCount;
    const shown = app.shown.filter(app.isQuestion).length;
    const of = shown === total ? "" : `${shown.toLocaleString("en")} of `;
    const unasked = app.shown.length - shown;
    const others = unasked ? `, ${unasked.toLocaleString("en")} clip${unasked === 1 ? "" : "s"} without` : "";
    byId("shown").textContent = `${of}${total.toLocaleString("en")} questions${others}`;
    byId("rows").style.height = `${app.shown.length * ROW_PX}px`;
    drawRows();
    app.drawFlags();
  };

  function drawRows() {
    const list = byId("list");
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - SPARE_ROWS);
    const last = Math.min(app.shown.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW_PX) + SPARE_ROWS);
    const items = [];
    for (let place = first; place < last; place++) items.push(makeItem(app.shown[place], place));
    byId("rows").replaceChildren(...items);
  }

  function makeItem(number, place) {
    const { rows, templates } = app.data;
    const item = document.createElement("button");
    item.type = "button";
    item.className = app.isQuestion(number) ? "row" : "row unasked";
    item.dataset.row = app.rowId(number);
    item.style.top = `${place * ROW_PX}px`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", number === app.state.row);
    item.onclick = () => app.showRow(number);
    const question = Object.assign(document.createElement("b"), { textContent: rows.question[number] });
    const about = document.createElement("small");
    about.textContent = `${app.isQuestion(number) ? templates[rows.template[number]] : `${rows.frames[number]} frames`} · ${app.clipOf(number).id}`;
    const marks = document.createElement("i");
    if (app.data.runs.length && app.isQuestion(number) && app.verdictOf(number) !== "not asked") {
      const right = app.verdictOf(number) === "right";
      marks.append(Object.assign(document.createElement("span"), { className: right ? "good" : "bad", textContent: right ? "✓" : "✗" }));
    }
    if (app.isFlagged(number)) marks.append(Object.assign(document.createElement("span"), { className: "flag", textContent: "⚑" }));
    item.append(question, about, marks);
    item.style.setProperty("--difficulty", rows.difficulty[number]);
    return item;
  }

  app.scrollToChosen = () => {
    const place = app.shown.indexOf(app.state.row);
    const list = byId("list");
    if (place < 0) return;
    const top = place * ROW_PX;
    if (top < list.scrollTop || top + ROW_PX > list.scrollTop + list.clientHeight) {
      list.scrollTop = top - list.clientHeight / 2;
    }
  };
})();
