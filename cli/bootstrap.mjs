#!/usr/bin/env node
// Plain JavaScript that any Node from 20 on can run: it installs what is missing and hands over to the project's own
// Node, which runs TypeScript as it is.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const windows = process.platform === 'win32'
const [command = 'start', ...rest] = process.argv.slice(2)

const scripts = {
  test: [join(modules, 'vitest', 'vitest.mjs'), 'run'],
  bench: [join(root, 'bench', 'main.ts')],
  mutation: [join(root, 'test', 'mutation', 'main.ts')],
  chaos: [join(root, 'chaos', 'main.ts')],
}

installWhenNeeded()
run(findNode(), [...(scripts[command] ?? [join(root, 'cli', 'tenantry.ts'), command]), ...rest])

function installWhenNeeded() {
  if (isInstalled()) return
  console.log('  · installing the dependencies (only once)')
  const quiet = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const installed = spawnSync(windows ? 'npm.cmd' : 'npm', ['ci', ...quiet], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: windows,
  })
  if (installed.error) fail(`npm could not be run: ${installed.error.message}. Install npm and start again.`)
  if (installed.status !== 0) fail('The dependencies could not be installed, see above.')
}

// npm writes down what it installed; an interrupted or older install does not match the lock file.
function isInstalled() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const installed = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      return path === '' || optional || installed[path]?.version === version
    })
  } catch {
    return false
  }
}

function findNode() {
  const candidates = windows ? ['node.exe', 'node.cmd'] : ['node']
  const found = candidates.map((name) => join(modules, '.bin', name)).find((path) => existsSync(path))
  if (found) return found
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 4)) return process.execPath
  return fail(
    `There is no Node 24 for ${process.platform} ${process.arch} among the dependencies. Run this with Node 24 or newer.`,
  )
}

function run(node, args) {
  const supervised = !(command in scripts)
  const child = spawn(node, args, {
    stdio: supervised ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    shell: windows && node.endsWith('.cmd'),
    env: {
      ...process.env,
      PATH: `${join(modules, '.bin')}${windows ? ';' : ':'}${process.env.PATH ?? ''}`,
      // Node keeps what it compiled, which every later start of every process saves.
      NODE_COMPILE_CACHE: join(root, '.cache', 'node'),
    },
  })
  child.on('error', (error) =>
    fail(`${node} could not be run: ${error.message}. Delete node_modules and start again.`),
  )
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
  const stop = (signal) => child.kill(signal)
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, stop)
  // A terminal sends this one to the child as well, and a test runner takes a second one as "at once".
  process.on('SIGINT', supervised ? stop : () => {})
  stopWithNpm(() => stop('SIGTERM'))
}

// npm passes a signal on to a shell that may not pass it on: then only the loss of the parent shows.
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
