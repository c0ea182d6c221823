/* Flags: questions that a reader marks as bad, kept in the browser, downloaded for: simgen qa --drop FILE. */
"use strict";

(() => {
  const app = simgenViewer;
  const byId = (id) => document.getElementById(id);
  let flags = {}; // by the id of the question: the row's id, its data set and a note

  const key = () => `simgen-flags:${location.pathname}`;

  app.startFlags = () => {
    try {
      flags = JSON.parse(localStorage.getItem(key())) || {};
    } catch {
      flags = {}; // the browser keeps nothing for this page, or something else was stored there
    }
    byId("download").onclick = download;
    app.drawFlags();
  };

  /** All rows that ask a question, with different numbers of frames, are flagged together. */
  const questionId = (number) => app.clipOf(number).id + app.data.rows.question_id[number];

  app.isFlagged = (number) => number >= 0 && app.isQuestion(number) && questionId(number) in flags;
  app.noteOf = (number) => (app.isFlagged(number) ? flags[questionId(number)].note : "");

  app.toggleFlag = () => {
    const { row } = app.state;
    if (!app.question) return;
    if (app.isFlagged(row)) delete flags[questionId(row)];
    else flags[questionId(row)] = { dataset: app.clipOf(row).dataset, note: "" };
    save();
    app.drawList();
    app.drawQuestion();
  };

  app.setNote = (note) => {
    flags[questionId(app.state.row)].note = note;
    save();
  };

  function save() {
    try {
      localStorage.setItem(key(), JSON.stringify(flags));
    } catch {
      app.fail("The browser keeps no flags for this page: download them before you close it.");
    }
  }

  app.drawFlags = () => {
    const count = Object.keys(flags).length;
    byId("flagged").textContent = `${count} flagged`;
    byId("download").disabled = !count;
  };

  /** One JSON object a line. */
  function download() {
    const lines = Object.entries(flags).map(([question, { dataset, note }]) => JSON.stringify({ dataset, question, note }));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "application/jsonl" }));
    link.download = "flags.jsonl";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
})();
