/** The lint rules of the house. Which folder may import which is in .dependency-cruiser.mjs. */
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const DOOR = "Take it from core/host.ts, the one door to the world, so that tests can replace it.";

const doorGlobals = [
  "process",
  "console",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
];

const doorModules = ["process", "console", "perf_hooks", "timers", "timers/promises"];

const doorProperties = [
  { object: "Date", property: "now", message: DOOR },
  { object: "Math", property: "random", message: DOOR },
  { object: "crypto", property: "randomUUID", message: DOOR },
  { object: "crypto", property: "getRandomValues", message: DOOR },
  ...doorGlobals.map((property) => ({ object: "globalThis", property, message: DOOR })),
];

const clockSyntax = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: DOOR },
  { selector: "CallExpression[callee.name='Date']", message: DOOR },
];

const errorSyntax = ["NewExpression", "CallExpression"].map((node) => ({
  selector: `${node}[callee.name=/^(Error|TypeError|RangeError|AggregateError)$/]`,
  message:
    "Use LakeproofError(code, message, { hint }): every failure has a code and says what to do.",
}));

const restrictedModules = {
  paths: [
    ...doorModules.flatMap((name) => [
      { name, message: DOOR },
      { name: `node:${name}`, message: DOOR },
    ]),
    ...["crypto", "node:crypto"].map((name) => ({
      name,
      importNames: ["randomBytes", "randomUUID", "randomInt", "webcrypto"],
      message: DOOR,
    })),
  ],
};

export default defineConfig(
  globalIgnores(["dist/", "runs/", "coverage/", "node_modules/"]),
  {
    files: ["**/*.ts"],
    extends: [
      js.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
    ],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "max-lines": ["error", { max: 400 }],
      "max-lines-per-function": ["error", { max: 70 }],
      "no-param-reassign": "error",
      "prefer-const": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-function-return-type": ["error", { allowExpressions: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        // A default says on purpose that the rest is no matter here.
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreUsingDeclarations: true }],
      // A name that is data (an environment variable, a tag) may be written as data.
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      // For texts and numbers `||` is often meant: an empty variable of a CI, zero columns of a pipe.
      "@typescript-eslint/prefer-nullish-coalescing": [
        "error",
        { ignorePrimitives: { string: true, number: true } },
      ],
      "no-restricted-globals": ["error", ...doorGlobals.map((name) => ({ name, message: DOOR }))],
      "no-restricted-properties": ["error", ...doorProperties],
      "no-restricted-imports": ["error", restrictedModules],
      "no-restricted-syntax": ["error", ...clockSyntax, ...errorSyntax],
    },
  },
  {
    // The door itself.
    files: ["core/host.ts"],
    rules: {
      "no-restricted-globals": "off",
      "no-restricted-properties": "off",
      "no-restricted-imports": "off",
      "no-restricted-syntax": ["error", ...errorSyntax],
    },
  },
  {
    // These run beside the product, not in it: they may use the process and the clock as they are.
    files: [
      "test/**/*.ts",
      "tools/**/*.ts",
      "bench/**/*.ts",
      "*.config.ts",
      "generators/k6/**/*.ts",
    ],
    rules: {
      "no-restricted-globals": "off",
      "no-restricted-properties": "off",
      "no-restricted-imports": "off",
      "no-restricted-syntax": ["error", ...errorSyntax],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "no-restricted-syntax": "off",
      // A describe callback holds a whole list of tests; its length says nothing.
      "max-lines-per-function": "off",
    },
  },
  {
    // k6 runs these by itself, where core/errors.ts is not.
    files: ["generators/k6/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", ...clockSyntax],
      // Its types declare plain options as classes.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
    },
  },
);
