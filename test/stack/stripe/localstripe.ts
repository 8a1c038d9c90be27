import { delimiter } from 'node:path'
import { execa } from 'execa'
import { fillGaps, type StripeWithState } from './gaps.ts'
import { installOnce } from './install-once.ts'
import { startMockServer } from './mock-server.ts'
import { pipInstall, requirePython } from './pip-install.ts'

const version = '1.15.10'

/** Starts localstripe, a stateful mock of Stripe from PyPI, behind the proxy that fills its gaps. */
export async function startLocalstripe(): Promise<StripeWithState> {
  const python = await requirePython()
  // The compiled modules work with one version of Python only.
  const { stdout } = await execa(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  const folder = await installOnce(`localstripe-${version}-python-${stdout}`, async (into) => {
    await pipInstall(python, into, 'localstripe.txt', ['--no-deps', '--require-hashes'])
    await pipInstall(python, into, 'localstripe-needs.txt', ['--only-binary=:all:'])
  })
  const server = await startMockServer('localstripe', (port) => ({
    file: python,
    args: ['-m', 'localstripe', '--from-scratch', '--port', String(port)],
    variables: { ...definedVariables(), PYTHONPATH: [folder, process.env.PYTHONPATH ?? ''].join(delimiter) },
  }))
  return fillGaps(server)
}

function definedVariables(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value = '']) => [[name, value]]))
}
