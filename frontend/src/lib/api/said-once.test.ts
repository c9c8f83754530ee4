// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import openapi from "./openapi.json";

/**
 * What comes over a socket is described once, by the server. A type that names its fields by hand is
 * a copy, and copies drift: take it from `types.ts`, and of a part of it make a `Pick`.
 */

const ROOT = join(import.meta.dirname, "../../..");
const GENERATED = "src/lib/api/schema.d.ts";
/** A type that shares so many names with a part of a frame doesn't do so by chance. */
const ALIKE = 5;

type Fields = ReadonlySet<string>;
const schemas: Record<string, object> = openapi.components.schemas;

function fieldsOf(name: string): string[] {
  const schema = schemas[name] ?? {};
  return "properties" in schema ? Object.keys(schema.properties as object) : [];
}

/** The frames, and all that they are made of, by name. */
function partsOf(name: string, found = new Map<string, Fields>()): ReadonlyMap<string, Fields> {
  if (found.has(name)) return found;
  found.set(name, new Set(fieldsOf(name)));
  for (const [, part = ""] of JSON.stringify(schemas[name]).matchAll(/schemas\/(\w+)"/g)) {
    partsOf(part, found);
  }
  return found;
}

const FRAMES = partsOf("LiveFrame");
const SENT = new Set(
  Object.keys(schemas)
    .filter((name) => name.endsWith("Request"))
    .flatMap(fieldsOf),
);
/** Words that only the server says: our own are written in one piece. */
const SERVERS_WORDS = new Set(
  [...FRAMES.values()]
    .flatMap((fields) => [...fields])
    .filter((name) => name.includes("_") && !SENT.has(name)),
);
/** What `types.ts` calls a part of a frame. */
const ALIASES = new Map(
  [...read("src/lib/api/types.ts").matchAll(/type (\w+) = Schemas\["(\w+)"\]/g)].flatMap(
    ([, alias = "", name = ""]) => {
      const fields = FRAMES.get(name);
      return fields ? [[alias, fields] as const] : [];
    },
  ),
);

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The parts of frames to which this type adds something. */
function extended(node: ts.InterfaceDeclaration | ts.TypeLiteralNode): Fields[] {
  const base = ts.isInterfaceDeclaration(node)
    ? (node.heritageClauses ?? []).map((clause) => clause.getText())
    : ts.isIntersectionTypeNode(node.parent)
      ? node.parent.types.filter((type) => type !== node).map((type) => type.getText())
      : [];
  const named = base.join().match(/\w+/g) ?? [];
  return named.flatMap((name) => ALIASES.get(name) ?? []);
}

function isCopy(node: ts.InterfaceDeclaration | ts.TypeLiteralNode): boolean {
  const names = node.members.filter(ts.isPropertySignature).map(({ name }) => name.getText());
  const shares = (fields: Fields, count: number) =>
    names.filter((name) => fields.has(name)).length >= count;
  return (
    shares(SERVERS_WORDS, 1) ||
    [...FRAMES.values()].some((fields) => shares(fields, ALIKE)) ||
    extended(node).some((fields) => shares(fields, 1))
  );
}

function copiesIn(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  function look(node: ts.Node) {
    if ((ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)) && isCopy(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${path}:${line + 1}`);
    }
    ts.forEachChild(node, look);
  }
  look(source);
  return found;
}

function* sourcesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* sourcesIn(path);
    else if (/\.tsx?$/.test(path) && path !== GENERATED) yield path;
  }
}

it("no type names the fields of a frame by hand", () => {
  const found = ["src", "e2e"]
    .flatMap((folder) => [...sourcesIn(folder)])
    .flatMap((path) => copiesIn(path, read(path)));

  expect(found).toEqual([]);
});

it.each([
  "interface Entry { call_number: number }",
  "type Wait = { low_minutes: number; high_minutes: number }",
  "interface Entry { id: string; ticket: string; label: string; room: string; state: string }",
  "function show(entry: BoardEntry & { ticket: string }) {}",
  "interface Later extends Partial<BoardEntry> { wait: null }",
])("such a type is found: %s", (text) => {
  expect(copiesIn("a.ts", text)).toEqual(["a.ts:1"]);
});
