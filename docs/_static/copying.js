// Each block of code has a button that copies it; of a session in a terminal, only what was typed.
const PROMPT = /^(?:>>> |\.\.\. |\$ )(.*)/;
const LEFT_OUT = ".linenos, .gp, .go";
const LOOK = 'viewBox="0 0 24 24" fill="none" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"';
const SHEETS = `<svg ${LOOK}><rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/></svg>`;
const DONE = `<svg ${LOOK}><path d="M5 12l5 5L20 7"/></svg>`;
const SHOWN_FOR = 2000;

/** What a reader would type again. */
function typed(block) {
  const copy = block.cloneNode(true);
  for (const one of copy.querySelectorAll(LEFT_OUT)) one.remove();
  const lines = copy.textContent.trimEnd().split("\n");
  if (!lines.some((line) => PROMPT.test(line))) return lines.join("\n");
  const said = lines.filter((line) => PROMPT.test(line) || !line.trim());
  return said.map((line) => line.replace(PROMPT, "$1")).join("\n").trimEnd();
}

for (const block of document.querySelectorAll("div.highlight pre")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copybtn";
  const show = (what, icon) => {
    button.dataset.tooltip = what;
    button.setAttribute("aria-label", what);
    button.innerHTML = icon;
    button.classList.toggle("success", icon === DONE);
  };
  show("Copy", SHEETS);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(typed(block));
      show("Copied", DONE);
    } catch {
      // Where the site is served without https the clipboard is closed.
      getSelection()?.selectAllChildren(block);
      show("Selected: copy it with Ctrl+C or ⌘C", SHEETS);
    }
    setTimeout(() => show("Copy", SHEETS), SHOWN_FOR);
  });
  block.after(button);
}
