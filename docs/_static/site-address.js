// The pip line names this site by the address that the reader sees it at.
for (const line of document.querySelectorAll(".site-address")) {
  line.textContent = new URL(line.dataset.wheel, document.baseURI).href;
}
