import { join } from 'node:path'
import { execa } from 'execa'
import { lastLine } from '../../../cli/stack/processes/last-line.ts'
import { findGo } from './find-go.ts'
import { installOnce } from './install-once.ts'
import { type MockServer, startMockServer } from './mock-server.ts'

const version = '0.203.0'
const installTimeoutMs = 300_000

/** Starts stripe-mock, Stripe's own mock. It has no state, and refuses requests that do not fit Stripe's OpenAPI description. */
export async function startStripeMock(): Promise<MockServer> {
  const folder = await installOnce(`stripe-mock-${version}`, install)
  return startMockServer('stripe-mock', (port) => ({
    file: join(folder, 'stripe-mock'),
    args: ['-http-port', String(port)],
  }))
}

/** Go checks the download against its public checksum database. */
async function install(folder: string): Promise<void> {
  const wanted = `github.com/stripe/stripe-mock@v${version}`
  const go = await execa(await findGo(), ['install', wanted], {
    timeout: installTimeoutMs,
    env: { GOBIN: folder },
    reject: false,
  })
  if (!go.failed) return
  const reason = lastLine(go.stderr) || 'it could not be started'
  throw new Error(
    `The tests of the Stripe plug-in need stripe-mock, and "go install ${wanted}" failed: ${reason}. ` +
      'Install Go 1.22 or later (https://go.dev/dl), or mend the Go that is on PATH.',
  )
}
