/* The question: text, options, answer, thought, what models answered, and the flag. */
"use strict";

(() => {
  const app = simgenViewer;
  const byId = (id) => document.getElementById(id);

  const make = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null));
    return made;
  };

  app.drawQuestion = () => {
    const panel = byId("question-panel");
    const question = app.question;
    panel.replaceChildren(...(question ? [drawAsked(question), drawThought(question), drawAnswers(question)] : [drawClip()]));
  };

  function drawClip() {
    const clip = app.data.clips[app.state.clipNumber];
    const rooms = Object.entries(clip.rooms).map(([name, count]) => (count > 1 ? `${count} ${name}s` : name));
    const about = `${clip.frames} frames, ${clip.objects} objects; ${rooms.join(", ")}.`;
    return make("div", "asked", make("h2", "", clip.id), make("p", "", about), make("p", "muted", app.current.rows.length ? "No question is chosen." : "No question is asked about this clip: simgen qa makes some."));
  }

  function drawAsked(question) {
    const answer = `${question.answer}${question.unit && question.unit !== "°" ? " " : ""}${question.unit}`;
    const about = [question.template, `${question.frames.length} frame${question.frames.length === 1 ? "" : "s"}`, `difficulty ${question.difficulty.toFixed(2)}`, `margin ${question.margin.toFixed(2)}`];
    return make(
      "div", "asked",
      make("p", "about", about.join(" · ")),
      make("h2", "", question.question),
      question.options.length ? drawOptions(question) : make("p", "number", make("span", "good", "✓ "), answer),
      question.kind === "order" ? make("p", "number", make("span", "good", "✓ "), answer) : null,
      question.problem ? make("p", "bad", `Not measured: ${question.problem}`) : null,
      drawActions(question),
      make("details", "", make("summary", "", "Prompt"), make("pre", "", question.prompt.map((line) => app.current.lines[line]).join("\n"))),
      make("details", "", make("summary", "", "Row's map"), make("pre", "", mapText(app.entriesOf(question)))),
    );
  }

  const mapText = (entries) => entries.map(([name, box]) => `${name}  [${box.join(", ")}]`).join("\n");

  function drawOptions(question) {
    const list = make("ol", "options");
    const answer = question.answers[app.runNumber()];
    question.options.forEach((text, place) => {
      const letter = "ABCDEFGHIJ"[place];
      const right = question.kind === "choice" && letter === question.answer;
      const chosen = question.kind === "choice" && answer && isChosen(answer.answer, letter, text);
      const item = make("li", right ? "right" : "", make("b", "", letter), make("span", "", text));
      if (right) item.append(make("i", "good", "✓ right"));
      if (chosen) item.append(make("i", right ? "good" : "bad", `${app.data.runs[app.runNumber()]}`));
      const object = question.option_objects[place];
      if (object >= 0) {
        item.onpointerenter = () => app.setHighlight({ objects: [object] });
        item.onpointerleave = () => app.setHighlight({});
      }
      list.append(item);
    });
    return list;
  }

  /** Whether a model's answer is an option, by its letter or its text. */
  function isChosen(answer, letter, text) {
    const said = (answer || "").trim().toLowerCase();
    return said === text.toLowerCase() || new RegExp(`^\\(?${letter.toLowerCase()}\\)?([.):]|$)`).test(said);
  }

  function drawActions(question) {
    const flag = make("button", "", app.isFlagged(app.state.row) ? "⚑ Flagged" : "⚐ Flag");
    flag.type = "button";
    flag.id = "flag";
    flag.title = "Mark the question as bad (f)";
    flag.setAttribute("aria-pressed", app.isFlagged(app.state.row));
    flag.onclick = () => app.toggleFlag();
    const note = make("input", "");
    Object.assign(note, { id: "note", type: "text", placeholder: "Why? (optional)", value: app.noteOf(app.state.row), hidden: !app.isFlagged(app.state.row) });
    note.setAttribute("aria-label", "Why the question is flagged");
    note.oninput = () => app.setNote(note.value);
    const copy = make("button", "", "Copy link");
    copy.type = "button";
    copy.id = "copy";
    copy.onclick = () => copyLink(copy);
    return make("p", "actions", flag, note, copy, make("code", "", question.id));
  }

  async function copyLink(button) {
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "Copied";
    } catch {
      prompt("The link to this view:", location.href); // the browser does not let pages use the clipboard
    }
  }

  function drawThought(question) {
    const text = question.think;
    return make("div", "thinking", make("h3", "", "Thought"), text ? app.makeThought(text, app.entriesOf(question)) : make("p", "muted", "none"));
  }

  function drawAnswers(question) {
    if (!app.data.runs.length) return "";
    const shown = app.data.runs.map((run, place) => drawAnswer(run, question.answers[place]));
    return make("div", "answers", make("h3", "", "Model answers"), ...shown);
  }

  function drawAnswer(run, answer) {
    if (!answer) return make("article", "", make("h4", "", run), make("p", "muted", "not asked"));
    const verdict = make("span", answer.right ? "good" : "bad", answer.right ? "✓" : "✗");
    const head = make("h4", "", verdict, ` ${run}: ${answer.answer ?? "no answer"} `, make("small", "", `score ${answer.score.toFixed(2)}`));
    return make(
      "article", "",
      head,
      answer.think ? app.makeThought(answer.think, answer.map) : make("p", "muted", "no thought"),
      make("details", "", make("summary", "", "Text"), make("pre", "", answer.text)),
    );
  }
})();
