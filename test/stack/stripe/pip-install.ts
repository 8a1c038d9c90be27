import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { lastLine } from '../../../cli/stack/processes/last-line.ts'
import { findPython } from '../../../cli/stack/temporal/pip-download.ts'

const installTimeoutMs = 300_000
const remedy = 'Install Python 3.10 or later with pip, so that `python3` is on PATH.'

/** Finds Python. @throws Error that says what to install. */
export async function requirePython(): Promise<string> {
  const python = await findPython()
  if (python === undefined)
    throw new Error(`The tests of the Stripe plug-in need Python, which was not found. ${remedy}`)
  return python
}

/**
 * Installs Python packages into a folder.
 * @param requirements the name of a requirements file in the folder of this file.
 * @throws Error that says what to install.
 */
export async function pipInstall(
  python: string,
  into: string,
  requirements: string,
  options: string[],
): Promise<void> {
  const file = fileURLToPath(new URL(requirements, import.meta.url))
  const { failed, stderr } = await execa(
    python,
    ['-m', 'pip', 'install', '--quiet', '--no-input', ...options, '--target', into, '--requirement', file],
    { timeout: installTimeoutMs, reject: false },
  )
  if (!failed) return
  throw new Error(
    `The tests of the Stripe plug-in need what ${requirements} names, and "pip install" failed: ${lastLine(stderr)}. ${remedy}`,
  )
}
