/** The site's search, asked what people ask: node --test, with SITE naming the built site. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { runInThisContext } from "node:vm";

import { renew } from "../browser/record.js";

const site = process.env.SITE ?? assert.fail("SITE names no folder");
const questions = JSON.parse(readFileSync(new URL("questions.json", import.meta.url), "utf8"));
const SHOWN = 3;
let ask;

before(() => {
  // In the order in which the search page loads them, as scripts of a page; what it looks through is brought last.
  const page = readFileSync(join(site, "search.html"), "utf8");
  globalThis.self = globalThis;
  for (const [, name] of page.matchAll(/<script (?=[^>]*?src="(_static\/(?:vendor|search)\/[^"?]+))/g))
    if (!name.endsWith("search_page.js")) runInThisContext(readFileSync(join(site, name), "utf8"));
  const [, sections] = /data-sections="([^"]+)"/.exec(page);
  runInThisContext(readFileSync(join(site, sections), "utf8"));
  const index = globalThis.siteSearch.indexed(globalThis.searchSections);
  ask = (question) => globalThis.siteSearch.found(index, question);
});

/** Whether a section answers a question: it stands on the page, under a heading with these words. */
const answers = (section, wanted) =>
  wanted.some(([page, words]) => section.address.startsWith(page) && section.heading.includes(words));

test("every expected answer stands on the site", () => {
  for (const { query, answers: wanted } of questions)
    assert.ok(
      globalThis.searchSections.some((section) => answers(section, wanted)),
      query,
    );
});

test("nine of ten questions have the right section among the first three, and none is without result", () => {
  assert.ok(questions.length >= 60);
  const missed = questions.filter(({ query, answers: wanted }) => {
    const results = ask(query);
    assert.ok(results.length > 0, query);
    return !results.slice(0, SHOWN).some((section) => answers(section, wanted));
  });
  const right = questions.length - missed.length;
  console.log(`${right} of ${questions.length} in the first ${SHOWN}`);
  const what = `of ${questions.length} questions to the search, with the right section among the first ${SHOWN}`;
  const limit = Math.ceil(0.9 * questions.length);
  if (process.env.RECORD) renew("search", [{ what, measured: right, limit, at_least: true }]);
  assert.ok(missed.length <= questions.length / 10, missed.map(({ query }) => query).join("\n"));
});

test("words that no page has, and the word dropout, do not empty the result", () => {
  for (const question of ["dropout", "xyzzy dropout doubled", "qwertyuiop inplace", "Dropout layer PyTorch"])
    assert.ok(ask(question).length > 0, question);
  assert.equal(ask("").length, 0);
  assert.equal(ask("???").length, 0);
});

test("a result quotes text and no TeX", () => {
  for (const { address, text, heading } of globalThis.searchSections)
    assert.doesNotMatch(`${heading} ${text}`, /\\(?:frac|operatorname|sum|E)\b|\$\$/, address);
});
