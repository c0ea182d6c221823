/* The plan: rooms, objects, camera, the row's map over the truth, and how the answer is measured. */
"use strict";

(() => {
  const app = simgenViewer;
  const byId = (id) => document.getElementById(id);
  const MARGIN_PX = 16;
  const VIEW_M = 1.1; // the drawn length of the camera's view
  const ARC_PX = 30; // the radius of angles
  const LABEL_PX = 12;
  const ZOOM_M = 0.6; // the space around what a question is about
  let view = null; // from metres on the plan to pixels

  app.startPlan = () => {
    for (const id of ["show-measure", "show-map", "show-model", "zoom"]) byId(id).onchange = () => app.drawPlan();
    new ResizeObserver(() => app.current && app.drawPlan()).observe(byId("plan"));
    byId("plan").onpointerover = (event) => {
      const object = event.target.dataset?.object;
      if (object !== undefined) app.setHighlight({ objects: [Number(object)] });
    };
    byId("plan").onpointerleave = () => app.setHighlight({});
  };

  app.drawPlan = () => {
    const svg = byId("plan");
    const { plan } = app.current;
    view = makeView(plan, svg);
    svg.replaceChildren();
    const stops = app.question ? app.question.frames.map((frame) => view.at(plan.cameras[frame])) : [];
    const labels = stops.map(([x, y]) => [x - 7, y - 7, x + 7, y + 7]); // boxes that no other label may cover
    svg.append(
      group("rooms", plan.rooms.map((room) => shape("polygon", room.polygon))),
      group("objects", orderedObjects(plan).map(drawObject)),
      group("walls", plan.walls.map((wall) => shape("polyline", wall))),
      group("path", [shape("polyline", plan.cameras.map(([x, y]) => [x, y]))]),
      group("map", drawMap()),
      group("model", drawModelMap()),
      group("measure", measured().map(drawShape)),
      group("stops", drawStops()),
      group("camera", []),
      group("labels", measured().reverse().map((item) => item.label && drawLabel(item, labels))),
      group("names", drawNames(plan, labels)),
      group("pointed", []),
      group("scale", drawScale()),
    );
    app.drawCamera();
    app.drawHighlight();
  };

  function makeView(plan, svg) {
    const { width, height } = svg.getBoundingClientRect();
    const points = byId("zoom").checked && app.question ? questionPoints(plan) : [...plan.rooms.flatMap((room) => room.polygon), ...plan.cameras, ...plan.objects.flatMap((item) => item.footprint)];
    const [low, high] = [Math.min, Math.max].map((pick) => [0, 1].map((axis) => points.reduce((found, point) => pick(found, point[axis]), pick === Math.min ? Infinity : -Infinity)));
    const scale = Math.min((width - 2 * MARGIN_PX) / (high[0] - low[0]), (height - 2 * MARGIN_PX) / (high[1] - low[1]));
    const middle = [0, 1].map((axis) => (low[axis] + high[axis]) / 2);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    return { scale, width, height, at: ([x, y]) => [width / 2 + (x - middle[0]) * scale, height / 2 - (y - middle[1]) * scale] };
  }

  /** Points around all that the question is about, with some space around them. */
  function questionPoints(plan) {
    const question = app.question;
    const found = question.objects.flatMap((object) => plan.objects[object].footprint);
    for (const item of question.shapes) found.push(...(item.kind === "angle" ? item.points.slice(0, 1) : item.points).map(fromMap));
    for (const frame of question.named.length ? question.named : question.frames) found.push(plan.cameras[frame]);
    return found.flatMap(([x, y]) => [[x - ZOOM_M, y - ZOOM_M], [x + ZOOM_M, y + ZOOM_M]]);
  }

  function element(name, attributes = {}, text = "") {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  }

  const group = (name, children) => {
    const made = element("g", { class: name });
    made.append(...children.filter(Boolean));
    return made;
  };

  const shape = (name, points, attributes = {}) =>
    element(name, { points: points.map((point) => view.at(point).map((value) => value.toFixed(1)).join(",")).join(" "), ...attributes });

  /** Lowest first, so that an object on a table is drawn over the table. */
  const orderedObjects = (plan) =>
    plan.objects.map((item, object) => [item, object]).filter(([item]) => !item.shell).sort(([a], [b]) => a.height[1] - b.height[1]);

  function drawObject([item, object]) {
    const role = app.roles().get(object);
    const made = shape("polygon", item.footprint, {
      class: `object ${item.seen ? "" : "unseen"} ${role ? role.role : ""}`,
      style: `--color: rgb(${item.color})`,
      "data-object": object,
    });
    made.append(element("title", {}, `${item.name}, ${item.height[0].toFixed(2)} to ${item.height[1].toFixed(2)} m high`));
    return made;
  }

  /** A point of the row's map on the plan. */
  function fromMap([x, y]) {
    const [origin, right, ahead] = app.question.axes;
    return [0, 1].map((axis) => origin[axis] + x * right[axis] + y * ahead[axis]);
  }

  const wayFromMap = (way) => {
    const [end, start] = [fromMap(way), fromMap([0, 0])];
    return [end[0] - start[0], end[1] - start[1]];
  };

  const corners = ([x0, y0, x1, y1]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(fromMap);

  app.entriesOf = (question) => app.current.maps[question.map];

  function drawMap() {
    if (!app.question || !byId("show-map").checked) return [];
    return app.entriesOf(app.question).map((entry) => drawEntry(entry, app.question.asked.includes(entry[0]) ? "asked" : ""));
  }

  function drawModelMap() {
    const answer = app.question?.answers[app.runNumber()];
    byId("show-model-label").hidden = !answer;
    if (!answer || !byId("show-model").checked) return [];
    return answer.map.flatMap((entry) => {
      const [x0, , x1] = entry[1];
      const [x, y] = view.at(corners(entry[1])[3]);
      const name = x1 > x0 && element("text", { x, y: y - 6 }, entry[0]); // a camera's point needs none
      return [drawEntry(entry, ""), name];
    });
  }

  function drawEntry([name, box, object, outline], kind) {
    const made = shape("polygon", outline ? outline.map(fromMap) : corners(box), { class: `entry ${kind}`, "data-entry": name });
    if (object >= 0) made.dataset.object = object;
    made.append(element("title", {}, `${name} [${box.join(", ")}]`));
    return made;
  }

  /** The shapes of the measurement; those that give the answer come last, over the others. */
  function measured() {
    if (!app.question || !byId("show-measure").checked) return [];
    return [...app.question.shapes].sort((a, b) => Boolean(a.strong) - Boolean(b.strong));
  }

  function drawShape(item) {
    const kind = `${item.kind} ${item.strong ? "strong" : ""}`;
    const points = item.points.map(fromMap);
    if (item.kind === "line") return group(kind, [shape("polyline", points, { class: "halo" }), shape("polyline", points), dotAt(points[0], 3), dotAt(points.at(-1), 3)]);
    if (item.kind === "area") return group(kind, [shape("polygon", points)]);
    if (item.kind === "dot") return group(kind, [dotAt(points[0], 4)]);
    if (item.kind === "arrow") return group(kind, [shape("polyline", points), arrowHead(...points)]);
    return group(kind, [drawAngle(item)]);
  }

  function dotAt(point, radius) {
    const [cx, cy] = view.at(point);
    return element("circle", { cx, cy, r: radius });
  }

  function arrowHead(start, end) {
    const [from, to] = [view.at(start), view.at(end)];
    const turn = (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI;
    return element("path", { class: "head", d: "M 0 0 L -11 5 L -11 -5 Z", transform: `translate(${to}) rotate(${turn})` });
  }

  /** An arc at a vertex from a direction of the map, clockwise by `turn_deg`. */
  function drawAngle({ points: [vertex, forward], turn_deg = 0 }) {
    const at = view.at(fromMap(vertex));
    const [x, y] = wayFromMap(forward);
    const start = Math.atan2(-y, x); // clockwise in pixels, whose y points down
    const end = start + (turn_deg * Math.PI) / 180;
    const radius = ARC_PX;
    const on = (turn) => [at[0] + radius * Math.cos(turn), at[1] + radius * Math.sin(turn)];
    const large = Math.abs(turn_deg) > 180 ? 1 : 0;
    return element("path", { d: `M ${at} L ${on(start)} A ${radius} ${radius} 0 ${large} ${turn_deg > 0 ? 1 : 0} ${on(end)} Z` });
  }

  /** Writes a label at the first place along its shape where no other label is. */
  function drawLabel(item, labels) {
    const width = item.label.length * LABEL_PX * 0.58 + 8;
    const places = labelPlaces(item);
    for (const aside of [16, -16, 32, -32, 48, -48]) places.push([places[0][0], places[0][1] + aside]);
    const free = places.find((place) => !labels.some((other) => overlap(boxOf(place, width), other))) || places[0];
    labels.push(boxOf(free, width));
    return element("text", { x: free[0], y: free[1], class: `label ${item.strong ? "strong" : ""}` }, item.label);
  }

  function labelPlaces(item) {
    const points = item.points.map(fromMap);
    if (item.kind === "angle") {
      const [x, y] = wayFromMap(item.points[1]);
      const middle = Math.atan2(-y, x) + ((item.turn_deg ?? 0) * Math.PI) / 360;
      const at = view.at(points[0]);
      return [1.0, 1.5, 2.1].map((share) => [at[0] + share * (ARC_PX + 14) * Math.cos(middle), at[1] + share * (ARC_PX + 14) * Math.sin(middle)]);
    }
    if (item.kind === "dot") {
      const [x, y] = view.at(points[0]);
      return [[x, y - 13], [x, y + 15], [x + 40, y], [x - 40, y], [x, y - 30], [x, y + 32]];
    }
    if (item.kind === "area") {
      const at = points.map(view.at);
      const middle = [0, 1].map((axis) => at.reduce((sum, point) => sum + point[axis], 0) / at.length);
      return [middle, [middle[0], middle[1] + 18], [middle[0], middle[1] - 18]];
    }
    return [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map((share) => alongPath(points.map(view.at), share));
  }

  function alongPath(points, share) {
    const lengths = points.slice(1).map((point, place) => Math.hypot(point[0] - points[place][0], point[1] - points[place][1]));
    let left = share * lengths.reduce((a, b) => a + b, 0);
    for (const [place, length] of lengths.entries()) {
      if (left <= length && length > 0) return [0, 1].map((axis) => points[place][axis] + (left / length) * (points[place + 1][axis] - points[place][axis]));
      left -= length;
    }
    return points.at(-1);
  }

  const boxOf = ([x, y], width) => [x - width / 2, y - LABEL_PX, x + width / 2, y + LABEL_PX];
  const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

  /** The cameras of the question's frames, with their numbers. */
  function drawStops() {
    if (!app.question) return [];
    return app.question.frames.map((frame, place) => {
      const [x, y] = view.at(app.current.plan.cameras[frame]);
      const made = group(app.question.named.includes(frame) ? "stop named" : "stop", [element("circle", { cx: x, cy: y, r: 7 }), element("text", { x, y }, place + 1)]);
      made.onclick = () => app.showFrame(frame);
      return made;
    });
  }

  /** Names of rooms and of the objects that the question is about, where no other label is. */
  function drawNames(plan, labels) {
    const roles = app.roles();
    const made = [];
    for (const [item, object] of orderedObjects(plan).reverse()) {
      const role = roles.get(object);
      if (role) made.push(drawName(item.footprint, `${role.letter} ${item.name}`.trim(), `name ${role.role}`, labels, true));
    }
    for (const room of plan.rooms) {
      const [x, y] = view.at(room.label);
      const isInside = x > 0 && y > 0 && x < view.width && y < view.height; // not when only a part is shown
      if (isInside) made.push(drawName([room.label], room.name.toUpperCase(), "room", labels, true));
    }
    for (const [item, object] of orderedObjects(plan).reverse()) {
      if (!roles.has(object)) made.push(drawName(item.footprint, item.name, "name", labels, false));
    }
    return made;
  }

  function drawName(points, text, kind, labels, always) {
    const at = points.map(view.at);
    const [left, right] = [Math.min(...at.map(([x]) => x)), Math.max(...at.map(([x]) => x))];
    const [top, bottom] = [Math.min(...at.map(([, y]) => y)), Math.max(...at.map(([, y]) => y))];
    const width = text.length * LABEL_PX * (kind === "room" ? 0.75 : 0.55);
    if (!always && (right - left < width || bottom - top < LABEL_PX)) return null;
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const places = always ? [[x, y], [x, top - 9], [x, bottom + 10], [right + width / 2 + 6, y], [left - width / 2 - 6, y], [x, y + 24], [x, y - 24]] : [[x, y]];
    const inside = places.map(([cx, cy]) => [Math.max(width / 2 + 2, Math.min(cx, view.width - width / 2 - 2)), cy]);
    const free = inside.find((place) => !labels.some((other) => overlap(boxOf(place, width), other)));
    if (!free) return null;
    labels.push(boxOf(free, width));
    return element("text", { x: free[0], y: free[1], class: kind }, text);
  }

  /** A bar of one metre. */
  function drawScale() {
    const [x, y] = [MARGIN_PX, view.height - 8];
    const end = x + view.scale;
    return [element("path", { d: `M ${x} ${y - 4} V ${y} H ${end} V ${y - 4}` }), element("text", { x: end + 6, y }, "1 m")];
  }

  /** The camera of the shown frame and its field of view. */
  app.drawCamera = () => {
    const holder = byId("plan").querySelector(".camera");
    if (!holder) return;
    const [x, y, , ...axes] = app.current.plan.cameras[app.state.frame];
    const right = axes.slice(0, 2); // level at any pitch
    const ahead = [-right[1], right[0]];
    const half = 0.5 / app.current.plan.camera.fx;
    const end = (side) => [0, 1].map((axis) => [x, y][axis] + (VIEW_M * (ahead[axis] + side * half * right[axis])) / Math.hypot(1, half));
    holder.replaceChildren(shape("polygon", [[x, y], end(-1), end(1)]), dotAt([x, y], 5));
  };

  app.drawHighlight = () => {
    const holder = byId("plan").querySelector(".pointed");
    if (!holder) return;
    const { objects, point, entry } = app.highlight;
    const made = objects.map((object) => shape("polygon", app.current.plan.objects[object].footprint));
    if (entry && app.question) {
      const found = app.entriesOf(app.question).find(([name]) => name === entry);
      if (found) made.push(shape("polygon", found[3] ? found[3].map(fromMap) : corners(found[1]), { class: "box" }));
    }
    if (point) made.push(dotAt(point, 5));
    holder.replaceChildren(...made);
  };

  app.mapPoint = (point) => fromMap(point);
})();
