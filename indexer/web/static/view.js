"use strict";
// A page is zoomed, moved and drawn on; without this it is read as it stands.

const view = one("[data-view]");
if (view) {
  const sheet = one("[data-sheet]");
  const image = sheet.querySelector("img");
  const [width, height] = ["width", "height"].map((name) => Number(image.getAttribute(name)));
  let scale = 1;
  const zoom = (to, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
    const before = scale;
    scale = Math.min(Math.max(8, 2 * width / view.clientWidth), Math.max(1, to));
    const left = (view.scrollLeft + x) * scale / before - x;
    const top = (view.scrollTop + y) * scale / before - y;
    sheet.style.width = `${scale * 100}%`;
    image.sizes = `${Math.round(view.clientWidth * scale)}px`;
    view.scrollTo(left, top);
  };
  const steps = { in: () => zoom(scale * 1.4), out: () => zoom(scale / 1.4), fit: () => zoom(1) };
  for (const button of all("[data-zoom]")) button.addEventListener("click", steps[button.dataset.zoom]);
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const place = view.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - place.left, event.clientY - place.top);
  }, { passive: false });
  let pinch = null;
  const fingers = (event) => {
    const place = view.getBoundingClientRect();
    const [a, b] = event.touches;
    return {
      apart: Math.max(20, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)),
      x: (a.clientX + b.clientX) / 2 - place.left, y: (a.clientY + b.clientY) / 2 - place.top,
    };
  };
  view.addEventListener("touchstart", (event) => {
    pinch = event.touches.length === 2 ? { ...fingers(event), scale } : null;
  }, { passive: true });
  view.addEventListener("touchmove", (event) => {
    if (!pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const now = fingers(event);
    zoom(pinch.scale * now.apart / pinch.apart, now.x, now.y);
    view.scrollBy(pinch.x - now.x, pinch.y - now.y);
    Object.assign(pinch, { x: now.x, y: now.y });
  }, { passive: false });
  view.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") steps.in();
    else if (event.key === "-") steps.out();
    else if (event.key === "0") steps.fit();
  });

  // Where the original has more pixels than the picture of the whole page, parts of it are laid over that.
  const tiles = Object.assign(document.createElement("div"), { className: "tiles" });
  const SIDE = 512, MOST = 2400 / Math.max(2400, width, height);  // the picture has so much of the width of the page
  const laid = new Map();
  const wanted = () => {
    const shown = sheet.clientWidth * devicePixelRatio / width;
    const factor = 2 ** Math.max(0, Math.floor(Math.log2(1 / shown)));
    const side = SIDE * factor, by = width / sheet.clientWidth, found = [];
    if (!sheet.dataset.image || shown < 1.1 * MOST || 1 / factor < 1.1 * MOST) return found;
    const [right, bottom] = [Math.min(width, (view.scrollLeft + view.clientWidth) * by), Math.min(height, (view.scrollTop + view.clientHeight) * by)];
    for (let y = Math.floor(view.scrollTop * by / side) * side; y < bottom; y += side)
      for (let x = Math.floor(view.scrollLeft * by / side) * side; x < right; x += side)
        found.push([x, y, Math.min(side, width - x), Math.min(side, height - y), factor]);
    return found;
  };
  const lay = () => {
    const now = new Map(wanted().map((each) => [each.join(), each]));
    const prune = () => {
      if ([...now.keys()].some((key) => laid.has(key) && !laid.get(key).complete)) return;
      for (const [key, tile] of laid) if (!now.has(key)) { tile.remove(); laid.delete(key); }
    };
    for (const [key, [x, y, across, down, factor]] of now) {
      if (laid.has(key)) continue;
      const tile = Object.assign(new Image(), { alt: "", decoding: "async" });
      Object.assign(tile.style, { left: `${100 * x / width}%`, top: `${100 * y / height}%`, width: `${100 * across / width}%`, height: `${100 * down / height}%` });
      tile.addEventListener("load", lay);
      tile.addEventListener("error", () => tile.remove());  // the picture below stays
      tile.src = `${sheet.dataset.image}/${x},${y},${across},${down}/${Math.ceil(across / factor)},${Math.ceil(down / factor)}/0/default.jpg`;
      laid.set(key, tile);
      tiles.append(tile);
    }
    prune();
  };
  let soon = 0;
  const later = () => { soon ||= requestAnimationFrame(() => { soon = 0; lay(); }); };
  image.after(tiles);
  view.addEventListener("scroll", later);
  new ResizeObserver(later).observe(sheet);

  // The hand: a mouse that is held moves the page.
  let hand = null;
  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0 && !view.classList.contains("drawing"))
      hand = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop, moved: false };
  });
  addEventListener("pointermove", (event) => {
    if (!hand) return;
    const [x, y] = [event.clientX - hand.x, event.clientY - hand.y];
    hand.moved ||= Math.hypot(x, y) > 4;
    if (hand.moved) view.scrollTo(hand.left - x, hand.top - y);
    view.classList.toggle("held", hand.moved);
  });
  addEventListener("pointerup", () => {
    hand = null;
    setTimeout(() => view.classList.remove("held"));  // after the click that may follow
  });

  view.addEventListener("click", (event) => {
    if (view.classList.contains("held")) { event.preventDefault(); event.stopPropagation(); }
  }, true);

  const draws = all("[data-draw]");
  const rectangle = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  rectangle.setAttribute("class", "drawn");
  let from = null;
  const drawing = (chosen) => {
    for (const each of draws) each.setAttribute("aria-pressed", String(each === chosen));
    view.classList.toggle("drawing", chosen !== null);
    rectangle.remove();
    from = null;
  };
  const place = (event) => {
    const box = sheet.getBoundingClientRect();
    const part = (at, whole) => Math.min(100, Math.max(0, 100 * at / whole));
    return [part(event.clientX - box.left, box.width), part(event.clientY - box.top, box.height)];
  };
  const chosen = () => draws.find((each) => each.getAttribute("aria-pressed") === "true") ?? null;
  for (const each of draws) {
    each.hidden = false;
    each.addEventListener("click", () => drawing(chosen() === each ? null : each));
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") drawing(null); });
  sheet.addEventListener("dragstart", (event) => event.preventDefault());
  sheet.addEventListener("click", (event) => { if (view.classList.contains("drawing")) event.preventDefault(); });
  sheet.addEventListener("pointerdown", (event) => {
    if (!view.classList.contains("drawing")) return;
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    from = place(event);
    for (const name of ["x", "y", "width", "height"]) rectangle.setAttribute(name, 0);
    sheet.querySelector("svg").append(rectangle);
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = place(event);
    for (const [at, name, size] of [[0, "x", "width"], [1, "y", "height"]]) {
      rectangle.setAttribute(name, Math.min(from[at], to[at]));
      rectangle.setAttribute(size, Math.abs(from[at] - to[at]));
    }
  });
  sheet.addEventListener("pointerup", () => {
    if (!from) return;
    const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => Number(rectangle.getAttribute(name)));
    const draw = chosen();
    drawing(null);
    if (width && height) location.href = `${draw.dataset.draw}?${new URLSearchParams({ left, top, width, height })}`;
  });
  const choose = (id, on) => {
    one(`[data-line="${id}"]`)?.classList.toggle("chosen", on);
    one(`[data-of="${id}"]`)?.classList.toggle("chosen", on);
  };
  for (const [name, on] of [["pointerenter", true], ["pointerleave", false]]) {
    document.addEventListener(name, ({ target }) => {
      const id = target.dataset?.line ?? target.dataset?.of;
      if (id) choose(id, on);
    }, true);  // also of lines that are shown later
  }
}
