// Prints the rules of tree-sitter's grammar.js as JSON, in the form of src/grammar.json: node evaluate_grammar.js GRAMMAR
const path = require("node:path");

function normal(value) {
  if (typeof value === "string") return { type: "STRING", value };
  if (value instanceof RegExp) {
    return value.flags
      ? { type: "PATTERN", value: value.source, flags: value.flags }
      : { type: "PATTERN", value: value.source };
  }
  return value;
}

const list = (type) => (...parts) => ({ type, members: parts.map(normal) });
const around = (type) => (part) => ({ type, content: normal(part) });

global.seq = list("SEQ");
global.choice = list("CHOICE");
global.repeat = around("REPEAT");
global.repeat1 = around("REPEAT1");
global.optional = (part) => choice(part, { type: "BLANK" });
global.token = around("TOKEN");
global.prec = (value, part) => ({ type: "PREC", value, content: normal(part) });
global.alias = (part, name) => ({
  type: "ALIAS",
  content: normal(part),
  named: typeof name !== "string",
  value: typeof name === "string" ? name : name.name,
});
global.grammar = (given) => given;

const $ = new Proxy({}, { get: (_, name) => ({ type: "SYMBOL", name }) });
const grammar = require(path.resolve(process.argv[2]));
const rules = Object.fromEntries(Object.entries(grammar.rules).map(([name, rule]) => [name, normal(rule($))]));
process.stdout.write(JSON.stringify({ rules, extras: grammar.extras($).map(normal), name: grammar.name }));
