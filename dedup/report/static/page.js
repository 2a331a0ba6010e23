// j and k move between stops (passages, documents); Enter is the link's own. The two texts scroll together; what of a
// whole text is counted and marked follows its switches at once.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const shown = (element) => element.offsetParent !== null;

let current = null;

const dimmed = (stop) => {
  const pair = stop.closest(".pair");
  const next = stop.nextElementSibling;
  return pair?.querySelector(".dim")?.checked && next && next.matches("mark.boilerplate");
};

const move = (step, within = document) => {
  const stops = all("[data-stop]", within).filter((stop) => shown(stop) && !dimmed(stop));
  const at = stops.indexOf(current);
  const next = stops[Math.min(Math.max(at + step, 0), stops.length - 1)];
  if (next) next.focus({ preventScroll: Boolean(next.closest(".text")) });
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("textarea, select, input:not([type=checkbox])");
  if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  if (all(".keys").some((box) => !box.checked)) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
});

for (const button of all("[data-step]")) {
  const within = button.closest(".pair, .whole");
  button.addEventListener("click", () => move(Number(button.dataset.step), within));
}

document.addEventListener("focusin", ({ target }) => {
  if (target.matches("[data-stop]")) current = target;
});

for (const pair of all(".pair")) {
  const texts = all(".text", pair);
  const badges = texts.map((text) => new Map(all(".n", text).map((badge) => [badge.dataset.n, badge])));
  const expected = new Map();

  const top = (side, element) =>
    element.getBoundingClientRect().top - texts[side].getBoundingClientRect().top + texts[side].scrollTop;
  const third = () => texts[0].clientHeight / 3;
  const end = (side) => texts[side].scrollHeight - texts[side].clientHeight;

  // passages that follow each other alike in both texts: where the texts stand side by side
  const chain = [...badges[0]].filter(([n, badge]) => "inOrder" in badge.dataset && badges[1].has(n))
    .map(([n, badge]) => [badge, badges[1].get(n)]);
  const place = (side, badge) => Math.min(Math.max(top(side, badge) - third(), 0), end(side));
  const knot = (i) => {
    if (i < 0) return [0, 0];
    return i < chain.length ? chain[i].map((badge, side) => place(side, badge)) : [end(0), end(1)];
  };

  const put = (side, to) => {
    const before = texts[side].scrollTop;
    texts[side].scrollTop = to;
    if (texts[side].scrollTop !== before) expected.set(side, texts[side].scrollTop);
  };

  // measured anew each time: blocks out of sight have an estimated height
  const follow = (side) => {
    const now = texts[side].scrollTop;
    const own = expected.get(side) === now;
    expected.delete(side);
    if (own || !pair.querySelector(".together").checked) return;
    let [low, high] = [0, chain.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place(side, chain[middle][side]) > now) high = middle;
      else low = middle + 1;
    }
    const [from, to] = [knot(low - 1), knot(low)];
    const share = (now - from[side]) / (to[side] - from[side] || 1);
    put(1 - side, from[1 - side] + share * (to[1 - side] - from[1 - side]));
  };

  const show = (n) => {
    for (const mark of all("mark", pair)) mark.classList.toggle("on", mark.dataset.n === n);
    texts.forEach((_, side) => badges[side].has(n) && put(side, place(side, badges[side].get(n))));
  };

  const select = (n) => {
    show(n);
    pair.querySelector(".sides").scrollIntoView({ block: "nearest" });
    const count = badges[0].size;
    pair.querySelector(".status").textContent = `Passage ${n} of ${count}: ${badges[0].get(n)?.title ?? ""}`;
  };

  texts.forEach((text, side) => {
    text.addEventListener("scroll", () => follow(side), { passive: true });
    text.addEventListener("focusin", ({ target }) => {
      if (!target.dataset.n) return;
      current = badges[0].get(target.dataset.n) ?? current;
      select(target.dataset.n);
    });
    text.addEventListener("click", (event) => {
      const n = event.target.closest("[data-n]")?.dataset.n;
      if (!n || !getSelection().isCollapsed) return;
      event.preventDefault();
      const side = event.target.closest("a.n") ? 1 - texts.indexOf(text) : texts.indexOf(text);
      badges[side].get(n)?.focus({ preventScroll: true });
    });
  });

  for (const bar of all(".strip a", pair)) {
    bar.addEventListener("click", (event) => {
      event.preventDefault();
      badges[bar.closest(".side") === texts[0].closest(".side") ? 0 : 1].get(bar.dataset.n)?.focus({ preventScroll: true });
    });
  }

  // the first passage, or the one of the address, is in sight on both sides when the pair first is
  const first = badges[0].get("1");
  new IntersectionObserver((seen, observer) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    observer.disconnect();
    const named = document.getElementById(location.hash.slice(1));
    const badge = pair.contains(named) && named.dataset.n ? named : first;
    if (!badge) return;
    current = current ?? (named ? badge : null);
    show(badge.dataset.n);
  }).observe(pair);
}

// "0.1 1.3": copied in source 1, reworded in source 3; the kinds are in the order of their weight
const KINDS = ["copied", "reworded", "boilerplate"];
const HUES = 6, LINES = 5, BADGES = 3;

// as the server rounds: halves to even
const rounded = (number, digits) => new Intl.NumberFormat("en",
  { minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: "halfEven" }).format(number);

const percent = (share) => {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share > 0.999 && share < 1) return "> 99.9 %";
  return `${rounded(100 * share, (share > 0 && share < 0.1) || (share > 0.99 && share < 1) ? 1 : 0)} %`;
};

for (const whole of all(".whole:has(.overview)")) {
  const inputs = (name) => all("input", whole).filter((input) => input.name.endsWith(name) && input.type !== "hidden");
  const parsed = new Map(all("[data-s]", whole).map((element) =>
    [element, element.dataset.s.split(" ").map((held) => held.split(".").map(Number))]));
  const marks = all("mark", whole);

  const paint = (element, taken) => {
    element.classList.remove(...KINDS, "quiet", "several", ...[...element.classList].filter((c) => /^[cu]\d$/.test(c)));
    if (!taken.length) return element.classList.add("quiet");
    const [rank, source] = taken[0];
    element.classList.add(KINDS[rank], `c${(source - 1) % HUES}`, `u${(source - 1) % LINES}`);
    element.classList.toggle("several", new Set(taken.map(([, other]) => other)).size > 1);
  };

  const count = () => {
    const kinds = new Set(inputs("kind").filter((box) => box.checked).map((box) => box.value));
    const only = inputs("only").find((radio) => radio.checked)?.dataset.number;
    const off = new Set(inputs("off").filter((box) => box.checked).map((box) => Number(box.dataset.number)));
    const takes = (source) => !off.has(source) && (!only || Number(only) === source);
    const holding = new Set();
    let words = 0;
    for (const [element, held] of parsed) {
      const taken = held.filter(([rank, source]) => kinds.has(KINDS[rank]) && takes(source));
      if (element.matches("mark, rect")) paint(element, taken);
      else element.hidden = !taken.length;
      if (element.dataset.w && taken.length) {
        words += Number(element.dataset.w);
        for (const [, source] of taken) holding.add(source);
      }
    }
    for (const group of all(".badges", whole)) {
      const badges = all(".n", group).filter((badge) => !badge.hidden);
      for (const badge of badges.slice(BADGES)) badge.hidden = true;
      const more = group.querySelector(".more");
      more.hidden = badges.length <= BADGES;
      more.textContent = `+${badges.length - BADGES}`;
    }
    for (const card of all(".source", whole)) card.classList.toggle("off", !takes(Number(card.dataset.source)));
    whole.querySelector("[data-share]").textContent = percent(words / Math.max(1, Number(whole.dataset.words)));
    whole.querySelector("[data-holding]").textContent =
      `${holding.size.toLocaleString("en")} document${holding.size === 1 ? "" : "s"}`;
  };

  whole.addEventListener("change", ({ target }) => {
    count();
    if (target.type === "radio" && target.value) {
      whole.querySelector("mark:not(.quiet)")?.scrollIntoView({ block: "center" });
    }
    const form = target.form;
    if (form?.method === "get") history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`);
  });
}

// a text file, chosen or dropped, becomes the pasted text
for (const drop of all(".drop")) {
  const [text, status] = [drop.querySelector("textarea"), drop.querySelector("[role=status]")];

  const read = async (file) => {
    if (!file) return;
    try {
      text.value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      status.textContent = `${file.name} is in the field.`;
    } catch {
      status.textContent = `${file.name} is no text in UTF-8; save it as UTF-8 first.`;
    }
  };

  drop.querySelector("input[type=file]").addEventListener("change", ({ target }) => read(target.files[0]));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    read(event.dataTransfer.files[0]);
  });
}
