"use strict";
// Keyboard, zoom and copying; every page works without it.

// Messages in the language of the page, their placeholders filled in; "_n" takes the one for so many.
const texts = JSON.parse(document.querySelector("#texts")?.textContent ?? "{}");
const filled = (text, named) => text.replace(/%\((\w+)\)s/g, (all, name) => named[name] ?? all).replaceAll("%%", "%");
const _ = (message, named = {}) => filled(texts[message] ?? message, named);
const plural = new Intl.PluralRules(document.documentElement.lang);
const _n = (single, many, n, named = {}) => filled((texts[single] ?? [single, many])[plural.select(n) === "one" ? 0 : 1], { n: n.toLocaleString(document.documentElement.lang), ...named });
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const typing = () => ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement?.tagName);

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !typing() && one("#q")) {
    event.preventDefault();
    one("#q").focus();
    one("#q").select();
  }
  const hits = all("[data-hit] .ink");
  if (hits.length && (event.key === "ArrowDown" || event.key === "ArrowUp") && (!typing() || document.activeElement.id === "q")) {
    event.preventDefault();
    const at = hits.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? Math.min(at + 1, hits.length - 1) : at - 1;
    (hits[next] ?? one("#q")).focus();
  }
});

const asked = one("#q");
if (asked) {
  const list = Object.assign(document.createElement("ul"), { id: "completions", className: "completions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", _("Words of the archive"));
  asked.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) asked.setAttribute(name, value);
  let waiting = 0, chosen = -1;
  const choose = (at) => {
    chosen = at;
    [...list.children].forEach((each, place) => each.setAttribute("aria-selected", String(place === at)));
    if (at < 0) asked.removeAttribute("aria-activedescendant");
    else asked.setAttribute("aria-activedescendant", list.children[at].id);
  };
  const show = (completions) => {
    list.replaceChildren(...completions.map((each, at) => {
      const option = Object.assign(document.createElement("li"), { id: `completion-${at}`, textContent: each.word });
      option.setAttribute("role", "option");
      option.dataset.query = each.query;
      const lines = Math.round(each.lines);
      option.append(Object.assign(document.createElement("span"), { className: "quiet", textContent: ` ${_n("about %(n)s line", "about %(n)s lines", lines)}` }));
      return option;
    }));
    list.hidden = !completions.length;
    asked.setAttribute("aria-expanded", String(!list.hidden));
    choose(-1);
  };
  const ask = async () => {
    const query = asked.value;
    const answer = query.trim() ? await fetch(`/api/v1/completions?q=${encodeURIComponent(query)}`).catch(() => null) : null;
    const found = answer?.ok ? await answer.json() : [];
    if (asked.value === query && document.activeElement === asked) show(found);
  };
  const take = (option) => {
    asked.value = option.dataset.query;
    show([]);
    asked.form.requestSubmit();
  };
  asked.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 100); });
  asked.addEventListener("blur", () => show([]));
  asked.addEventListener("keydown", (event) => {
    const many = list.children.length;
    if (!many || event.isComposing) return;
    const to = { ArrowDown: chosen + 1 < many ? chosen + 1 : -1, ArrowUp: chosen < 0 ? many - 1 : chosen - 1 }[event.key];
    if (to !== undefined) choose(to);
    else if (event.key === "Escape") show([]);
    else if (event.key === "Enter" && chosen >= 0) take(list.children[chosen]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();  // the field keeps the focus
    const option = event.target.closest("li");
    if (option) take(option);
  });
}

const review = one("[data-review]");
if (review) {
  const text = one("#text");
  text.setSelectionRange(text.value.length, text.value.length);
  history.replaceState(null, "", review.dataset.address);  // the address of the line that is shown
  document.addEventListener("keydown", (event) => {
    const press = (selector) => { event.preventDefault(); one(selector)?.click(); };
    if (event.key === "Enter" && !event.shiftKey && document.activeElement === text) press("[data-review] .first");
    else if (event.altKey && event.code === "KeyN") press("[data-review] [value=reject]");
    else if (event.altKey && event.code === "KeyS") press("[data-skip]");
    else if (event.altKey && event.code === "KeyZ") press("[data-undo]");
    else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
      event.preventDefault();
      all("[data-near]")[Number(event.code.slice(5)) - 1]?.click();
    }
  });
  for (const near of all("[data-near]")) {
    near.hidden = false;
    near.addEventListener("click", () => {
      const words = text.value.split(" ");
      const {was, at} = near.dataset;
      const place = words[at] === was ? at : words.indexOf(was);
      if (place >= 0) words[place] = near.dataset.near;
      text.value = words.join(" ");
      text.focus();
    });
  }
}

const write = one("[data-write]");
if (write) {
  const fields = all("[data-text]");
  const done = [];
  const row = (field) => field.closest("li");
  const hidden = (field, name) => row(field).querySelector(`[name=${name}]`);
  const say = (field, text, wrong = false) => {
    const said = row(field).querySelector("[data-said]");
    said.textContent = text;
    said.classList.toggle("failed", wrong);
  };
  const move = (field, by) => {
    const next = fields[fields.indexOf(field) + by];
    (next ?? (by > 0 ? write.querySelector(".first") : field)).focus();
    next?.select();
  };
  const ask = async (field, method, body) => {
    const address = `/api/v1/lines/${field.dataset.text}/verdict${method === "DELETE" ? `?verdict=${body}` : ""}`;
    const sent = method === "DELETE" ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return fetch(address, { method, ...sent }).catch(() => null);
  };
  const shown = (field, line) => {
    field.value = field.defaultValue = line.text;
    hidden(field, "seen").value = line.revision;
    hidden(field, "sure").value = "";
    row(field).classList.toggle("kept", line.verdict > 0);
  };
  // Keeps what stands in a field; gives whether the next one may follow.
  const keep = async (field) => {
    const text = field.value.trim();
    if (field.dataset.sending !== undefined) return true;
    const kind = !text ? "reject" : text === field.defaultValue ? "accept" : "correct";
    if (kind === "accept" && row(field).classList.contains("kept")) return true;
    field.dataset.sending = text;
    const sure = text !== "" && hidden(field, "sure").value === text;
    const answer = await ask(field, "PUT", { kind, text: text || null, seen: hidden(field, "seen").value, sure });
    const told = await answer?.json().catch(() => null);
    delete field.dataset.sending;
    if (answer?.ok) {
      const meant = field.value;
      shown(field, told);
      if (meant.trim() !== text) field.value = meant;  // it was typed on meanwhile
      if (kind === "reject") row(field).classList.add("kept");
      done.push([field, told.verdict]);
      say(field, kind === "reject" ? _("kept: no text") : _("kept"));
      return true;
    }
    const doubted = told?.doubted === true;
    if (doubted) hidden(field, "sure").value = text;
    say(field, doubted ? `${told.detail} ${_("Enter keeps it all the same.")}` : told?.detail ?? _("The server does not answer: nothing was kept."), true);
    return false;
  };
  const undo = async () => {
    const last = done.pop();
    if (!last) return;
    const [field, verdict] = last;
    const answer = await ask(field, "DELETE", verdict);
    const line = answer?.ok ? await fetch(`/api/v1/lines/${field.dataset.text}`) : null;
    if (line?.ok) shown(field, await line.json());
    say(field, answer?.ok ? _("taken back") : _("It could not be taken back: somebody else has settled the line."), !answer?.ok);
    field.focus();
  };
  const offer = async (field) => {
    const place = row(field).querySelector("[data-offers]");
    if (place.dataset.asked) return;
    place.dataset.asked = "1";
    const answer = await fetch(`/api/v1/lines/${field.dataset.text}/near`).catch(() => null);
    const offers = answer?.ok ? (await answer.json()).flatMap((each) => each.near.map((near) => ({ ...each, near }))) : [];
    place.replaceChildren(...offers.map(({ at, word, near }, number) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "near", textContent: near });
      button.dataset.offer = near;
      if (number < 9) button.append(" ", Object.assign(document.createElement("kbd"), { textContent: `Alt+${number + 1}` }));
      button.title = _("instead of %(word)s", { word });
      button.addEventListener("click", () => {
        const words = field.value.split(" ");
        const where = words[at] === word ? at : words.indexOf(word);
        if (where >= 0) words[where] = near;
        field.value = words.join(" ");
        field.focus();
      });
      return button;
    }));
    place.hidden = !offers.length;
  };
  for (const field of fields) {
    field.addEventListener("focus", () => offer(field));
    field.addEventListener("change", () => { if (field.value.trim() !== field.defaultValue) keep(field); });
    field.addEventListener("keydown", async (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") {
        event.preventDefault();
        if (await keep(field)) move(field, 1);
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(field, event.key === "ArrowDown" ? 1 : -1);
      } else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
        event.preventDefault();
        row(field).querySelectorAll("[data-offer]")[Number(event.code.slice(5)) - 1]?.click();
      }
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.altKey && event.code === "KeyZ") { event.preventDefault(); undo(); }
  });
  const wanted = fields.find((field) => `#${field.id}` === location.hash);
  (wanted ?? fields.find((field) => !row(field).classList.contains("kept")) ?? fields[0])?.focus();
}

const drawn = one("[data-drawn]");
if (drawn) {
  const { x, y, width, height, text } = drawn.elements;
  const said = drawn.querySelector("[data-said]");
  const before = text.value;
  said.textContent = _("The line is being read …");
  fetch(`${drawn.dataset.drawn}?${new URLSearchParams({ x: x.value, y: y.value, width: width.value, height: height.value })}`)
    .then(async (answer) => [answer.ok, await answer.json()])
    .catch(() => [false, null])
    .then(([ok, told]) => {
      if (!ok) said.textContent = `${told?.detail ?? _("The line could not be read.")} ${_("Type what it says.")}`;
      else if (!told.text) said.textContent = `${_("Nothing was read there.")} ${_("Type what it says.")}`;
      else {
        const percent = Math.round(100 * told.confidence);
        const taken = text.value === before && (!before || told.confidence >= 0.5);  // nobody has typed meanwhile
        if (taken) {
          text.value = told.text;
          [x.value, y.value, width.value, height.value] = told.box;
        }
        said.textContent = taken ? _("As it was read.") : _("It was read as “%(text)s”.", told);
        if (told.confidence !== null) said.textContent += ` ${_("That is %(percent)s %% sure.", { percent })}`;
      }
    });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); drawn.requestSubmit(); }
  });
}

document.addEventListener("keydown", (event) => {
  if (!typing() && !event.ctrlKey && !event.metaKey) one(`[data-turn="${CSS.escape(event.key)}"]`)?.click();
});

if (one("[data-turning]")) {
  new EventSource("/events").addEventListener("message", async () => {
    const answer = await fetch(location.href);
    if (answer.ok && !(await answer.text()).includes("data-turning")) location.reload();
  });
}

const follow = one("[data-follow]");
if (follow) {
  let first = true;
  new EventSource(follow.dataset.follow).addEventListener("message", async () => {
    if (first) { first = false; return; }
    const held = document.activeElement?.closest("form")?.getAttribute("action");
    const answer = await fetch(location.href).catch(() => null);
    const shown = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-follow]");
    if (!shown) return;
    one("[data-follow]").replaceChildren(...shown.children);
    if (held && document.activeElement === document.body) one(`[data-follow] form[action="${CSS.escape(held)}"] button`)?.focus();
  });
}

const copy = one("[data-copy]");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(all(".transcript .words").map((each) => each.textContent).join("\n"));
    copy.textContent = _("Copied");
    setTimeout(() => { copy.textContent = _("Copy the text"); }, 2000);
  });
}

const progress = one("[data-progress]");
if (progress) {
  let first = true;
  const renewed = async () => {
    if (!one("[data-jobs]")) return;
    const answer = await fetch(location.href);
    const shown = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-jobs]");
    if (answer.ok && shown) one("[data-jobs]").replaceWith(shown);
  };
  new EventSource("/events").addEventListener("message", (event) => {
    const now = JSON.parse(event.data);
    if (!first) renewed().catch(() => {});  // the page may be left meanwhile
    first = false;
    const waiting = now.waiting ? `${_n("%(n)s document is being read.", "%(n)s documents are being read.", now.waiting)} ` : "";
    progress.textContent = waiting + _n("%(n)s page is in the archive.", "%(n)s pages are in the archive.", now.pages);
  });
  const form = one("[data-drop]");
  const over = (event) => { event.preventDefault(); form.classList.toggle("over", event.type === "dragover"); };
  for (const name of ["dragover", "dragleave"]) form?.addEventListener(name, over);
  form?.addEventListener("drop", (event) => {
    over(event);
    one("#files").files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
