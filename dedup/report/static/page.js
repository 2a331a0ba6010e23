// j and k move between stops (matches, passages); Enter is the link's own. The two texts scroll together.
"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const shown = (element) => element.offsetParent !== null;

let current = null;

const dimmed = (stop) => {
  const pair = stop.closest(".pair");
  const next = stop.nextElementSibling;
  return pair && pair.querySelector(".dim").checked && next && next.matches("mark.boilerplate");
};

const move = (step) => {
  const stops = all("[data-stop]").filter((stop) => shown(stop) && !dimmed(stop));
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

  const select = (n) => {
    for (const mark of all("mark", pair)) mark.classList.toggle("on", mark.dataset.n === n);
    texts.forEach((_, side) => badges[side].has(n) && put(side, place(side, badges[side].get(n))));
    pair.querySelector(".sides").scrollIntoView({ block: "nearest" });
    const count = badges[0].size;
    pair.querySelector(".status").textContent = `Passage ${n} of ${count}. ${badges[0].get(n)?.title ?? ""}`;
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
}
