"use strict";
// Lines of a page are deleted, and the place of one is corrected by handles.

const transcript = one(".transcript[data-page]");
if (transcript) {
  transcript.classList.add("scripted");
  const [told, back] = [one("[data-deleted]"), one("[data-back]")];
  const done = [];
  const row = (of) => of.closest(".transcript li");
  // Does something, shows the page as it is then, and goes on.
  const mine = (deed, then) => document.dispatchEvent(new CustomEvent("mine", { detail: { deed, then } }));
  const say = (text) => {
    told.textContent = text;
    back.hidden = !done.length;
  };
  const ask = async (line, method, query = "", body = undefined) => {
    const sent = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`/api/v1/lines/${line}/verdict${query}`, { method, ...sent }).catch(() => null);
    const why = await answer?.json().catch(() => null);
    return [answer?.ok ?? false, why, why?.detail ?? _("The server does not answer: nothing was changed.")];
  };
  const drop = (line) => {
    const [id, seen] = [line.dataset.of, line.dataset.seen];
    const text = line.querySelector(".words").textContent, next = (line.nextElementSibling ?? line.previousElementSibling)?.id;
    mine(async () => {
      const [ok, answer, why] = await ask(id, "PUT", "", { kind: "reject", text: null, seen });
      if (ok) done.push([id, answer.verdict, text]);
      say(ok ? _("“%(text)s” is deleted.", { text }) : why);
    }, () => document.getElementById(next)?.focus());
  };
  const undo = () => {
    const last = done.pop();
    if (!last) return;
    const [id, verdict, text] = last;
    mine(async () => {
      const [ok, , why] = await ask(id, "DELETE", `?verdict=${verdict}`);
      say(ok ? _("“%(text)s” is there again.", { text }) : why);
    }, () => document.getElementById(`line-${id}`)?.focus());
  };

  let placed = null;  // the line whose place is corrected, and its edges in percent of the page
  const bar = one("[data-placing]"), sheet = one("[data-sheet]");
  const frame = Object.assign(document.createElement("div"), { className: "placed" });
  const names = { whole: _("The whole line"), left: _("Left edge"), right: _("Right edge"), top: _("Upper edge"), bottom: _("Lower edge") };
  const show = () => {
    const { left, top, right, bottom } = placed;
    Object.assign(frame.style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
  };
  const leave = () => {
    if (!placed) return;
    const line = document.getElementById(`line-${placed.line}`);
    placed = null;
    frame.remove();
    bar.hidden = true;
    line?.querySelector("[data-place]").focus();
  };
  const move = (edge, x, y) => {
    const least = 0.2, within = (at, low, high) => Math.min(high, Math.max(low, at));
    const { left, top, right, bottom } = placed;
    if (edge === "left") placed.left = within(left + x, 0, right - least);
    if (edge === "right") placed.right = within(right + x, left + least, 100);
    if (edge === "top") placed.top = within(top + y, 0, bottom - least);
    if (edge === "bottom") placed.bottom = within(bottom + y, top + least, 100);
    if (edge === "whole") {
      const [across, down] = [within(x, -left, 100 - right), within(y, -top, 100 - bottom)];
      Object.assign(placed, { left: left + across, right: right + across, top: top + down, bottom: bottom + down });
    }
    show();
  };
  const read = () => {
    const { line, left, top, right, bottom } = placed;
    location.href = `${transcript.dataset.page}/line?${new URLSearchParams({ left, top, width: right - left, height: bottom - top, line })}`;
  };
  for (const [edge, name] of Object.entries(names)) {
    const handle = Object.assign(document.createElement("button"), { type: "button", className: "handle" });
    handle.dataset.edge = edge;
    handle.setAttribute("aria-label", _("%(edge)s: arrow keys move it", { edge: name }));
    let from = null;
    handle.addEventListener("pointerdown", (event) => {
      event.stopPropagation();  // the page stays where it is
      handle.setPointerCapture(event.pointerId);
      from = [event.clientX, event.clientY];
    });
    handle.addEventListener("pointermove", (event) => {
      if (!from) return;
      move(edge, 100 * (event.clientX - from[0]) / sheet.clientWidth, 100 * (event.clientY - from[1]) / sheet.clientHeight);
      from = [event.clientX, event.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => { from = null; });
    handle.addEventListener("keydown", (event) => {
      const by = event.shiftKey ? 1 : 0.1;
      const to = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
      if (to) move(edge, ...to);
      else if (event.key === "Enter") read();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    frame.append(handle);
  }
  const place = (line) => {
    leave();
    const mark = one(`rect[data-line="${line.dataset.of}"]`);
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(mark.getAttribute(name)));
    placed = { line: line.dataset.of, left: x, top: y, right: x + width, bottom: y + height };
    show();
    sheet.append(frame);
    bar.hidden = false;
    frame.scrollIntoView({ block: "center", inline: "center" });
    frame.firstChild.focus({ preventScroll: true });
  };

  transcript.addEventListener("click", ({ target }) => {
    if (target.closest("[data-delete]")) drop(row(target));
    else if (target.closest("[data-place]")) place(row(target));
  });
  back.addEventListener("click", undo);
  bar.querySelector("[data-read]").addEventListener("click", read);
  bar.querySelector("[data-leave]").addEventListener("click", leave);
  document.addEventListener("keydown", (event) => {
    const line = row(document.activeElement);
    if (event.key === "Delete" && line) drop(line);
    else if (event.altKey && event.code === "KeyZ") undo();
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  });
}
