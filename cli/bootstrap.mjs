#!/usr/bin/env node
// Plain JavaScript for any Node from 20 on. It installs missing packages, then starts the project's own Node, which runs
// TypeScript as it is.
import { spawn } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import {
  deployed,
  everything,
  installedNode,
  installWhenNeeded,
  modules,
  root,
  withServers,
} from './install.mjs'

const [command = 'start', ...rest] = process.argv.slice(2)

const scripts = {
  test: [join(modules, 'vitest', 'vitest.mjs'), 'run'],
  'test:all': [join(modules, 'vitest', 'vitest.mjs'), 'run'],
  bench: [join(root, 'bench', 'bench.ts')],
  mutation: [join(root, 'test', 'mutation', 'mutation.ts')],
  chaos: [join(root, 'test', 'chaos', 'chaos.ts')],
  errors: [join(root, 'docs', 'errors', 'write.ts')],
}

const problem = installWhenNeeded(
  command in scripts ? everything : command === 'start' ? withServers : deployed,
)
if (problem) fail(problem)
run(findNode(), [...(scripts[command] ?? [join(root, 'cli', 'tenantry.ts'), command]), ...rest])

function findNode() {
  const found = installedNode()
  if (found) return found
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath
  return fail(
    `The dependencies contain no Node 26 for ${process.platform} ${process.arch}. Run this command with Node 26 or newer.`,
  )
}

function run(node, args) {
  const supervised = !(command in scripts)
  const child = spawn(node, args, {
    stdio: supervised ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    env: {
      ...process.env,
      PATH: [dirname(node), join(modules, '.bin'), process.env.PATH ?? ''].join(delimiter),
      // Node keeps compiled code here, so later processes start faster.
      NODE_COMPILE_CACHE: join(root, '.cache', 'node'),
      ...(command === 'test:all' ? { TEST_EXTENT: 'all' } : {}),
    },
  })
  child.on('error', (error) =>
    fail(`${node} could not be run: ${error.message}. Delete node_modules and start again.`),
  )
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
  const stop = (signal) => child.kill(signal)
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, stop)
  // A terminal also sends SIGINT to the child, and a test runner reads a second SIGINT as "stop at once".
  process.on('SIGINT', supervised ? stop : () => {})
  stopWithNpm(() => stop('SIGTERM'))
}

// npm sends a signal to a shell that may not forward it. Then only the changed parent process shows the stop.
function stopWithNpm(stop) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, 500)
  timer.unref()
}

function fail(line) {
  console.error(`  ✗ ${line}`)
  process.exit(1)
}
