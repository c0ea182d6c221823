/* A thought as steps. Names of the map's entries, frames and points are linked to frame and plan. */
"use strict";

(() => {
  const app = simgenViewer;
  // A sentence ends with a point and a space; numbers such as 1.5 have no space after theirs.
  const SENTENCE = /(?<=[.;])\s+/;
  const POINT = /(?<!corners )\bat \((-?\d+\.\d+), (-?\d+\.\d+)\)/;

  /** A list of the steps of a thought, in which entries of a map can be pointed at. */
  app.makeThought = (text, entries) => {
    const list = document.createElement("ol");
    list.className = "thought";
    for (const step of text.split(SENTENCE).filter(Boolean)) list.append(makeStep(step, entries));
    return list;
  };

  function makeStep(step, entries) {
    const item = document.createElement("li");
    const names = entries.map(([name]) => name).sort((a, b) => b.length - a.length).map(escape);
    const pattern = new RegExp([...(names.length ? [`\\b(?:${names.join("|")})\\b`] : []), "\\bframe \\d+\\b", POINT.source].join("|"), "g");
    let end = 0;
    for (const found of step.matchAll(pattern)) {
      item.append(step.slice(end, found.index), link(found, entries));
      end = found.index + found[0].length;
    }
    item.append(step.slice(end));
    return item;
  }

  const escape = (name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  function link(found, entries) {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: found[0] });
    const frame = /^frame (\d+)$/.exec(found[0]);
    const entry = entries.find(([name]) => name === found[0]);
    if (frame) {
      made.onclick = () => app.showFrame(app.question.frames[Number(frame[1]) - 1] ?? app.state.frame);
      return made;
    }
    const shown = entry
      ? { objects: entry[2] >= 0 ? [entry[2]] : [], entry: entry[0] }
      : { point: app.mapPoint([Number(found[1]), Number(found[2])]) };
    made.onpointerenter = made.onfocus = () => app.setHighlight(shown);
    made.onpointerleave = made.onblur = () => app.setHighlight({});
    if (entry && entry[2] >= 0) made.onclick = () => showWhereSeen(entry[2]);
    return made;
  }

  /** Moves to the frame of the question that shows most of an object. */
  function showWhereSeen(object) {
    const { ids, idSize } = app.current;
    const counts = app.question.frames.map((frame) => app.frameOf(ids, idSize, frame).reduce((sum, id) => sum + (id === object + 1), 0));
    const most = Math.max(...counts);
    if (most > 0) app.showFrame(app.question.frames[counts.indexOf(most)]);
  }
})();
