// The filters of the gallery: cards that do not pass all of them are hidden, and the address keeps
// what was chosen (#paradigm=memory&text=delay), so that a view can be linked to.
"use strict";

(() => {
  const names = ["paradigm", "tag", "species", "loop", "learning", "text"];
  const dataOf = { tag: "tags" }; // where the data of a card is not named as the filter
  const fields = Object.fromEntries(
    names.map((name) => [name, document.getElementById(`filter-${name}`)]),
  );
  const form = document.getElementById("gallery-filters");
  const count = document.getElementById("gallery-count");
  const cards = Array.from(document.querySelectorAll(".task-card"), (card) => ({
    card,
    words: `${card.dataset.id} ${card.dataset.more} ${card.textContent}`.toLowerCase(),
  }));

  function passes({ card, words }) {
    return names.every((name) => {
      const wanted = fields[name].value.trim();
      if (name === "text") {
        return wanted
          .toLowerCase()
          .split(/\s+/)
          .every((word) => words.includes(word));
      }
      const has = card.dataset[dataOf[name] ?? name].split(" ");
      return wanted === "" || has.includes(wanted);
    });
  }

  function show() {
    let shown = 0;
    for (const one of cards) {
      const isShown = passes(one);
      one.card.hidden = !isShown;
      shown += isShown;
    }
    count.textContent = `${shown} of ${cards.length} tasks`;
  }

  function keep() {
    const chosen = new URLSearchParams();
    for (const name of names) {
      if (fields[name].value !== "") chosen.set(name, fields[name].value);
    }
    const hash = chosen.size === 0 ? "" : `#${chosen}`;
    history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
  }

  function read() {
    const chosen = new URLSearchParams(location.hash.slice(1));
    for (const name of names) {
      fields[name].value = chosen.get(name) ?? "";
      if (fields[name].selectedIndex === -1) fields[name].value = ""; // no such option
    }
    show();
  }

  function change() {
    keep();
    show();
  }

  for (const name of names) fields[name].addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(change)); // when the fields are empty
  window.addEventListener("hashchange", read);
  read();
})();
