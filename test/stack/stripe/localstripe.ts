import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findPython } from '../../../cli/stack/pip-download.ts'
import { lastLine, runCommand } from '../../../cli/stack/run-command.ts'
import { fillGaps, type StripeWithState } from './gaps.ts'
import { installOnce } from './install-once.ts'
import { startOwnServer } from './own-server.ts'

const version = '1.15.10'
const installTimeoutMs = 300_000
const remedy = 'Install Python 3.10 or later with pip, so that `python3` is on PATH.'

/** The stateful mock of PyPI, with what it lacks added in front of it. */
export async function startLocalstripe(): Promise<StripeWithState> {
  const python = await findPython()
  if (python === undefined)
    throw new Error(`The tests of the Stripe plug-in need Python, which was not found. ${remedy}`)
  // Compiled parts fit one version of Python only.
  const { stdout } = await runCommand(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
    timeoutMs: 10_000,
  })
  const folder = await installOnce(`localstripe-${version}-python-${stdout.trim()}`, async (into) => {
    await install(python, into, 'localstripe.txt', ['--no-deps', '--require-hashes'])
    await install(python, into, 'localstripe-needs.txt', ['--only-binary=:all:'])
  })
  const server = await startOwnServer('localstripe', (port) => ({
    file: python,
    args: ['-m', 'localstripe', '--from-scratch', '--port', String(port)],
    variables: { ...definedVariables(), PYTHONPATH: [folder, process.env.PYTHONPATH ?? ''].join(delimiter) },
  }))
  return fillGaps(server)
}

async function install(python: string, into: string, requirements: string, options: string[]) {
  const file = fileURLToPath(new URL(requirements, import.meta.url))
  const pip = await runCommand(
    python,
    ['-m', 'pip', 'install', '--quiet', '--no-input', ...options, '--target', into, '--requirement', file],
    { timeoutMs: installTimeoutMs },
  )
  if (pip.ok) return
  throw new Error(
    `The tests of the Stripe plug-in need localstripe, and "pip install" failed: ${lastLine(pip.stderr)}. ${remedy}`,
  )
}

function definedVariables(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value = '']) => [[name, value]]))
}
