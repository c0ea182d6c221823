/* What is shown: the chosen question, clip and frame, the filters, and the link that restores them. */
"use strict";

(() => {
  const app = simgenViewer;
  const FILTERS = ["find", "group", "template", "split", "room", "difficulty", "clip", "answer", "run"];

  app.state = { row: -1, clipNumber: 0, frame: 0, layer: "rgb", filters: {} };
  for (const name of FILTERS) app.state.filters[name] = "";
  app.shown = []; // the numbers of the questions, and of the clips without any, that pass all filters

  const text = (columns, number) => columns.question[number].toLowerCase();

  /** One test for each filter: whether a question passes it. */
  const TESTS = {
    find: (number, wanted) => {
      const rows = app.data.rows;
      return text(rows, number).includes(wanted) || app.rowId(number).toLowerCase().includes(wanted);
    },
    group: (number, wanted) => app.data.groups[app.data.rows.group[number]] === wanted,
    template: (number, wanted) => app.data.templates[app.data.rows.template[number]] === wanted,
    split: (number, wanted) => app.clipOf(number).split === wanted,
    room: (number, wanted) => app.data.rows.rooms[number].some((room) => app.data.rooms[room] === wanted),
    difficulty: (number, wanted) => app.isQuestion(number) && app.levelOf(number) === wanted,
    clip: (number, wanted) => app.clipOf(number).id === wanted,
    answer: (number, wanted) => app.isQuestion(number) && app.verdictOf(number) === wanted,
  };

  app.clipOf = (number) => app.data.clips[app.data.rows.clip[number]];
  app.rowId = (number) => app.clipOf(number).id + app.data.rows.id[number];

  /** Which third of all questions a question is in, by difficulty. */
  app.levelOf = (number) => {
    const value = app.data.rows.difficulty[number];
    return value < app.thirds[0] ? "easy" : value < app.thirds[1] ? "medium" : "hard";
  };

  app.runNumber = () => Math.max(app.data.runs.indexOf(app.state.filters.run), 0);

  /** Whether the chosen run answered a question: right, wrong, or not asked. */
  app.verdictOf = (number) => {
    const right = app.data.rows.right[number][app.runNumber()];
    return right === null || right === undefined ? "not asked" : right ? "right" : "wrong";
  };

  app.prepareState = () => {
    const sorted = app.data.rows.difficulty.slice(0, app.questionCount).sort((a, b) => a - b);
    app.thirds = [1, 2].map((third) => sorted[Math.floor((third * sorted.length) / 3)] ?? 1);
  };

  /** The entries of the list that pass all filters but one. */
  app.select = (but) => {
    const active = FILTERS.filter((name) => name !== but && TESTS[name] && app.state.filters[name]);
    const wanted = active.map((name) => [TESTS[name], wantedOf(name)]);
    const found = [];
    for (let number = 0; number < app.data.rows.id.length; number++) {
      if (wanted.every(([test, value]) => test(number, value))) found.push(number);
    }
    return found;
  };

  const wantedOf = (name) =>
    name === "find" ? app.state.filters.find.toLowerCase() : app.state.filters[name];

  app.setFilter = (name, value) => {
    app.state.filters[name] = value;
    app.applyFilters();
  };

  app.clearFilters = () => {
    for (const name of FILTERS) if (name !== "run") app.state.filters[name] = "";
    app.applyFilters();
  };

  /** Chooses again what the list shows. The chosen question stays, also when a filter hides it. */
  app.applyFilters = () => {
    app.shown = app.select();
    app.drawFilters();
    app.drawList();
    app.saveLink();
  };

  app.showRow = async (number, frame) => {
    app.state.row = number;
    app.state.clipNumber = app.data.rows.clip[number];
    await showClip(frame);
  };

  app.showClip = async (clipNumber, frame) => {
    app.state.row = -1;
    app.state.clipNumber = clipNumber;
    await showClip(frame);
  };

  /** Loads the chosen clip and draws everything. */
  async function showClip(frame) {
    const { row, clipNumber } = app.state;
    let clip;
    try {
      clip = await app.loadClip(app.data.clips[clipNumber].id);
    } catch (error) {
      app.fail(`${error.message}; make the folder again with: simgen view --html`);
      return;
    }
    if (row !== app.state.row || clipNumber !== app.state.clipNumber) return; // another one was chosen since
    app.current = clip;
    app.question = clip.rows.find((item) => row >= 0 && item.id === app.rowId(row)) ?? null;
    const first = app.question ? (app.question.named[0] ?? app.question.frames[0]) : 0;
    app.state.frame = Math.min(frame ?? first, clip.pictures.length - 1);
    app.drawList();
    app.drawQuestion();
    app.drawPlan();
    app.drawPicture();
    app.saveLink();
  }

  app.showFrame = (frame) => {
    if (!app.current) return;
    app.state.frame = Math.max(0, Math.min(frame, app.current.pictures.length - 1));
    app.drawPicture();
    app.drawCamera();
    app.saveLink();
  };

  app.showLayer = (layer) => {
    app.state.layer = layer;
    app.drawPicture();
    app.saveLink();
  };

  /** Moves to another question of the list. */
  app.step = (by) => {
    if (!app.shown.length) return;
    const place = app.shown.indexOf(app.state.row);
    const next = place < 0 ? 0 : Math.max(0, Math.min(place + by, app.shown.length - 1));
    app.showRow(app.shown[next]);
  };

  /** Writes the address that restores what is shown. */
  app.saveLink = () => {
    const { row, clipNumber, frame, layer, filters } = app.state;
    const link = new URLSearchParams();
    if (row >= 0 && app.isQuestion(row)) link.set("question", app.rowId(row));
    else link.set("at", app.data.clips[clipNumber].id);
    link.set("frame", frame);
    if (layer !== "rgb") link.set("layer", layer);
    for (const name of FILTERS) if (filters[name]) link.set(name, filters[name]);
    app.link = `#${link}`;
    history.replaceState(null, "", app.link);
  };

  /** Shows what the address says; the first question if it says nothing. */
  app.readLink = async () => {
    const link = new URLSearchParams(location.hash.slice(1));
    for (const name of FILTERS) app.state.filters[name] = link.get(name) || "";
    if (!app.state.filters.run && app.data.runs.length) app.state.filters.run = app.data.runs[0];
    app.state.layer = link.get("layer") || "rgb";
    const frame = link.has("frame") ? Number(link.get("frame")) : undefined;
    app.shown = app.select();
    const wanted = link.get("question");
    const found = wanted ? app.data.rows.id.findIndex((_, number) => app.rowId(number) === wanted) : -1;
    if (wanted && found < 0) app.fail(`There is no question ${wanted} in this folder.`);
    app.drawFilters();
    if (found >= 0) await app.showRow(found, frame);
    else if (link.has("at") || !app.shown.length) {
      const clip = Math.max(app.data.clips.findIndex((item) => item.id === link.get("at")), 0);
      const entry = app.data.rows.clip.indexOf(clip, app.questionCount);
      await (entry >= 0 ? app.showRow(entry, frame) : app.showClip(clip, frame));
    } else await app.showRow(app.shown[0], frame);
    app.scrollToChosen();
  };
})();
