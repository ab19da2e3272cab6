/**
 * Take it with you: the equivalent Python, what it prints, and a link to this state.
 *
 * @module take_along_view
 */

import { button, html, printedBox, setText } from "./dom.js";
import { writeFragment } from "../model/lab_state.js";
import { pythonCode } from "../model/python_code.js";

/** @typedef {import("../model/derived.js").Derived} Derived */

/** @param {HTMLElement} parent */
export function createTakeAlong(parent) {
  const code = printedBox("lab-python", "Python");
  const prints = printedBox("lab-prints", "What the Python prints");
  const link = html("a", { id: "lab-link", href: "#" });
  parent.append(
    code,
    copyButton("Copy the Python", code),
    html("p", { class: "lab-help" }, "It prints:"),
    prints,
    html("p", { class: "lab-link" }, "This state as a link: ", link),
    copyButton("Copy the link", link),
  );
  /** @param {Derived} derived */
  const render = ({ state, outputText, gradientText }) => {
    setText(code, pythonCode(state));
    setText(prints, `${outputText()}\n${gradientText()}`);
    const address = new URL(writeFragment(state), location.href).href;
    link.href = address;
    setText(link, address);
  };
  return { render };
}

/**
 * A button that copies text; where the clipboard is closed, as without https, it selects the text instead.
 * @param {string} label
 * @param {Element} source whose text is copied
 */
function copyButton(label, source) {
  const said = html("span", { role: "status", class: "lab-copied" });
  const copy = button(label, async () => {
    try {
      await navigator.clipboard.writeText(source.textContent ?? "");
      said.textContent = "Copied.";
    } catch {
      getSelection()?.selectAllChildren(source);
      said.textContent = "Selected: copy it with Ctrl+C or ⌘C.";
    }
    setTimeout(() => (said.textContent = ""), 4000);
  });
  return html("span", { class: "lab-copy" }, copy, said);
}
