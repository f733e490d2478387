// The TextMate grammar colours every word of every example as the language's own parser reads it.
const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const { OnigScanner, OnigString, loadWASM } = require("vscode-oniguruma");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");

const EXTENSION = path.join(__dirname, "..");
const ROOT = path.join(EXTENSION, "..", "..");
const GRAMMAR = path.join(EXTENSION, "syntaxes", "trig.tmLanguage.json");
const PYTHON = process.env.TRIG_PYTHON || path.join(ROOT, ".venv", "bin", "python");

// A role of the parser → what the scopes of such a word must and must not have in them.
const WANTED = {
  keyword: [/^(keyword|constant\.language|variable\.language)/, /^$/],
  text: [/^string/, /^$/],
  comment: [/^comment/, /^$/],
  number: [/^constant\.numeric/, /^keyword/],
  date: [/^constant\.numeric/, /^keyword/],
  operator: [/^(keyword\.operator|punctuation)/, /^$/],
  type: [/^support\.type/, /^keyword/],
  status: [/./, /^keyword/],
  function: [/^(support|entity\.name)\.function/, /^keyword/],
  channel: [/./, /^keyword/],
  event: [/./, /^keyword/],
  rule: [/./, /^keyword/],
  segment: [/./, /^keyword/],
  calendar: [/./, /^keyword/],
  tag: [/^(entity\.name\.label|variable)/, /^keyword/],
  label: [/./, /^keyword/],
  root: [/^variable/, /^keyword/],
  variable: [/./, /^keyword/],
  property: [/^(variable|string)/, /^keyword/],
};

function examples(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const found = path.join(folder, entry.name);
    return entry.isDirectory() ? examples(found) : found.endsWith(".trig") ? [found] : [];
  });
}

async function grammar() {
  const wasm = require.resolve("vscode-oniguruma/release/onig.wasm");
  await loadWASM(fs.readFileSync(wasm).buffer);
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new OnigScanner(patterns),
      createOnigString: (text) => new OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(fs.readFileSync(GRAMMAR, "utf8"), GRAMMAR),
  });
  return registry.loadGrammar("source.trig");
}

const loaded = grammar();

/** The scopes of each UTF-16 unit of a text. */
async function scopes(text) {
  const found = [];
  let stack = INITIAL;
  for (const line of text.split("\n")) {
    const result = (await loaded).tokenizeLine(line, stack);
    stack = result.ruleStack;
    for (const token of result.tokens) {
      for (let at = token.startIndex; at < Math.min(token.endIndex, line.length); at++) {
        found.push(token.scopes.slice(1));
      }
    }
    found.push([]);
  }
  return found;
}

/** Offsets in code points → offsets in UTF-16 units. */
function units(text) {
  const at = [0];
  for (const char of text) {
    at.push(at[at.length - 1] + char.length);
  }
  return at;
}

test("every word of the examples and of the reference has the colour of its part", async () => {
  const files = [...examples(path.join(ROOT, "examples")), path.join(ROOT, "grammar", "README.md")];
  assert.ok(files.length > 10);
  const script = path.join(__dirname, "words.py");
  const programs = JSON.parse(execFileSync(PYTHON, [script, ...files], { maxBuffer: 1 << 28, encoding: "utf8" }));
  const wrong = [];
  for (const { name, text, words } of programs) {
    const found = await scopes(text);
    const at = units(text);
    for (const [start, end, role] of words) {
      const scope = found[at[start]].at(-1) || "";
      const all = found[at[start]];
      const [must, mustNot] = WANTED[role] || [/^/, /^$/];
      const fits = role === "text" || role === "comment" ? all.some((each) => must.test(each)) : must.test(scope);
      if (!fits || (scope && mustNot.test(scope))) {
        const line = text.slice(0, at[start]).split("\n").length;
        wrong.push(`${path.relative(ROOT, name)}:${line}: ${role} \`${text.slice(at[start], at[end])}\` is ${all.join(" ")}`);
      }
    }
  }
  assert.deepStrictEqual(wrong.slice(0, 40), []);
});

test("templates in texts are no plain text", async () => {
  const text = 'send push "Hi {{ user.name | upper }}!"';
  const found = await scopes(text);
  assert.ok(found[text.indexOf("user")].includes("variable.other.trig"));
  assert.ok(found[text.indexOf("upper")].includes("support.function.filter.trig"));
  assert.deepStrictEqual(found[text.indexOf("!")], ["string.quoted.double.trig"]);
});

test("a text without its end does not colour the next line", async () => {
  const text = 'send push "oops\nrule x: if a then send b';
  assert.deepStrictEqual((await scopes(text))[text.indexOf("rule")], ["keyword.control.trig"]);
});

test("a word that is a name in its place is no keyword", async () => {
  const text = "if week then send sends once per week";
  const found = await scopes(text);
  assert.deepStrictEqual(found[text.indexOf("week")], ["variable.other.trig"]);
  assert.deepStrictEqual(found[text.indexOf("sends")], ["entity.name.tag.channel.trig"]);
  assert.deepStrictEqual(found[text.lastIndexOf("week")], ["keyword.control.trig"]);
});
