// The review by words: keys on a wall of crops, the way on, and lists from files.
const wall = one("[data-wall]");
if (wall) {
  const ticks = [...wall.querySelectorAll("input[type=checkbox]")];
  const count = () => {
    const wrong = ticks.filter((each) => each.checked).length;
    wall.querySelector("[data-count]").textContent = _("%(right)s right, %(wrong)s wrong", { right: ticks.length - wrong, wrong });
  };
  const top = (tick) => tick.closest("li").offsetTop;
  const along = (at) => ticks.filter((each) => top(each) === top(ticks[at])).length;
  wall.addEventListener("change", count);
  wall.addEventListener("keydown", (event) => {
    const at = ticks.indexOf(document.activeElement);
    if (at < 0) return;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -along(0), ArrowDown: along(0) }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      ticks[at + by]?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      wall.requestSubmit();
    }
  });
  count();
}

const onward = one("[data-onward]");
if (onward) onward.focus();

const undone = one("[data-undo]");
if (undone && !one("[data-review]")) {
  document.addEventListener("keydown", (event) => {
    if (event.altKey && event.code === "KeyZ") { event.preventDefault(); undone.click(); }
  });
}

const list = one("[data-list]");
if (list) {
  const place = one("[data-file]");
  place.hidden = false;
  place.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) list.value = (await file.text()).split(/\r?\n/).map((line) => line.trim()).filter((line) => line && !line.startsWith("#")).join("\n").slice(0, 5000);
  });
}
