import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { Problem } from "./api/problem";
import { fieldProblemText, problemText, startI18n } from "./i18n";
import { setLanguage } from "./language";

const words = import.meta.glob<{ pt?: object; en?: object }>("../locales/{pt,en}/*.ts", {
  eager: true,
});

function keys(tree: object, path = ""): string[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    typeof value === "string" ? [`${path}${name}`] : keys(value as object, `${path}${name}.`),
  );
}

function texts(tree: object): string[] {
  return Object.values(tree).flatMap((value) =>
    typeof value === "string" ? [value] : texts(value as object),
  );
}

const placeholders = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map((one) => one[1]).sort();

const namespaces = Object.keys(words)
  .filter((path) => path.includes("/pt/"))
  .map((path) => [path.replace(/.*\/(\w+)\.ts/, "$1"), path] as const);

function wordsOf(path: string) {
  const pt = (words[path]?.pt ?? {}) as Record<string, unknown>;
  const en = (words[path.replace("/pt/", "/en/")]?.en ?? {}) as Record<string, unknown>;
  return { pt, en };
}

describe.each(namespaces)("the words of %s", (_name, path) => {
  const { pt, en } = wordsOf(path);

  it("have the same keys in both languages", () => {
    expect(keys(en)).toEqual(keys(pt));
  });

  it("have the same placeholders in both languages", () => {
    expect(texts(en).map(placeholders)).toEqual(texts(pt).map(placeholders));
  });

  it("are all written", () => {
    expect([...texts(pt), ...texts(en)].filter((text) => text.trim() === "")).toEqual([]);
  });
});

describe("counts", () => {
  const say = i18next.t as unknown as (key: string, values: { count: number }) => string;
  const counted = (key: string) => [0, 1, 2].map((count) => say(key, { count }));

  beforeAll(() => {
    startI18n(Object.fromEntries(namespaces.map(([name, path]) => [name, wordsOf(path)])));
  });

  it("are singular for one only, in European Portuguese and in English", () => {
    setLanguage("pt");
    expect(counted("staff:column.done")).toEqual(["0 concluídas", "1 concluída", "2 concluídas"]);
    expect(counted("staff:column.missed")).toEqual(["0 faltas", "1 falta", "2 faltas"]);
    setLanguage("en");
    expect(counted("staff:column.missed")).toEqual(["0 no-shows", "1 no-show", "2 no-shows"]);
    setLanguage("pt");
  });
});

describe("problems in the person's words", () => {
  beforeAll(() => {
    startI18n({});
  });

  it("are told by their code in the language of the page", () => {
    setLanguage("pt");
    expect(problemText(new Problem(409, "slot_taken", "server"))).toMatch(/acabou de ser ocupada/);
    setLanguage("en");
    expect(problemText(new Problem(409, "slot_taken", "server"))).toMatch(/just been taken/);
    setLanguage("pt");
  });

  it("say how long to wait", () => {
    expect(problemText(new Problem(429, "throttled", "", [], 125))).toMatch(/3 min/);
  });

  it("fall back to the server's sentence, then to one by status", () => {
    expect(problemText(new Problem(409, "room_taken", "A sala está ocupada."))).toBe(
      "A sala está ocupada.",
    );
    expect(problemText(new Problem(503, "http_503", ""))).toBe(
      i18next.t("common:problem.unavailable"),
    );
    expect(problemText(new Error("anything"))).toBe(i18next.t("common:problem.unknown"));
  });

  it("name the field's fault", () => {
    expect(fieldProblemText({ code: "blank", detail: "server" })).toBe("Falta preencher.");
    expect(fieldProblemText({ code: "odd", detail: "O que o servidor disse." })).toBe(
      "O que o servidor disse.",
    );
  });
});
