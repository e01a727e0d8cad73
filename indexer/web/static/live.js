"use strict";
// What others say of a page is shown while one looks at it or types through it.

const live = one("[data-live]");
if (live) {
  const told = one("[data-news]");
  const part = (row, name) => row.querySelector(`[name=${name}]`);
  const inOrder = (rows) => rows.map((row) => row.id).join();
  const fields = () => all("[data-write] li.settle");

  // Puts what is new into the list of lines, row by row where they are the same; the focus stays on its line.
  const renewed = (list, other) => {
    for (const each of all(".chosen")) each.classList.remove("chosen");
    const [rows, others] = [[...list.children], [...other.children]];
    const news = inOrder(rows) !== inOrder(others) || rows.some((row, at) => row.outerHTML !== others[at].outerHTML);
    if (!news) return false;
    const held = document.activeElement.closest(".transcript li"), within = held && [...held.querySelectorAll("a, button")].indexOf(document.activeElement);
    const drawn = all(".lines .drawn");
    if (inOrder(rows) !== inOrder(others)) list.replaceChildren(...others);
    else rows.forEach((row, at) => { if (row.outerHTML !== others[at].outerHTML) row.replaceWith(others[at]); });
    one(".lines").replaceChildren(...other.ownerDocument.querySelector(".lines").children, ...drawn);
    const again = held && document.getElementById(held.id);
    (again?.querySelectorAll("a, button")[within] ?? again)?.focus({ preventScroll: true });
    return true;
  };
  // What somebody is typing stays; they are told what the line says by now.
  const typed = (row, other, before) => {
    const field = part(row, "text"), seen = part(row, "seen"), said = row.querySelector("[data-said]");
    const now = other ? part(other, "text").defaultValue : "";
    if (field.dataset.sending !== undefined || seen.value !== before) return false;  // their own words are on their way
    if (now === field.defaultValue && (!other || part(other, "seen").value === seen.value)) return false;
    const meant = field.value.trim() !== field.defaultValue.trim(), back = other && !other.classList.contains("kept");
    said.classList.toggle("failed", meant);
    if (other) seen.value = part(other, "seen").value;
    if (!meant) field.value = now;
    field.defaultValue = now;
    row.classList.toggle("kept", !back);
    const what = now ? _("Somebody else says “%(now)s” now.", { now }) : _("Somebody else says that there is no text.");
    const anyway = other ? ` ${_("Enter keeps yours all the same.")}` : "";
    if (meant) said.textContent = back ? _("It says “%(now)s” again: somebody took back what was said.", { now }) : what + anyway;
    else said.textContent = back ? _("Somebody has taken back what was said.") : now ? _("Somebody else has just said so.") : _("Somebody else has just said that there is no text.");
    return true;
  };
  const renew = async (isOurs = false) => {
    const before = new Map(fields().map((row) => [row.id, part(row, "seen").value]));
    const answer = await fetch(location.pathname + location.search).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
    let news = false;
    for (const row of fields()) news = typed(row, shown.getElementById(row.id), before.get(row.id)) || news;
    const [list, other] = [one(".transcript"), shown.querySelector(".transcript")];
    if (list && other) news = renewed(list, other);
    if (news) told.textContent = isOurs ? "" : _("Somebody else has just changed this page.");
    const here = new Set(fields().map((row) => row.id));
    if ([...shown.querySelectorAll("[data-write] li.settle")].some((row) => !here.has(row.id))) told.textContent = _("Lines were added to this page: open it again to see them.");
  };
  let seen = Number(live.dataset.revision), stream = null, renewing = Promise.resolve();
  const follow = () => {
    stream?.close();
    stream = document.hidden ? null : new EventSource(live.dataset.live);
    stream?.addEventListener("message", (event) => {
      const now = JSON.parse(event.data).revision;
      if (now !== seen) renewing = renewing.then(() => renew());  // one after the other: an older answer must not come last
      seen = now;
    });
  };
  document.addEventListener("mine", ({ detail: { deed, then } }) => {
    renewing = renewing.then(deed).then(() => renew(true)).then(then);
  });
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
  follow();
}
