import boundaries from "eslint-plugin-boundaries";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "playwright-report", "src/lib/api/schema.d.ts"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat["recommended-latest"],
  jsxA11y.flatConfigs.strict,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { boundaries },
    settings: {
      "import/resolver": { typescript: { project: "tsconfig.json" } },
      "boundaries/elements": [
        { type: "lib", pattern: "src/lib" },
        { type: "locales", pattern: "src/locales" },
        { type: "ui", pattern: "src/ui" },
        { type: "feature", pattern: "src/features/*", capture: ["name"] },
        { type: "app", pattern: "src/app/*", capture: ["name"] },
        { type: "test", pattern: "src/test" },
        { type: "liveness", pattern: "liveness/src" },
      ],
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false } },
      ],
      // A region that scrolls is reached by the keyboard only where it takes the focus.
      "jsx-a11y/no-noninteractive-tabindex": ["error", { roles: ["tabpanel", "region"] }],
      "boundaries/dependencies": [
        "error",
        {
          default: "disallow",
          policies: [
            {
              from: { element: { type: "lib" } },
              allow: { to: { element: { types: { anyOf: ["lib", "locales"] } } } },
            },
            {
              from: { element: { type: "locales" } },
              allow: { to: { element: { type: "locales" } } },
            },
            {
              from: { element: { type: "ui" } },
              allow: { to: { element: { types: { anyOf: ["ui", "lib"] } } } },
            },
            {
              from: { element: { type: "feature" } },
              allow: { to: { element: { types: { anyOf: ["ui", "lib"] } } } },
            },
            {
              from: { element: { type: "app" } },
              allow: {
                to: { element: { types: { anyOf: ["feature", "ui", "lib", "locales"] } } },
              },
            },
            {
              from: { element: { type: "liveness" } },
              allow: { to: { element: { types: { anyOf: ["feature", "lib", "locales"] } } } },
            },
            {
              from: { element: { types: { anyOf: ["lib", "ui", "feature", "app"] } } },
              allow: { to: { element: { type: "test" } } },
            },
            {
              from: { element: { type: "test" } },
              allow: { to: { element: { types: { anyOf: ["lib", "ui", "locales"] } } } },
            },
          ],
        },
      ],
    },
  },
  {
    // Playwright's fixtures hand over with a function called `use`; nothing there is React.
    files: ["e2e/**"],
    rules: { "react-hooks/rules-of-hooks": "off" },
  },
  {
    files: ["*.js", "scripts/**"],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
