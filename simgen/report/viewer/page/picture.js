/* The frame: picture, depth or ids, outlines of what the question names, the pointer, and the scrubber. */
"use strict";

(() => {
  const app = simgenViewer;
  const byId = (id) => document.getElementById(id);
  const THUMB_PX = 16; // the width of the scrubber's thumb, as in viewer.css
  app.highlight = { objects: [], point: null, name: "" };
  let timer = null;

  app.startPicture = () => {
    byId("scrubber").oninput = () => app.showFrame(Number(byId("scrubber").value));
    byId("play").onclick = () => app.play();
    byId("outlines").onchange = () => drawMarks();
    for (const button of byId("layers").children) button.onclick = () => app.showLayer(button.dataset.layer);
    byId("picture").onpointermove = point;
    byId("picture").onpointerleave = () => {
      byId("pointed").hidden = true;
      app.setHighlight({});
    };
    new ResizeObserver(() => app.current && drawMarks()).observe(byId("marks"));
    drawDepthScale();
  };

  app.drawPicture = () => {
    const { frame, layer } = app.state;
    const clip = app.current;
    drawLayer(clip, frame, layer);
    for (const button of byId("layers").children) button.setAttribute("aria-pressed", button.dataset.layer === layer);
    byId("depth-scale").hidden = layer !== "depth";
    byId("depth-near").textContent = `${clip.near.toFixed(1)} m`;
    byId("depth-far").textContent = `${clip.far.toFixed(1)} m`;
    const about = app.data.clips[app.state.clipNumber];
    byId("clip-name").textContent = `${clip.id} · ${about.split}`;
    byId("scrubber").max = clip.pictures.length - 1;
    byId("scrubber").value = frame;
    const asked = app.question ? app.question.frames.indexOf(frame) + 1 : 0;
    byId("frame-name").textContent =
      `${frame + 1} / ${clip.pictures.length} · ${(frame / about.fps).toFixed(1)} s` + (asked ? ` · frame ${asked} of the question` : "");
    drawTicks();
    drawMarks();
  };

  function drawLayer(clip, frame, layer) {
    const canvas = byId("frame");
    if (layer === "rgb") {
      const picture = clip.pictures[frame];
      if (!picture.complete || !picture.naturalWidth) {
        picture.decode().then(() => app.current === clip && app.state.frame === frame && app.drawPicture(), () => app.fail(`${clip.id}: picture ${frame} is damaged`));
        return;
      }
      resize(canvas, clip.size);
      canvas.getContext("2d").drawImage(picture, 0, 0);
      return;
    }
    const isDepth = layer === "depth";
    const size = isDepth ? clip.depthSize : clip.idSize;
    const values = app.frameOf(isDepth ? clip.depth : clip.ids, size, frame);
    const colors = isDepth ? app.data.depth_colors : clip.plan.objects.map((item) => item.color);
    resize(canvas, size);
    const image = new ImageData(...size);
    for (let at = 0; at < values.length; at++) {
      if (values[at]) image.data.set([...colors[values[at] - 1], 255], 4 * at); // else it stays transparent
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function resize(canvas, [width, height]) {
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    byId("picture").style.setProperty("--aspect", app.current.size[0] / app.current.size[1]);
  }

  /** What the question is about: for each object its role, and the letter of the option that it is. */
  app.roles = () => {
    const roles = new Map();
    const question = app.question;
    if (!question) return roles;
    const options = question.option_objects;
    for (const object of question.objects) roles.set(object, { role: "named", letter: "" });
    options.forEach((object, option) => {
      const letter = "ABCDEFGH"[option];
      roles.set(object, { role: question.kind === "choice" && letter === question.answer ? "right" : "option", letter });
    });
    return roles;
  };

  /** Draws the outlines of the objects that the question names, and of those that are pointed at. */
  function drawMarks() {
    const canvas = byId("marks");
    const scale = devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    Object.assign(canvas, { width: Math.round(box.width * scale), height: Math.round(box.height * scale) });
    const context = canvas.getContext("2d");
    const colors = getComputedStyle(document.documentElement);
    const drawn = [];
    if (byId("outlines").checked) {
      for (const [object, { role, letter }] of app.roles()) drawn.push([object, role, letter]);
    }
    for (const object of app.highlight.objects) drawn.push([object, "pointed", ""]);
    const labels = [];
    for (const [object, role, letter] of drawn) {
      const found = outlineOf(object, canvas);
      if (!found) continue;
      const color = colors.getPropertyValue(`--${role}`);
      context.lineJoin = "round";
      for (const [style, width] of [["rgba(0, 0, 0, 0.55)", 5], [color, 2.5]]) {
        context.strokeStyle = style;
        context.lineWidth = width * scale;
        context.stroke(found.path);
      }
      if (role !== "pointed") labels.push([found.top, `${letter} ${app.current.plan.objects[object].name}`.trim(), color]);
    }
    for (const label of labels) drawLabel(context, canvas, scale, ...label);
  }

  /** The border of an object's pixels in the frame as a path; null if it has none. */
  function outlineOf(object, canvas) {
    const clip = app.current;
    const [width, height] = clip.idSize;
    const values = app.frameOf(clip.ids, clip.idSize, app.state.frame);
    const [scaleX, scaleY] = [canvas.width / width, canvas.height / height];
    const path = new Path2D();
    const id = object + 1;
    let top = null;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = row * width + column;
        if (values[at] !== id) continue;
        if (!top) top = [(column + 0.5) * scaleX, row * scaleY];
        const [x, y, right, below] = [column * scaleX, row * scaleY, (column + 1) * scaleX, (row + 1) * scaleY];
        if (row === 0 || values[at - width] !== id) { path.moveTo(x, y); path.lineTo(right, y); }
        if (row === height - 1 || values[at + width] !== id) { path.moveTo(x, below); path.lineTo(right, below); }
        if (column === 0 || values[at - 1] !== id) { path.moveTo(x, y); path.lineTo(x, below); }
        if (column === width - 1 || values[at + 1] !== id) { path.moveTo(right, y); path.lineTo(right, below); }
      }
    }
    return top && { path, top };
  }

  function drawLabel(context, canvas, scale, [x, y], text, color) {
    context.font = `600 ${12.5 * scale}px system-ui, sans-serif`;
    const width = context.measureText(text).width + 10 * scale;
    const height = 18 * scale;
    const left = Math.max(2, Math.min(x - width / 2, canvas.width - width - 2));
    const top = Math.max(2, y - height - 3 * scale);
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(left, top, width, height, 4 * scale);
    context.fill();
    context.fillStyle = "#fff";
    context.textBaseline = "middle";
    context.fillText(text, left + 5 * scale, top + height / 2 + scale / 2);
  }

  /** Shows the name and the depth of what the pointer is on, and its place on the plan. */
  function point(event) {
    const clip = app.current;
    if (!clip) return;
    const box = byId("marks").getBoundingClientRect();
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    if (u < 0 || v < 0 || u >= 1 || v >= 1) return;
    const id = app.idAt(clip, app.state.frame, u, v);
    const metres = app.depthAt(clip, app.state.frame, u, v);
    const name = id ? clip.plan.objects[id - 1].name : "no object";
    const pointed = byId("pointed");
    pointed.textContent = Number.isNaN(metres) ? name : `${name} · ${metres.toFixed(metres < 2 ? 2 : 1)} m`;
    pointed.hidden = false;
    pointed.style.left = `${Math.min(u * box.width + 14, box.width - pointed.offsetWidth - 4)}px`;
    pointed.style.top = `${Math.max(v * box.height - 30, 4)}px`;
    const solid = id && !clip.plan.objects[id - 1].shell;
    app.setHighlight({ objects: solid ? [id - 1] : [], point: Number.isNaN(metres) ? null : placeOf(u, v, metres) });
  }

  /** The point on the plan of a place in the frame at a depth. */
  function placeOf(u, v, metres) {
    const { cx, cy, fx, fy } = app.current.plan.camera;
    const [x, y, , ...axes] = app.current.plan.cameras[app.state.frame];
    const [right, up, ahead] = [((u - cx) / fx) * metres, (-(v - cy) / fy) * metres, metres];
    return [0, 1].map((axis) => [x, y][axis] + right * axes[axis] + up * axes[3 + axis] + ahead * axes[6 + axis]);
  }

  /** Marks objects (their numbers) and a point (on the plan) in frame and plan. */
  app.setHighlight = ({ objects = [], point = null, entry = "" }) => {
    app.highlight = { objects, point, entry };
    if (!app.current) return;
    drawMarks();
    app.drawHighlight();
  };

  /** A tick for each frame of the question, with its number. */
  function drawTicks() {
    const last = app.current.pictures.length - 1;
    const frames = app.question ? app.question.frames : [];
    byId("ticks").replaceChildren(...frames.map((frame, place) => {
      const tick = Object.assign(document.createElement("button"), { type: "button", textContent: place + 1, title: `frame ${place + 1} of the question` });
      tick.className = app.question.named.includes(frame) ? "named" : "";
      tick.setAttribute("aria-pressed", frame === app.state.frame);
      tick.style.left = `calc(${THUMB_PX / 2}px + (100% - ${THUMB_PX}px) * ${last ? frame / last : 0})`;
      tick.onclick = () => app.showFrame(frame);
      return tick;
    }));
  }

  app.stepAsked = (by) => {
    const frames = app.question ? app.question.frames : [];
    const next = by > 0 ? frames.find((frame) => frame > app.state.frame) : frames.findLast((frame) => frame < app.state.frame);
    if (next !== undefined) app.showFrame(next);
  };

  app.play = () => {
    const stop = timer !== null;
    clearInterval(timer);
    timer = null;
    byId("play").textContent = stop ? "▶" : "❚❚";
    if (stop) return;
    timer = setInterval(() => {
      const count = app.current.pictures.length;
      app.showFrame((app.state.frame + 1) % count);
    }, 1000 / app.data.clips[app.state.clipNumber].fps);
  };

  function drawDepthScale() {
    const colors = app.data.depth_colors;
    const stops = Array.from({ length: 12 }, (_, place) => colors[Math.round((place / 11) * (colors.length - 1))]);
    byId("depth-scale").children[1].style.background = `linear-gradient(to right, ${stops.map((rgb) => `rgb(${rgb})`).join(", ")})`;
  }
})();
