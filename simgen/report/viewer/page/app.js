/* The start of the page, its keys, and its colours. */
"use strict";

(() => {
  const app = simgenViewer;
  const byId = (id) => document.getElementById(id);

  /** Called when the index has been read. */
  app.start = () => {
    document.title = `${app.data.title} · simgen viewer`;
    byId("title").textContent = app.data.title;
    app.prepareState();
    app.startFlags();
    app.makeFilters();
    app.startPicture();
    app.startPlan();
    window.addEventListener("hashchange", () => location.hash !== app.link && app.readLink());
    app.readLink().then(() => performance.mark("first-clip"));
  };

  const KEYS = {
    ArrowLeft: () => app.showFrame(app.state.frame - 1),
    ArrowRight: () => app.showFrame(app.state.frame + 1),
    ",": () => app.stepAsked(-1),
    ".": () => app.stepAsked(1),
    ArrowUp: () => stepList(-1),
    ArrowDown: () => stepList(1),
    k: () => stepList(-1),
    j: () => stepList(1),
    1: () => app.showLayer("rgb"),
    2: () => app.showLayer("depth"),
    3: () => app.showLayer("ids"),
    o: () => byId("outlines").click(),
    m: () => byId("show-measure").click(),
    b: () => byId("show-map").click(),
    n: () => byId("show-model").click(),
    z: () => byId("zoom").click(),
    " ": () => app.play(),
    f: () => app.toggleFlag(),
    "/": () => byId("find").focus(),
    "?": () => byId("keys").showModal(),
    t: () => switchTheme(),
  };

  function stepList(by) {
    app.step(by);
    app.scrollToChosen();
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=range]):not([type=checkbox]), select, textarea");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || byId("keys").open || !app.data) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const THEMES = ["auto", "light", "dark"];

  function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    byId("theme").title = `Colours: ${theme} (t)`;
    if (app.current) app.drawPicture();
  }

  function switchTheme() {
    const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
    setTheme(next);
    try {
      localStorage.setItem("simgen-theme", next);
    } catch {
      return; // the browser keeps nothing for this page; the choice holds until it is closed
    }
  }

  function storedTheme() {
    try {
      return localStorage.getItem("simgen-theme") || "auto";
    } catch {
      return "auto";
    }
  }

  setTheme(storedTheme());
  byId("theme").onclick = switchTheme;
  byId("help").onclick = () => byId("keys").showModal();
})();
