import { join } from 'node:path'
import { StartFailure } from '../../../cli/stack/failure.ts'
import { lastLine, runCommand } from '../../../cli/stack/run-command.ts'
import { installOnce } from './install-once.ts'
import { type OwnServer, startOwnServer } from './own-server.ts'

const version = '0.203.0'
const installTimeoutMs = 300_000

/** Stripe's own mock. It keeps nothing, and refuses what does not fit Stripe's published description of its API. */
export async function startStripeMock(): Promise<OwnServer> {
  const folder = await installOnce(`stripe-mock-${version}`, install)
  return startOwnServer('stripe-mock', (port) => ({
    file: join(folder, 'stripe-mock'),
    args: ['-http-port', String(port)],
  }))
}

/** Go checks what it downloads against its public record of hashes. */
async function install(folder: string): Promise<void> {
  const wanted = `github.com/stripe/stripe-mock@v${version}`
  const program = process.platform === 'win32' ? 'cmd' : 'env'
  const args =
    process.platform === 'win32'
      ? ['/c', `set GOBIN=${folder}&& go install ${wanted}`]
      : [`GOBIN=${folder}`, 'go', 'install', wanted]
  const go = await runCommand(program, args, { timeoutMs: installTimeoutMs })
  if (go.ok) return
  throw new StartFailure(
    `The tests of the Stripe plug-in need stripe-mock, and "go install ${wanted}" failed: ${lastLine(go.stderr)}`,
    'Install Go 1.21 or later (https://go.dev/dl), so that `go` is on PATH',
  )
}
