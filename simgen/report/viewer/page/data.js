/* The data: the index of all clips and questions, and clips, which are loaded when they are shown. */
"use strict";

const simgenViewer = (() => {
  const FORMAT = 2;
  const KEPT_CLIPS = 6; // decoded clips take up to about 30 MB of memory each
  const received = new Map(); // contents that scripts have handed over, by clip id
  const clips = new Map(); // promises of decoded clips, by clip id; the oldest first
  const app = { index: null, onIndex: null };

  app.fail = (text) => {
    const message = document.getElementById("message");
    message.textContent = text;
    message.hidden = false;
  };

  /** Called by viewer/data/index.js. */
  app.index = (content) => {
    if (content.format !== FORMAT) {
      app.fail("These data are of another version of simgen; make the folder again with: simgen view --html");
      return;
    }
    app.data = content;
    listUnaskedClips();
    app.start();
  };

  /** Adds an entry to the list for each clip without questions, after all questions. */
  function listUnaskedClips() {
    const { rows, clips, rooms } = app.data;
    const asked = new Set(rows.clip);
    app.questionCount = rows.id.length;
    clips.forEach((clip, number) => {
      if (asked.has(number)) return;
      const about = {
        id: "", question_id: "", question: "no questions", difficulty: 0, clip: number, frames: clip.frames,
        group: -1, template: -1, rooms: Object.keys(clip.rooms).map((room) => rooms.indexOf(room)), right: [],
      };
      for (const [key, value] of Object.entries(about)) rows[key].push(value);
    });
  }

  /** Whether an entry of the list is a question; otherwise it is a clip that has none. */
  app.isQuestion = (number) => number < app.questionCount;

  /** Called by the script of a clip. */
  app.clip = (id, content) => received.set(id, content);

  /** A promise of a clip with decoded ids and depth. */
  app.loadClip = (id) => {
    const known = clips.get(id);
    clips.delete(id);
    clips.set(id, known || requestClip(id));
    for (const oldest of clips.keys()) {
      if (clips.size <= KEPT_CLIPS) break;
      clips.delete(oldest);
    }
    return clips.get(id);
  };

  async function requestClip(id) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `viewer/data/clips/${encodeURIComponent(id)}.js`;
      script.onload = () => { script.remove(); resolve(); };
      script.onerror = () => { script.remove(); clips.delete(id); reject(new Error(`${script.src} is missing`)); };
      document.head.append(script);
    });
    const content = received.get(id);
    received.delete(id);
    return decodeClip(id, content);
  }

  async function decodeClip(id, content) {
    const { frames } = content;
    const [ids, depth, texts] = await Promise.all([
      unpack(frames.ids.data, frames.ids.size, frames.ids.bytes),
      unpack(frames.depth.data, frames.depth.size, 1),
      inflate(content.texts).then((inflated) => inflated.json()),
    ]);
    const pictures = frames.pictures.map((data) => {
      const picture = new Image();
      picture.src = `data:image/webp;base64,${data}`;
      return picture;
    });
    return {
      id, ...texts, size: frames.size, pictures, ids, idSize: frames.ids.size, depth,
      depthSize: frames.depth.size, near: frames.depth.near, far: frames.depth.far, steps: frames.depth.steps,
    };
  }

  /** A response with the content of compressed text. */
  async function inflate(text) {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")));
  }

  /** Images (T, H, W) of unsigned integers. Each row is stored as its difference to the row above it. */
  async function unpack(text, [width, height], bytes) {
    const buffer = await (await inflate(text)).arrayBuffer();
    const values = bytes === 1 ? new Uint8Array(buffer) : new Uint16Array(buffer);
    for (let start = 0; start < values.length; start += width * height) {
      for (let at = start + width; at < start + width * height; at++) values[at] += values[at - width];
    }
    return values;
  }

  /** The 1-based id of the object at a place in a frame (shares of width and height, 0 to 1); 0 for none. */
  app.idAt = (clip, frame, u, v) => valueAt(clip.ids, clip.idSize, frame, u, v);

  /** Metres along the optical axis at a place in a frame; NaN where nothing was hit. */
  app.depthAt = (clip, frame, u, v) => {
    const level = valueAt(clip.depth, clip.depthSize, frame, u, v);
    return level ? clip.near * (clip.far / clip.near) ** ((level - 1) / clip.steps) : NaN;
  };

  function valueAt(values, [width, height], frame, u, v) {
    const column = Math.min(Math.floor(u * width), width - 1);
    const row = Math.min(Math.floor(v * height), height - 1);
    return values[(frame * height + row) * width + column];
  }

  /** The part of an image stack that is one frame. */
  app.frameOf = (values, [width, height], frame) =>
    values.subarray(frame * width * height, (frame + 1) * width * height);

  return app;
})();
