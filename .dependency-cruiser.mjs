// Who may import whom; docs/architecture.md says why. A type import counts as an import.

import { readFileSync } from 'node:fs'

// TypeScript 7 has no JavaScript compiler API, so swc parses. Without it dependency-cruiser would silently fall back to
// a JavaScript parser that misses imports: better to stop here.
await import('@swc/core')

const npm = 'node_modules/'
const builtIn = { dependencyTypesNot: ['core'] }

const deployed = JSON.parse(readFileSync('package.json', 'utf8'))
const embedded = JSON.parse(readFileSync('cli/stack/package.json', 'utf8'))

/** The packages that are there for the embedded servers alone. */
const serverPackages = Object.keys(embedded.dependencies).filter((name) => !(name in deployed.dependencies))

/** Domain files without SQL or npm packages: what the deterministic workflow code may read. */
const pureDomain =
  '^domain/(runs/(add-account-request|run-requests|run-plan)|decisions/decision|errors/(error-class|error-declaration|error-text)|organizations/organization-types)[.]ts$'

/** Everything in `room` may import only what `allowed` matches, npm packages and Node itself. */
const room = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: { pathNot: [npm, ...allowed], ...builtIn },
})

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that import each other in a cycle can only be understood together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolves',
      comment: 'The imported file does not exist, or the package is not installed.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-packages',
      comment:
        'Each imported package is named in package.json. A transitive package can vanish with any update.',
      severity: 'error',
      from: {
        path: '^(workflows|activities|temporal|plugins|domain|webhooks|api|cli|bench|examples|temporal[.]config[.]ts)',
      },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-packages-at-run-time',
      comment: 'Production code does not need a development dependency.',
      severity: 'error',
      from: { path: '^(workflows|activities|temporal|plugins|domain|webhooks|api|cli)/' },
      to: { dependencyTypes: ['npm-dev'], path: npm },
    },
    {
      name: 'no-embedded-server-where-it-is-deployed',
      comment:
        'A deployment does not install the packages of cli/stack/package.json: only `npm start` may need them.',
      severity: 'error',
      from: { path: '^cli/', pathNot: '^cli/((start|tenantry)[.]ts$|stack/)' },
      to: { path: `${npm}(${serverPackages.join('|')})/`, reachable: true },
    },

    room(
      'workflows-are-deterministic',
      { path: '^workflows/' },
      ['^workflows/', pureDomain],
      'Workflow code imports its contract and pure functions, and not even a type of a plug-in.',
    ),
    {
      name: 'workflow-packages',
      comment: 'Only the packages made for the workflow sandbox; no clock, file or network of Node.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: [npm, '^node:'], pathNot: `${npm}@temporalio/(workflow|common)/` },
    },
    {
      name: 'workflows-import-nothing-of-node',
      comment: 'The workflow sandbox has no Node.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-zod-in-workflows',
      comment: 'Parsing happens in the API and in steps: the size of zod multiplies in the workflow cache.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: `${npm}zod/`, reachable: true },
    },
    {
      name: 'pure-domain-files',
      comment: 'Workflows import these files, so they import nothing but each other.',
      severity: 'error',
      from: { path: pureDomain },
      to: { pathNot: pureDomain },
    },
    room(
      'domain-knows-only-itself',
      { path: '^domain/' },
      ['^domain/'],
      'A rule does not depend on its callers.',
    ),
    room(
      'plugins-import-the-contract',
      {
        path: '^plugins/([^/]+)/',
        pathNot: '^plugins/(accounts|ledger|subscriptions|contract|conformance)/',
      },
      ['^plugins/$1/', '^plugins/plugin-contract[.]ts$'],
      'A plug-in could be an npm package: it knows the contract and nothing else of this project.',
    ),
    {
      name: 'conformance-kits',
      comment:
        'Plug-in authors run the kits with any test runner, so the kits need only the contract and Node.',
      severity: 'error',
      from: { path: '^plugins/conformance/' },
      to: { pathNot: ['^plugins/conformance/', '^plugins/plugin-contract[.]ts$'], ...builtIn },
    },
    room(
      'built-in-plugins',
      { path: '^plugins/(accounts|ledger|subscriptions)/' },
      ['^plugins/$1/', '^plugins/plugin-contract[.]ts$', '^domain/'],
      'The built-in steps and the ledger also keep the rules of the domain.',
    ),
    {
      name: 'examples-are-packages',
      comment: 'An example is a package of its own. It imports this project by its name, not by path.',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: { dependencyTypes: ['local'], pathNot: '^examples/$1/' },
    },
    room(
      'plugin-contract-and-registry',
      { path: '^plugins/([^/]+[.]ts$|contract/)' },
      ['^plugins/[^/]+[.]ts$', '^plugins/contract/', '^domain/'],
      'The contract and the registry do not know any plug-in.',
    ),
    room(
      'activities',
      { path: '^activities/' },
      [
        '^activities/',
        '^temporal/',
        '^plugins/(plugin-contract|registry|exact-input)[.]ts$',
        '^domain/',
        '^workflows/(activity-types|contract)[.]ts$',
      ],
      'The body behind every step gets its plug-ins from the registry.',
    ),
    room(
      'temporal',
      { path: '^temporal/' },
      ['^temporal/', '^domain/', '^workflows/contract[.]ts$'],
      'This room starts workflows and sends decisions. It knows no HTTP framework and no plug-in.',
    ),
    {
      name: 'client-of-temporal',
      comment: 'Only `temporal` and the command line import the client of Temporal.',
      severity: 'error',
      from: { path: '^(workflows|activities|plugins|domain|webhooks|api)/' },
      to: { path: `${npm}@temporalio/client/` },
    },
    {
      name: 'only-the-api-knows-fastify',
      comment: 'Only the API answers HTTP requests. Every other room logs with pino.',
      severity: 'error',
      from: { path: '^(workflows|activities|temporal|plugins|domain|webhooks)/' },
      to: { path: `${npm}(fastify|@fastify)/` },
    },
    room(
      'webhooks',
      { path: '^webhooks/' },
      ['^webhooks/', '^domain/'],
      'The relay reads its deliveries from the outbox, so no other room calls it.',
    ),
    room(
      'api',
      { path: '^api/' },
      [
        '^api/',
        '^temporal/',
        '^plugins/(plugin-contract|registry|exact-input)[.]ts$',
        '^domain/',
        '^workflows/contract[.]ts$',
      ],
      'The API starts and asks workflows by their contract.',
    ),
    {
      name: 'routes-never-touch-tables',
      comment: 'Routes call functions of the domain; SQL is written there.',
      severity: 'error',
      from: { path: '^api/[^/]+/[a-z-]*(routes|schema|schemas)[.]ts$' },
      to: { path: [`${npm}(kysely|pg)/`, '^domain/database/(tables|tables/.*|migrate|migrations/.*)[.]ts$'] },
    },
    {
      name: 'nothing-imports-the-front-doors',
      comment: 'The API, the console and the command line are entries: nothing is built on them.',
      severity: 'error',
      from: { pathNot: '^(api|web|cli|test|bench|docs)/|^temporal[.]config[.]ts$' },
      to: { path: '^(api|web|cli)/' },
    },
    {
      name: 'web-imports-schemas',
      comment: 'The console takes its types from the schemas that the API validates with.',
      severity: 'error',
      from: { path: '^web/' },
      to: {
        path: '^(workflows|activities|temporal|plugins|domain|webhooks|api|cli)/',
        pathNot: '^api/[^/]+/[a-z-]*(schema|schemas)[.]ts$',
      },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'Code that runs does not depend on tests, benchmarks or examples.',
      severity: 'error',
      from: { pathNot: '^(test|bench|examples)/|^(vitest|temporal)[.]config[.]ts$' },
      to: { path: '^(test|bench|examples)/' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^[.](data|cache|git)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
}
