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
  if (document.querySelector(".lab-part:not(:empty), #live-rows:not(:empty)")) return;
  document.documentElement.classList.add("no-modules");
  if (location.protocol === "file:") for (const hint of document.querySelectorAll(".opened-as-file")) hint.hidden = false;
});
