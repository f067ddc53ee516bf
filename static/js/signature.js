// The signature field: a full-screen sheet to sign on, 重签 / 确定, a thumbnail in the form.
// The strokes live in the hidden input, so nothing is lost when the page turns, scrolls or comes
// back with an error. Without this module the photographed signature is there and open.
import SignaturePad from "../vendor/signature_pad-5.1.4/signature_pad.min.js";

// The server's measure of "nothing signed" (units/signatures.py).
const LEAST_INK = 60;
const LEAST_EXTENT = 20;
const MARGIN = 12;

const PEN = { minWidth: 1.4, maxWidth: 3.6, penColor: "#000" };

function read(text) {
  try {
    const groups = JSON.parse(text || "[]");
    return Array.isArray(groups) ? groups.map((group) => ({ ...PEN, dotSize: 0, points: group.points })) : [];
  } catch {
    return [];
  }
}

function write(groups) {
  const round = (value) => Math.round(value * 100) / 100;
  return JSON.stringify(
    groups.map(({ points }) => ({
      points: points.map((p) => ({ x: round(p.x), y: round(p.y), pressure: round(p.pressure), time: p.time })),
    })),
  );
}

function bounds(groups) {
  const points = groups.flatMap((group) => group.points);
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function hasInk(groups) {
  if (!groups.some((group) => group.points.length)) return false;
  const { left, right, top, bottom } = bounds(groups);
  let path = 0;
  for (const { points } of groups) {
    for (let i = 1; i < points.length; i += 1) {
      path += Math.hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y);
    }
  }
  return path >= LEAST_INK && Math.max(right - left, bottom - top) >= LEAST_EXTENT;
}

function moved(groups, scale, dx, dy) {
  return groups.map((group) => ({
    ...group,
    points: group.points.map((p) => ({ ...p, x: p.x * scale + dx, y: p.y * scale + dy })),
  }));
}

// Strokes drawn on a sheet of another shape: left as they are while they fit, else shrunk and centred.
function fitted(groups, width, height, always = false) {
  if (!groups.length) return groups;
  const { left, right, top, bottom } = bounds(groups);
  if (!always && left >= 0 && top >= 0 && right <= width && bottom <= height) return groups;
  const scale = Math.min(
    1,
    (width - 2 * MARGIN) / Math.max(right - left, 1),
    (height - 2 * MARGIN) / Math.max(bottom - top, 1),
  );
  return moved(groups, scale, (width - (left + right) * scale) / 2, (height - (top + bottom) * scale) / 2);
}

// Makes the canvas as sharp as the screen; setting its size clears it.
function sharpen(canvas) {
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  canvas.width = Math.round(canvas.offsetWidth * ratio);
  canvas.height = Math.round(canvas.offsetHeight * ratio);
  canvas.getContext("2d").scale(ratio, ratio);
}

function setUp(field) {
  const part = (name) => field.querySelector(`[data-signature-${name}]`);
  const sheet = document.querySelector("[data-signature-sheet]");
  const canvas = sheet.querySelector("[data-signature-canvas]");
  const hint = sheet.querySelector("[data-signature-hint]");
  const input = part("strokes");
  const file = part("file");
  const thumb = part("thumb");
  const pad = new SignaturePad(canvas, { ...PEN, throttle: 8, minDistance: 2 });
  let miniature = null;
  let size = "";

  function showThumb() {
    const groups = read(input.value);
    thumb.hidden = !groups.length;
    part("empty").hidden = groups.length > 0;
    part("again").hidden = !groups.length;
    if (!groups.length || !thumb.offsetWidth) return;
    sharpen(thumb);
    miniature ??= new SignaturePad(thumb, PEN);
    miniature.off();
    miniature.fromData(fitted(groups, thumb.offsetWidth, thumb.offsetHeight, true));
  }

  // Turning the phone, resizing, and bars that come and go on scrolling all end here.
  function redraw() {
    const now = `${canvas.offsetWidth}x${canvas.offsetHeight}`;
    if (!sheet.open || now === size || !canvas.offsetWidth) return;
    const groups = pad.toData();
    size = now;
    sharpen(canvas);
    pad.clear();
    pad.fromData(fitted(groups, canvas.offsetWidth, canvas.offsetHeight));
  }

  function open() {
    if (sheet.showModal) sheet.showModal();
    else sheet.setAttribute("open", "");
    document.documentElement.style.overflow = "hidden";
    hint.hidden = true;
    size = "";
    sharpen(canvas);
    pad.clear();
    pad.fromData(fitted(read(input.value), canvas.offsetWidth, canvas.offsetHeight));
    size = `${canvas.offsetWidth}x${canvas.offsetHeight}`;
  }

  function close() {
    if (sheet.close) sheet.close();
    else sheet.removeAttribute("open");
  }

  // What the server missed has been given since.
  function hideError() {
    const error = document.getElementById("id_signature_error");
    if (error) error.hidden = true;
  }

  const doings = {
    cancel: close,
    clear() {
      pad.clear();
      hint.hidden = true;
    },
    done() {
      const groups = pad.toData();
      if (!hasInk(groups)) {
        hint.hidden = false;
        return;
      }
      input.value = write(groups);
      file.value = "";
      input.dispatchEvent(new Event("change", { bubbles: true }));
      close();
      hideError();
      showThumb();
    },
  };

  field.querySelectorAll("[data-signature-open]").forEach((button) => button.addEventListener("click", open));
  sheet.querySelectorAll("[data-signature-do]").forEach((button) => {
    button.addEventListener("click", doings[button.dataset.signatureDo]);
  });
  sheet.addEventListener("close", () => {
    document.documentElement.style.overflow = "";
  });
  pad.addEventListener("beginStroke", () => {
    hint.hidden = true;
  });
  // One signature only: choosing a photograph takes the drawn one back.
  file.addEventListener("change", () => {
    if (!file.files.length) return;
    input.value = "";
    hideError();
    showThumb();
  });
  new ResizeObserver(redraw).observe(canvas);
  window.addEventListener("orientationchange", redraw);
  window.addEventListener("pageshow", showThumb);
  part("js").hidden = false;
  part("other").open = Boolean(field.querySelector("[data-carried]"));
  showThumb();
}

const field = document.querySelector("[data-signature]");
if (field) setUp(field);
