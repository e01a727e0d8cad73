"use strict";
// Lines of a page are put into another order: by clicking them one after the other, by their arrows, and by keyboard.

const ordering = one("[data-order]");
if (ordering) {
  const list = ordering.querySelector(".ordered");
  const rows = () => [...list.children];
  const words = (row) => row.querySelector(".words").textContent.trim();
  const onPage = (row) => one(`[data-place="${row.dataset.row}"]`);
  const click = one("[data-click]");
  const first = rows().map((row) => row.dataset.row).join();
  const changed = () => rows().map((row) => row.dataset.row).join() !== first;
  let last = null, sent = false;

  const shown = (row) => {
    const centres = rows().map((each, at) => {
      each.querySelector(".place").value = at + 1;
      onPage(each).querySelector("text").textContent = at + 1;
      const circle = onPage(each).querySelector("circle");
      return `${circle.getAttribute("cx")},${circle.getAttribute("cy")}`;
    });
    one("[data-path]").setAttribute("points", centres.join(" "));
    if (row) one("[data-told]").textContent = _("“%(text)s” is line %(number)s of %(all)s now.", { text: words(row), number: rows().indexOf(row) + 1, all: rows().length });
  };
  const blockOf = (row) => rows().filter((each) => each.dataset.block === row.dataset.block);
  const run = (row, way) => {  // the last row of the same block, going that way
    let end = row;
    while (end[way]?.dataset.block === row.dataset.block) end = end[way];
    return end;
  };
  const move = (row, up, whole) => {
    const moved = whole ? blockOf(row) : [row];
    const beside = up ? moved[0].previousElementSibling : moved.at(-1).nextElementSibling;
    if (!beside) return;
    const held = document.activeElement;
    const end = whole ? run(beside, up ? "previousElementSibling" : "nextElementSibling") : beside;
    if (up) end.before(...moved);
    else end.after(...moved);
    held.focus();  // what is moved loses it
    row.scrollIntoView({ block: "nearest" });
    shown(row);
  };
  const button = (row, sign, told, up, whole) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: sign });
    made.setAttribute("aria-label", `${told}: ${words(row)}`);
    made.addEventListener("click", (event) => { event.stopPropagation(); move(row, up, whole); });
    return made;
  };
  const several = new Set(rows().map((row) => row.dataset.block)).size > 1;
  const clicking = (on) => {
    click.setAttribute("aria-pressed", String(on));
    document.body.classList.toggle("clicking", on);
    for (const each of all(".placed")) each.classList.remove("placed");
    last = null;
    one("[data-told]").textContent = on ? _("The first line that you click stays, each further one comes behind the one before. Escape ends it.") : "";
  };
  const take = (row) => {
    if (click.getAttribute("aria-pressed") !== "true" || row === last) return;
    if (last) last.after(row);
    last = row;
    for (const each of [row, onPage(row)]) each.classList.add("placed");
    shown(row);
  };
  for (const row of rows()) {
    row.querySelector(".place").type = "hidden";
    const tools = Object.assign(document.createElement("span"), { className: "moves" });
    tools.append(button(row, "↑", _("Up"), true, false), button(row, "↓", _("Down"), false, false));
    if (several) tools.append(button(row, _("block ↑"), _("Block up"), true, true), button(row, _("block ↓"), _("Block down"), false, true));
    row.append(tools);
    row.addEventListener("click", () => take(row));
    onPage(row).addEventListener("click", () => take(row));
    for (const each of [row, onPage(row)]) {
      for (const [name, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
        each.addEventListener(name, () => { for (const one of [row, onPage(row)]) one.classList.toggle("chosen", on); });
      }
    }
    row.addEventListener("keydown", (event) => {
      if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
      event.preventDefault();
      move(row, event.key === "ArrowUp", event.shiftKey);
    });
  }
  list.classList.add("scripted");
  click.hidden = one("[data-hint]").hidden = false;
  one("[data-plain]").hidden = true;
  one("[data-told]").className = "quiet";
  click.addEventListener("click", () => clicking(click.getAttribute("aria-pressed") !== "true"));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") clicking(false); });
  ordering.addEventListener("submit", () => { sent = true; });
  addEventListener("beforeunload", (event) => { if (changed() && !sent) event.preventDefault(); });
}
