// Code that proves or draws is folded; without this script it stands open, and so it does on paper.
const folded = document.querySelectorAll("div.cell details.hide");
for (const details of folded) {
  details.open = false;
  details.dataset.ready = "";
}
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("article details:not([open])")];
  for (const details of unfolded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});

// The pip line names this site by the address that the reader sees it at.
for (const line of document.querySelectorAll(".site-address")) {
  line.textContent = new URL(line.dataset.wheel, document.baseURI).href;
}

// What scrolls sideways must be reachable by keyboard; what does not must not be a stop.
const boxes = document.querySelectorAll("pre:not(.lab-output), div.math .formula, .told-as-table, .table-wrapper");
const makeReachable = () => {
  for (const box of boxes) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
makeReachable();
addEventListener("resize", makeReachable);

// Where modules do not run, as in most browsers from a file, the computed examples stand in for the live ones.
addEventListener("load", () => {
  if (document.querySelector(".lab-part:not(:empty), .has-numbers")) return;
  document.documentElement.classList.add("no-modules");
  if (location.protocol === "file:") for (const hint of document.querySelectorAll(".opened-as-file")) hint.hidden = false;
});

// The theme opens its drawers by labels of hidden checkboxes, which no keyboard reaches: buttons take their places.
for (const [id, drawer] of [["__navigation", ".sidebar-drawer"], ["__toc", ".toc-drawer"]]) {
  const opened = document.getElementById(id);
  const panel = document.querySelector(drawer);
  if (!opened || !panel) continue;
  panel.id ||= `${id}-drawer`;
  const labels = document.querySelectorAll(`label[for="${id}"]:not(.overlay)`);
  const buttons = [...labels].map((label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `drawer-button ${label.className}`;
    button.setAttribute("aria-label", id === "__toc" ? "On this page" : "Pages");
    button.setAttribute("aria-controls", panel.id);
    button.append(...label.childNodes);
    label.replaceWith(button);
    return button;
  });
  let opener = buttons[0];
  const show = (isOpen) => {
    opened.checked = isOpen;
    for (const button of buttons) button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) [...panel.querySelectorAll("a[href], input")].find((one) => one.offsetParent)?.focus();
    else if (panel.contains(document.activeElement)) opener.focus();
  };
  for (const button of buttons) {
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      opener = button;
      show(!opened.checked);
    });
  }
  // The overlay beside an open drawer is still a label, and a link in it leads to a place on this page.
  opened.addEventListener("change", () => show(opened.checked));
  panel.addEventListener("click", ({ target }) => target.closest?.("a[href^='#']") && opened.checked && show(false));
  panel.addEventListener("keydown", ({ key }) => key === "Escape" && opened.checked && show(false));
}

// What a reader searches for stays in the browser: behind the # of an address, which is not sent.
for (const form of document.querySelectorAll("form[role=search]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(`${form.action}#${new URLSearchParams(new FormData(form))}`);
  });
}
