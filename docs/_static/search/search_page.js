/** The search page: a field, and under it what answers, as one types. */
(() => {
  "use strict";

  const MOST_RESULTS = 20;
  const AROUND = 90;
  const KINDS = [
    [/^fix\//, "Fix"],
    [/^auto_examples\//, "Script"],
    [/^reference\/(api|cli)/, "Reference"],
    [/^lab\//, "Lab"],
  ];

  const { indexed, found, telling } = globalThis.siteSearch;
  const field = document.getElementById("search-question");
  const list = document.getElementById("search-answers");
  const said = document.getElementById("search-said");
  const { sections } = document.currentScript.dataset;
  /** @type {Promise<object | undefined> | undefined} */
  let index;

  /** Bring the sections, which weigh more than all else on the page. A script comes from a folder of files, too. */
  const brought = () =>
    new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = sections;
      script.onload = () => resolve(indexed(globalThis.searchSections));
      script.onerror = () => resolve((index = undefined));
      document.head.append(script);
    });

  // Made when it is about to be asked: a phone works at it for a third of a second.
  const ready = () => (index ??= brought());

  /** A text with the words that were asked for marked. */
  function marked(text, words) {
    const line = document.createElement("p");
    const pattern = words.length > 0 ? new RegExp(`(${words.map(escaped).join("|")})`, "giu") : /(?!)/;
    for (const [i, part] of text.split(pattern).entries()) {
      const piece = i % 2 ? document.createElement("mark") : document.createElement("span");
      piece.textContent = part;
      line.append(piece);
    }
    return line;
  }

  const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  /** Some words of a text around the first that was asked for. */
  function quoted(text, words) {
    const lower = text.toLowerCase();
    const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
    const place = places.length > 0 ? Math.min(...places) : 0;
    const start = place < AROUND ? 0 : text.indexOf(" ", place - AROUND) + 1;
    const end = text.indexOf(" ", start + 2.4 * AROUND);
    return (start > 0 ? "… " : "") + text.slice(start, end < 0 ? undefined : end) + (end < 0 ? "" : " …");
  }

  function answer({ address, page, heading, text }, words) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = address;
    link.textContent = heading;
    const kind = KINDS.find(([pattern]) => pattern.test(address))?.[1];
    const where = document.createElement("p");
    where.className = "search-where";
    where.textContent = [kind, page === heading ? "" : page].filter(Boolean).join(" · ");
    item.append(link, where, marked(quoted(text, words), words));
    return item;
  }

  async function show() {
    const question = field.value.trim();
    const words = question ? telling(question) : [];
    const made = question ? await ready() : undefined;
    if (question !== field.value.trim()) return; // one typed on
    if (question && !made) {
      said.textContent = "The list of sections did not come. Type again to ask for it once more.";
      return;
    }
    const results = made ? found(made, question).slice(0, MOST_RESULTS) : [];
    list.replaceChildren(...results.map((result) => answer(result, words)));
    said.textContent = !question
      ? ""
      : results.length > 0
        ? `${results.length === MOST_RESULTS ? "The best " : ""}${results.length} of ${globalThis.searchSections.length} sections.`
        : "Nothing here has any of these words. Try fewer letters, or the list of symptoms.";
  }

  // What is asked stays behind the # of the address, which no browser sends to a server. Older links have it before.
  const asked = () => new URLSearchParams(location.hash.slice(1) || location.search).get("q") ?? "";
  function note() {
    const address = new URL(location.href);
    address.search = "";
    address.hash = field.value.trim() ? new URLSearchParams({ q: field.value }) : "";
    history.replaceState(null, "", address);
  }

  field.value = asked();
  // Not at its focus, which it has from the start.
  for (const sign of ["pointerdown", "keydown"]) field.addEventListener(sign, ready, { once: true });
  if (location.search) note();
  field.addEventListener("input", () => {
    note();
    show();
  });
  addEventListener("hashchange", () => {
    field.value = asked();
    show();
  });
  show();
  if (!field.value) field.focus();
})();
