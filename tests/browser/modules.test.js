/** The shape of the lab's modules, as TypeScript parses them: who may import whom, and how long a piece may be. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, relative, resolve } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SyntaxKind } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

import { FIELDS } from "../../docs/lab/modules/model/lab_state.js";
import { SITE } from "./server.js";

const MODULES = fileURLToPath(new URL("../../docs/lab/modules", import.meta.url));
const PROJECT = resolve(MODULES, "../jsconfig.json");
const COMPILER = fileURLToPath(new URL("node_modules/typescript/bin/tsc", import.meta.url));
const LONGEST_FUNCTION = 60;
const LONGEST_MODULE = 250;
const FUNCTIONS = [
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
];

const api = new API();
after(() => api.close());
const { program, rootFiles } = api.updateSnapshot({ openProject: PROJECT }).getProject(PROJECT);
/** Each module by its place under the folder of modules. */
const modules = new Map(rootFiles.map((path) => [relative(MODULES, path), program.getSourceFile(path)]));
/** What each imports, its types included, which stand in comments. */
const imports = new Map(
  [...modules].map(([name, { imports }]) => [
    name,
    imports.map(({ text }) => relative(MODULES, resolve(MODULES, dirname(name), text))),
  ]),
);

/** The source of a piece, without the comments before it. */
const written = (piece, module) => module.text.slice(piece.getStart(module), piece.end);

/** All pieces of a module, from the outside in. */
function* pieces(piece) {
  const inner = [];
  yield piece;
  piece.forEachChild((child) => void inner.push(child));
  for (const child of inner) yield* pieces(child);
}

test("all modules are here, each in the folder of what computes or of what shows", () => {
  assert.ok(modules.size > 20, String(modules.size));
  assert.deepEqual(new Set([...modules.keys()].map(dirname)), new Set(["model", "view"]));
});

test("what computes imports nothing of what shows", () => {
  for (const [name, imported] of imports)
    if (dirname(name) === "model") for (const other of imported) assert.equal(dirname(other), "model", name);
});

test("no module imports one that pages load, and no part of the lab another part", () => {
  const entries = ["view/lab.js", "view/numbers.js"];
  for (const [name, imported] of imports) {
    for (const other of imported) {
      assert.ok(!entries.includes(other), `${name} imports ${other}`);
      assert.ok(!other.endsWith("_view.js") || entries.includes(name), `${name} imports ${other}`);
    }
  }
  // Everything else serves one of the two; a consequence is loaded by the name that the state has for it.
  const named = FIELDS.show.choices.map(({ value }) => `view/${value}_view.js`);
  const used = new Set([...imports.values()].flat());
  assert.deepEqual([...modules.keys()].filter((name) => !used.has(name)).sort(), [...entries, ...named].sort());
});

test("no modules import each other in a circle, by types either", () => {
  const sorted = new Set();
  const visit = (name, path) => {
    assert.ok(!path.includes(name), `a circle: ${[...path, name].join(" -> ")}`);
    if (sorted.has(name)) return;
    for (const other of imports.get(name)) visit(other, [...path, name]);
    sorted.add(name);
  };
  for (const name of modules.keys()) visit(name, []);
});

test("functions and modules are short enough to be read", () => {
  let functions = 0;
  for (const [name, module] of modules) {
    const lines = module.text.trimEnd().split("\n").length;
    assert.ok(lines <= LONGEST_MODULE, `${name} has ${lines} lines`);
    for (const piece of pieces(module)) {
      if (!FUNCTIONS.includes(piece.kind)) continue;
      functions++;
      const code = written(piece, module);
      const length = code.split("\n").length;
      assert.ok(length <= LONGEST_FUNCTION, `${name} has a function of ${length} lines: ${code.slice(0, 80)}`);
    }
  }
  assert.ok(functions > 200, String(functions));
});

test("what the site ships uses no name before its declaration", () => {
  // A minifier may move a declaration too far up, and only who runs that line would notice.
  const others = ["site.js", "search/ranking.js", "search/search_page.js"];
  const shipped = [...[...modules.keys()].map((name) => `lab/${name}`), ...others].map((name) =>
    resolve(SITE, "_static", name),
  );
  const options = ["--allowJs", "--checkJs", "--noEmit", "--target", "es2022", "--moduleResolution", "bundler"];
  const { stdout } = spawnSync(process.execPath, [COMPILER, ...options, ...shipped], { encoding: "utf8" });
  // Without its comments a module has types that TypeScript cannot know: it was heard, then.
  assert.match(stdout, /TS7006: Parameter/);
  const early = stdout.split("\n").filter((line) => /TS(2448|2449|2450|2454|2474|6053)/.test(line));
  assert.deepEqual(early, []);
});
